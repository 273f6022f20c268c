"""Files are written whole or not at all."""

import pytest

from seqkit.files import replacing


def test_replacing_writes_whole(tmp_path):
    path = tmp_path / "new folder" / "figures.json"
    with replacing(path) as temporary:
        temporary.write_text("{}")
        assert not path.exists()
        assert temporary.suffix == ".json"
    assert path.read_text() == "{}"
    assert list(path.parent.iterdir()) == [path]


def test_replacing_leaves_the_old_file_when_writing_fails(tmp_path):
    path = tmp_path / "figures.json"
    path.write_text("old")

    def interrupted():
        with replacing(path) as temporary:
            temporary.write_text("ne")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
