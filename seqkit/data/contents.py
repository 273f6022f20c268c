"""A file's text and its lines: decompressed, decoded, without byte order mark."""

import contextlib
import gzip
import pathlib
import zlib

from seqkit.data.examples import DataError

__all__ = ["file_bytes", "file_text", "numbered", "opened", "shortened"]


def file_bytes(path):
    """What stands in a file; `.gz` is decompressed."""
    with opened(path, "rb") as file:
        return file.read()


@contextlib.contextmanager
def opened(path, mode="rt", **options):
    """`open`, which decompresses `.gz`; within it spoilt compression is a `DataError`."""
    opener = gzip.open if str(path).endswith(".gz") else open
    with opener(path, mode, **options) as file:
        try:
            yield file
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise DataError(f"{path}: expected gzip content. Received: {error}") from None


def file_text(path, encoding="utf-8", *, keep_mark=False):
    """The text of a file; `.gz` is decompressed, a byte order mark is dropped.

    Args:
        path: File to read.
        encoding: Text encoding.
        keep_mark: Whether a byte order mark stays.

    Returns:
        str.

    Raises:
        DataError: There is no such file, or it is not in this encoding; names the line.

    Example:
        >>> file_text("none.txt")
        Traceback (most recent call last):
        seqkit.data.examples.DataError: none.txt: expected a file. Received: no such file
    """
    path = pathlib.Path(path)
    if not path.is_file():
        found = "a folder" if path.is_dir() else "no such file"
        raise DataError(f"{path}: expected a file. Received: {found}")
    data = file_bytes(path)
    try:
        text = data.decode(encoding)
    except LookupError:
        raise DataError(
            f"{path}: `encoding` must be the name of one, such as latin-1. Received: {encoding!r}"
        ) from None
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"{path}, line {line}: expected {encoding} text. "
            f"Received: byte 0x{data[error.start]:02x} (pass `encoding` if it is another)"
        ) from None
    return text if keep_mark else text.removeprefix("\ufeff")


def numbered(text):
    r"""(line number, line); only newlines end a line, and blank lines at the end hold no row.

    Example:
        >>> numbered("a\r\nb\n\n")
        [(1, 'a'), (2, 'b')]
    """
    lines = text.split("\n")
    while lines and not lines[-1].strip("\r"):
        lines.pop()
    return [(number, line.removesuffix("\r")) for number, line in enumerate(lines, 1)]


def shortened(text, limit=60):
    """`repr` of the text, or of its beginning.

    Example:
        >>> shortened("abcdef", 3)
        "'abc...'"
    """
    return repr(text if len(text) <= limit else text[:limit] + "...")
