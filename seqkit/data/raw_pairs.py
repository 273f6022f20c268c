"""Whatever pairs of texts a user holds -> `Pairs`: lists, arrays, pandas, tf.data, files."""

import os
import pathlib

import tensorflow as tf

from seqkit.data.contents import file_text, numbered, shortened
from seqkit.data.examples import DataError
from seqkit.data.pairs import Pairs
from seqkit.data.raw import as_examples, dataset_columns
from seqkit.data.readers import column_at, quoted_rows

__all__ = ["as_pairs", "read_pairs", "read_pairs_tsv"]


def read_pairs(source, target=None, *, encoding="utf-8"):
    r"""Reads two files of which line i of one is the translation of line i of the other.

    Only newlines end a line. An empty line is an empty text; the newline at the end of a file
    begins no further line.

    Args:
        source: File of source texts; `.gz` is decompressed.
        target: File of as many target texts, or `None` for sources alone.
        encoding: Text encoding; a byte order mark is dropped.

    Returns:
        `Pairs`, named after the files.

    Raises:
        DataError: A file is missing, empty or not in this encoding, or one has more lines.

    Example:
        >>> import pathlib, tempfile
        >>> folder = pathlib.Path(tempfile.mkdtemp())
        >>> _ = (folder / "train.en").write_text("a dog\na cat\n")
        >>> _ = (folder / "train.de").write_text("ein Hund\neine Katze\n")
        >>> read_pairs(folder / "train.en", folder / "train.de").targets
        ['ein Hund', 'eine Katze']
    """
    sources = _lines(source, encoding)
    if target is None:
        return Pairs(sources, name=str(source))
    targets = _lines(target, encoding)
    if len(sources) != len(targets):
        shorter, longer = sorted(((sources, source), (targets, target)), key=lambda x: len(x[0]))
        raise DataError(
            f"{source} and {target}: expected as many lines in both. Received: {len(sources)} and "
            f"{len(targets)}; {longer[1]}, line {len(shorter[0]) + 1}, has no partner: "
            f"{shortened(longer[0][len(shorter[0])])}"
        )
    return Pairs(sources, targets, name=f"{source}, {pathlib.Path(target).name}")


def read_pairs_tsv(path, source=0, target=1, *, header=False, quoted=False, encoding="utf-8"):
    r"""Reads pairs from tab-separated rows; further columns are ignored.

    Args:
        path: File to read; `.gz` is decompressed.
        source: Column of the source: its position, or its name in the header.
        target: Column of the target, likewise; `None` reads sources only.
        header: Whether the first line names the columns.
        quoted: Whether fields may be quoted as in CSV, with tabs and newlines inside. Otherwise a
            quotation mark is an ordinary character.
        encoding: Text encoding; a byte order mark is dropped.

    Returns:
        `Pairs`, named after the file.

    Raises:
        DataError: The file is missing, empty or not in this encoding, or a row has too few
            columns. The message names file and line.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp(), "pairs.tsv")
        >>> _ = path.write_text("a dog\tein Hund\na cat\teine Katze\n")
        >>> list(read_pairs_tsv(path, source=1, target=0))
        [('ein Hund', 'a dog'), ('eine Katze', 'a cat')]
    """
    content = file_text(path, encoding)
    if quoted:
        rows = quoted_rows(content, "\t", path)
    else:
        rows = [(number, line.split("\t")) for number, line in numbered(content)]
    if len(rows) <= bool(header):
        raise DataError(f"{path}: expected at least one pair. Received: {len(rows)} lines")
    names, width = rows[0][1] if header else None, len(rows[0][1])
    columns = [column_at(source, names, width, "source", path)]
    if target is not None:
        columns.append(column_at(target, names, width, "target", path))
    texts = [[] for _ in columns]
    for line, row in rows[bool(header) :]:
        if len(row) <= max(columns):
            raise DataError(
                f"{path}, line {line}: expected at least {max(columns) + 1} columns, tabs between "
                f"them. Received: {len(row)} in {shortened(' | '.join(row))}"
            )
        for column, found in zip(columns, texts, strict=True):
            found.append(row[column])
    return Pairs(*texts, name=str(path))


