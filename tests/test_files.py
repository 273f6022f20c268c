"""Files are written whole or not at all."""

import os
import threading

import pytest

from seqkit.files import replacing, writable


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


def test_a_link_stays_and_its_file_is_replaced(tmp_path):
    target, link = tmp_path / "kept" / "epoch3.txt", tmp_path / "best.txt"
    target.parent.mkdir()
    target.write_text("old")
    link.symlink_to(target)
    writable(link)
    with replacing(link) as temporary:
        temporary.write_text("new")
    assert link.is_symlink()
    assert target.read_text() == "new"
    assert list(target.parent.iterdir()) == [target]


def test_a_pipe_is_written_to(tmp_path):
    pipe, read = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    writable(pipe)
    with replacing(pipe) as temporary:
        temporary.write_text("{}")
    reader.join(10)
    assert read == ["{}"]
    assert pipe.is_fifo()
