"""Files of labelled texts -> `Examples`. A broken row is an error that names file and line."""

import contextlib
import csv
import io
import json
import pathlib
import sys

from seqkit.data.contents import file_text, numbered, shortened
from seqkit.data.examples import DataError, Examples

__all__ = ["read_csv", "read_folder", "read_jsonl", "read_tsv"]


def read_tsv(path, text="auto", label="auto", *, header=True, quoted=False, encoding="utf-8"):
    r"""Reads tab-separated rows; a quotation mark is an ordinary character.

    Args:
        path: File to read; `.gz` is decompressed.
        text: Column of the text: its name in the header, or its position. "auto" is the column
            that the header calls "text", and else the first.
        label: Column of the label, likewise ("label", and else the second); `None` reads texts
            only. Where there are more than these two columns, the header has to name them so.
        header: Whether the first line names the columns.
        quoted: Whether fields may be quoted as in CSV, with tabs and newlines inside.
        encoding: Text encoding; a byte order mark is dropped.

    Returns:
        `Examples`, named after the file.

    Raises:
        DataError: The file is missing, empty or not in this encoding, or a row has too many or
            too few columns, or an empty text or label, or nothing tells which columns to read.
            The message names file and line.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp(), "reviews.tsv")
        >>> _ = path.write_text('sentence\tlabel\n"good" fun\tpositive\n')
        >>> list(read_tsv(path))
        [('"good" fun', 'positive')]
    """
    content = file_text(path, encoding)
    rows = quoted_rows(content, "\t", path) if quoted else _plain_rows(content, "\t")
    return _table(rows, path, text, label, header)


def read_csv(path, text="auto", label="auto", *, header=True, delimiter=",", encoding="utf-8"):
    """Reads comma-separated rows with standard quoting; arguments as in `read_tsv`.

    Args:
        path: File to read; `.gz` is decompressed.
        text, label: Columns, as in `read_tsv`.
        header: Whether the first row names the columns.
        delimiter: The character between fields.
        encoding: Text encoding; a byte order mark is dropped.

    Returns:
        `Examples`, named after the file.

    Raises:
        DataError: As in `read_tsv`; a quotation that does not end is an error too.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp(), "reviews.csv")
        >>> _ = path.write_text('label,text\\npositive,"good, fun"\\n')
        >>> list(read_csv(path, "text", "label"))
        [('good, fun', 'positive')]
    """
    return _table(
        quoted_rows(file_text(path, encoding), delimiter, path), path, text, label, header
    )


def read_jsonl(path, text="text", label="label", *, encoding="utf-8"):
    """Reads one JSON object a line; other keys than the two are ignored.

    Args:
        path: File to read; `.gz` is decompressed.
        text: Key of the text (a JSON string).
        label: Key of the label (a string or an integer); `None` reads texts only.
        encoding: Text encoding; a byte order mark is dropped.

    Returns:
        `Examples`, named after the file.

    Raises:
        DataError: A line is no JSON object, or lacks a key, or holds another kind of value.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp(), "reviews.jsonl")
        >>> _ = path.write_text('{"text": "good fun", "label": 1}')
        >>> list(read_jsonl(path))
        [('good fun', '1')]
    """
    texts, labels = [], []
    for line, row in numbered(file_text(path, encoding)):
        where = f"{path}, line {line}"
        try:
            item = json.loads(row)
        except ValueError as error:
            raise DataError(
                f"{where}: expected a JSON object. Received: {shortened(row)} ({error})"
            ) from None
        if not isinstance(item, dict):
            raise DataError(f"{where}: expected a JSON object. Received: {shortened(row)}")
        texts.append(_value(item, text, str, "a string", where))
        if label is not None:
            labels.append(str(_value(item, label, (str, int), "a string or an integer", where)))
    if not texts:
        raise DataError(f"{path}: expected at least one row. Received: an empty file")
    return Examples(texts, None if label is None else labels, name=str(path))


def read_folder(path, labels=None, *, pattern="*.txt", encoding="utf-8"):
    """Reads one text per file; the sub-folder a file lies in is its label.

    Args:
        path: Folder with one sub-folder per label.
        labels: Names of the sub-folders to read; `None` reads all.
        pattern: Which files of a sub-folder are texts (`*.txt` also finds `*.txt.gz`).
        encoding: Text encoding; a byte order mark is dropped.

    Returns:
        `Examples`, by label, then by file name.

    Raises:
        DataError: No such folder or sub-folder, a sub-folder without texts, an empty text.

    Example:
        >>> import pathlib, tempfile
        >>> root = pathlib.Path(tempfile.mkdtemp())
        >>> (root / "positive").mkdir()
        >>> _ = (root / "positive" / "1.txt").write_text("good fun")
        >>> list(read_folder(root))
        [('good fun', 'positive')]
    """
    root = pathlib.Path(path)
    if not root.is_dir():
        raise DataError(f"{root}: expected a folder with one sub-folder per label. It is none")
    if labels is None:
        entries = sorted(p for p in root.iterdir() if not p.name.startswith("."))
        stray = [entry.name for entry in entries if not entry.is_dir()]
        if stray:
            raise DataError(
                f"{root}: expected only sub-folders, one per label (pass `labels` to choose "
                f"them). Received also: {stray[0]}"
            )
        labels = [entry.name for entry in entries]
    if not labels:
        raise DataError(f"{root}: expected one sub-folder per label. Received: an empty folder")
    texts, names = [], []
    for name in labels:
        files = sorted({*(root / name).glob(pattern), *(root / name).glob(pattern + ".gz")})
        if not files:
            raise DataError(f"{root / name}: expected files {pattern}. Received: none")
        for file in files:
            content = file_text(file, encoding)
            if not content.strip():
                raise DataError(f"{file}, line 1: expected a text. Received: an empty file")
            texts.append(content)
            names.append(name)
    return Examples(texts, names, name=str(root))


