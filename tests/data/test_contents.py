"""A file's text: see also the readers' tests, where its errors are."""

import gzip

import pytest

from seqkit.data.contents import file_text, numbered, shortened
from seqkit.data.examples import DataError


@pytest.mark.parametrize("name", ["a.txt", "a.txt.gz"])
def test_text_with_and_without_its_mark(tmp_path, name):
    data = "\ufeffü\r\nb".encode()
    (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith("gz") else data)
    assert file_text(tmp_path / name) == "ü\r\nb"
    assert file_text(tmp_path / name, keep_mark=True) == "\ufeffü\r\nb"


def test_what_is_spoilt_inside_is_no_gzip_content(tmp_path):
    spoilt = bytearray(gzip.compress(b"some text " * 50, mtime=0))
    spoilt[20:40] = b"\xff" * 20
    (tmp_path / "a.txt.gz").write_bytes(spoilt)
    with pytest.raises(DataError, match="expected gzip content"):
        file_text(tmp_path / "a.txt.gz")


def test_lines_end_at_newlines_only():
    assert numbered("a\x0b\u2028b\r\n\nc\n\r\n") == [(1, "a\x0b\u2028b"), (2, ""), (3, "c")]


def test_long_text_is_cut():
    assert shortened("x" * 60) == repr("x" * 60)
    assert shortened("x" * 61) == repr("x" * 60 + "...")
