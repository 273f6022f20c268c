"""Word vectors from text."""

import gzip

import numpy as np
import pytest

from seqkit.data import DataError, read_vectors

TEXT = "dog 0.5 -1 2e-1\ncaf\u00e9 1 2 3\ndog 9 9 9\n"


@pytest.mark.parametrize("header", ["", "3 3\n"])
@pytest.mark.parametrize("packed", [False, True])
def test_reads_glove_and_word2vec(tmp_path, header, packed):
    path = tmp_path / ("v.txt.gz" if packed else "v.txt")
    content = (header + TEXT).encode()
    path.write_bytes(gzip.compress(content) if packed else content)
    words, vectors = read_vectors(path)
    assert words == ["dog", "caf\u00e9"]
    np.testing.assert_allclose(vectors, [[0.5, -1, 0.2], [1, 2, 3]])
    assert vectors.dtype == np.float32
    assert read_vectors(path, size=1)[0] == ["dog"]


def test_words_with_spaces_and_lines_of_windows(tmp_path):
    path = tmp_path / "v.txt"
    path.write_bytes(b"2 3\r\ndog 1 2 3\r\n. . . 4 5 6 \r\n")
    words, vectors = read_vectors(path)
    assert words == ["dog", ". . ."]
    np.testing.assert_array_equal(vectors, [[1, 2, 3], [4, 5, 6]])


def test_a_file_cut_short(tmp_path):
    path = tmp_path / "v.txt.gz"
    path.write_bytes(gzip.compress(TEXT.encode() * 1000)[:-30])
    with pytest.raises(DataError, match=r"v\.txt\.gz: expected gzip content"):
        read_vectors(path)


BAD = {
    "another width": ("a 1 2\nb 1\n", "line 2: expected a word and 2 numbers. Received: 1"),
    "no number": ("a 1 x\n", "line 1: expected 2 finite numbers after 'a'. Received: 1 x"),
    "nan": ("a 1 nan\n", "line 1: expected 2 finite numbers"),
    "empty": ("", "expected at least one word"),
    "word alone": ("dog\n", "line 1: expected a word and its numbers. Received: 0"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_files(tmp_path, case):
    text, message = BAD[case]
    path = tmp_path / "v.txt"
    path.write_text(text)
    with pytest.raises(DataError) as error:
        read_vectors(path)
    assert message in str(error.value)


def test_no_file(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        read_vectors(tmp_path / "none.txt")