def _plain_rows(content, delimiter):
    return [(number, line.split(delimiter)) for number, line in numbered(content)]


def quoted_rows(content, delimiter, path):
    rows, line = [], 1
    content = content.replace("\0", " ")  # Python 3.10 refuses it; `clean` makes it a space
    with _long_fields():
        reader = csv.reader(io.StringIO(content, newline=""), delimiter=delimiter, strict=True)
        try:
            for row in reader:
                rows.append((line, row or [""]))
                line = reader.line_num + 1
        except csv.Error as error:
            raise DataError(
                f"{path}, line {line}: expected quoted fields. Received: {error}"
            ) from None
    while rows and rows[-1][1] == [""]:
        rows.pop()
    return rows


@contextlib.contextmanager
def _long_fields():
    # The csv module refuses fields over 128 KiB by default; reviews may be longer.
    limit = csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    try:
        yield
    finally:
        csv.field_size_limit(limit)


def _table(rows, path, text, label, header):
    if not rows:
        raise DataError(f"{path}: expected at least one row. Received: an empty file")
    names = rows[0][1] if header else None
    width = len(rows[0][1])
    body = rows[1:] if header else rows
    if not body:
        raise DataError(f"{path}: expected rows below the header. Received: only the header")
    text_at, label_at = _columns(text, label, names, width, path)
    titles = names or range(width)
    texts, labels = [], []
    for line, row in body:
        where = f"{path}, line {line}"
        if len(row) != width:
            raise DataError(
                f"{where}: expected {width} columns. "
                f"Received: {len(row)} columns in {shortened(' | '.join(row))}"
            )
        if not row[text_at].strip():
            raise DataError(
                f"{where}: expected a text in column {titles[text_at]!r}. Received: nothing"
            )
        texts.append(row[text_at])
        if label_at is not None:
            if not row[label_at].strip():
                raise DataError(
                    f"{where}: expected a label in column {titles[label_at]!r}. Received: nothing"
                )
            labels.append(row[label_at].strip())
    told = isinstance(label, str) and label != "auto"
    told = told or {"text", "label"} <= {name.strip().lower() for name in names or ()}
    if names and labels and not told and names[label_at].strip() in labels:
        raise DataError(
            f"{path}, line 1: expected the names of the columns, such as text and label; add them, "
            "or take `data.read(path, header=False)`. Received: "
            f"{shortened(' | '.join(names))}, where {names[label_at].strip()!r} is a label of "
            "other rows"
        )
    return Examples(texts, None if label is None else labels, name=str(path))


def _columns(text, label, names, width, path):
    """Positions of text and label, the latter `None` where there is none to read."""
    chosen = {"text": text, "label": label}
    known = [name.strip().lower() for name in names or ()]
    unread = known.index("label") if label is None and width == 2 and "label" in known else None
    for role, column in chosen.items():
        if column != "auto":
            if column is not None:
                chosen[role] = column_at(column, names, width, role, path)
        elif role in known:
            chosen[role] = known.index(role)
    if names and width > 2 and "auto" in chosen.values():
        raise DataError(
            f"{path}, line 1: expected columns named text and label, or two columns; say which "
            f"they are: `data.read(path, text=..., label=...)`. Received: {', '.join(names)}"
        )
    for role in chosen:
        if chosen[role] == "auto":
            at = min({0, 1} - {*chosen.values(), unread})
            chosen[role] = column_at(at, names, width, role, path)
    return chosen["text"], chosen["label"]


def column_at(column, names, width, role, path):
    if isinstance(column, str):
        if names is None:
            raise DataError(
                f"{path}: expected `{role}` as a position, as there is no header. "
                f"Received: {role}={column!r}"
            )
        if column not in names:
            raise DataError(
                f"{path}, line 1: expected a column named {column!r}. Received: {', '.join(names)}"
            )
        return names.index(column)
    if column < 0:
        raise DataError(
            f"{path}: expected `{role}` as a position from 0 up. Received: {role}={column}"
        )
    if column >= width:
        raise DataError(
            f"{path}, line 1: expected at least {column + 1} columns, the last "
            f"of them `{role}`. Received: {width}"
        )
    return column


def _value(item, key, kinds, expected, where):
    if key not in item:
        raise DataError(f"{where}: expected the key {key!r}. Received: {', '.join(item) or 'none'}")
    value = item[key]
    if not isinstance(value, kinds) or isinstance(value, bool):
        raise DataError(
            f"{where}: expected {expected} under {key!r}. Received: {shortened(json.dumps(value))}"
        )
    if isinstance(value, str) and not value.strip():
        raise DataError(f"{where}: expected {expected} under {key!r}. Received: nothing")
    return value