def as_pairs(x, y=None, *, name="data"):
    """Whatever pairs or source texts a user gives, as `Pairs`.

    Args:
        x: `Pairs`; a list of (source, target) tuples; source texts as a list of str, a NumPy
            array, a string tensor or a pandas series; a pandas frame (columns `source` and, if
            there is one, `target`); a `tf.data.Dataset` of sources or (source, target), batched or
            not; the path of a `.tsv` file of pairs, or `.gz` of it.
        y: Targets as a list, array, tensor or series, where `x` holds sources alone.
        name: What messages call the data.

    Returns:
        `Pairs` (`x` itself if it is one already and `y` is `None`).

    Raises:
        DataError: `x` is none of these, or brings targets of its own beside `y`.

    Example:
        >>> as_pairs([("a dog", "ein Hund"), ("a cat", "eine Katze")]).sources
        ['a dog', 'a cat']
    """
    pairs = _as_pairs(x, name)
    if y is None:
        return pairs
    if pairs.targets is not None:
        raise DataError(f"{name}: expected targets once. Received: in the data and in `y`")
    return Pairs(pairs.sources, _texts(y, f"{name}, targets"), name=pairs.name)


def _as_pairs(x, name):
    if isinstance(x, Pairs):
        return x
    if hasattr(x, "__next__"):  # zip(sources, targets), or what yields pairs
        x = list(x)
    if isinstance(x, os.PathLike) or (isinstance(x, str) and _is_tsv(x)):
        return read_pairs_tsv(x)
    if isinstance(x, tf.data.Dataset):
        return Pairs(*dataset_columns(x, name, "source or (source, target)"), name=name)
    if type(x).__module__.split(".")[0] == "pandas" and x.ndim == 2:
        return _from_frame(x, name)
    if isinstance(x, (list, tuple)) and any(isinstance(row, (list, tuple)) for row in x):
        for i, row in enumerate(x):
            if not (isinstance(row, (list, tuple)) and len(row) == 2):
                columns = [len(side) for side in x if isinstance(side, (list, tuple))]
                columns = len(x) == len(columns) == 2 and len(set(columns)) == 1
                hint = "; list(zip(sources, targets)) makes pairs of two lists" if columns else ""
                raise DataError(
                    f"{name}: expected pairs (source, target). Received: {row!r} (pair {i}){hint}"
                )
        return Pairs(*zip(*x, strict=True), name=name)
    return Pairs(_texts(x, name), name=name)


def _is_tsv(x):
    return "\n" not in x and pathlib.Path(x.removesuffix(".gz")).suffix == ".tsv"


def _texts(x, name):
    """Texts alone, in any form that holds no pairs."""
    if isinstance(x, (str, bytes)):
        raise DataError(f"{name}: expected a list of texts. Received: the one text {x!r}")
    return as_examples(x, name=name).texts


def _from_frame(frame, name):
    if "source" not in frame.columns:
        raise DataError(
            f"{name}: expected columns 'source' and 'target'. "
            f"Received: {', '.join(map(str, frame.columns))}"
        )
    columns = [frame[column] for column in ("source", "target") if column in frame.columns]
    for column in columns:
        missing = column.isna().to_numpy()
        if missing.any():
            raise DataError(
                f"{name}: expected a text in column {column.name!r}, row "
                f"{frame.index[missing.argmax()]!r}. Received: nothing"
            )
    return Pairs(*(column.tolist() for column in columns), name=name)


def _lines(path, encoding):
    lines = file_text(path, encoding).split("\n")
    if lines[-1].strip("\r") == "":
        lines.pop()
    if not lines:
        raise DataError(f"{path}: expected at least one line. Received: an empty file")
    return [line.removesuffix("\r") for line in lines]
