"""Word vectors from text files, as word2vec and GloVe write them.

Shapes: V words, D numbers of a vector.
"""

import pathlib

import numpy as np

from seqkit.data.contents import opened
from seqkit.data.examples import DataError

__all__ = ["read_vectors"]


def read_vectors(path, *, size=None):
    """Words and their vectors: one word to a line, then its numbers, spaces between.

    A first line of two integers, the header of word2vec, is passed over. A word may hold spaces
    itself from the second line on, as some of GloVe's do; one that comes again keeps its first
    vector.

    Args:
        path: The text file, or `.gz` of it.
        size: Most words to read; files are sorted by frequency.

    Returns:
        List of V distinct str, and float32 array (V, D).

    Raises:
        DataError: A line has too few entries, or one that is no number, or the file is cut short;
            says which.

    Example:
        >>> import tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp(), "tiny.txt")
        >>> _ = path.write_text("dog 0.1 0.2\\ncat 0.3 0.4\\n")
        >>> words, vectors = read_vectors(path)
        >>> words, vectors.shape
        (['dog', 'cat'], (2, 2))
    """
    path = pathlib.Path(path)
    if not path.is_file():
        raise DataError(f"{path}: expected a file. Received: no such file")
    vectors, width = {}, None
    # Line by line: such files are larger than most memories. Some hold broken words.
    with opened(path, encoding="utf-8", errors="replace", newline="\n") as lines:
        for number, line in enumerate(lines, 1):
            if size is not None and len(vectors) >= size:
                break
            word, *numbers = line.rstrip("\r\n ").split(" ")
            if number == 1 and len(numbers) == 1 and (word + numbers[0]).isdigit():
                continue
            width = width or len(numbers)
            word, numbers = " ".join([word, *numbers[:-width]]), numbers[-width:]
            if len(numbers) != width or not numbers:
                raise DataError(
                    f"{path}, line {number}: expected a word and {width or 'its'} numbers. "
                    f"Received: {len(numbers)}"
                )
            try:
                vector = np.array(numbers, np.float32)
            except ValueError:
                vector = np.array([np.nan])
            if not np.isfinite(vector).all():
                raise DataError(
                    f"{path}, line {number}: expected {width} finite numbers after {word!r}. "
                    f"Received: {' '.join(numbers)[:60]}"
                )
            vectors.setdefault(word, vector)
    if not vectors:
        raise DataError(f"{path}: expected at least one word with its vector. Received: none")
    return list(vectors), np.stack(list(vectors.values()))
