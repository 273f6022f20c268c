"""Files of a word to a line -> `Sentences`: CoNLL-U as the format says, and plain columns."""

import gzip
import pathlib
import re

from seqkit.data.contents import file_text, numbered, shortened
from seqkit.data.examples import DataError
from seqkit.data.sentences import Sentences
from seqkit.files import replacing

__all__ = ["COLUMNS", "READERS", "fill_conllu", "read_conll", "read_conllu", "read_sentences"]

COLUMNS = ("id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc")
READERS = (".conllu", ".conll", ".tsv", ".txt")
# A word "7", words written as one "7-8", or a word that is only understood, "7.1".
ID = re.compile(r"([0-9]+)(?:([-.])([0-9]+))?")


def read_conllu(path, column="upos", *, encoding="utf-8"):
    r"""Reads a CoNLL-U file: its syntactic words, with one column as their tags.

    Ranges of words written as one ("1-2") and empty nodes ("1.1") are no words; the words inside a
    range are. Tag "_" is none; form "_" is an underscore. A file without any tag gives words alone.

    Args:
        path: File to read; `.gz` is decompressed.
        column: "lemma", "upos", "xpos", "feats", "head", "deprel", "deps" or "misc".
        encoding: Text encoding; a byte order mark is dropped.

    Returns:
        `Sentences`, named after the file.

    Raises:
        DataError: The file is missing or holds no sentence, a line has not ten columns, or an id
            is none or out of order. The message names file and line.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp(), "dogs.conllu")
        >>> rest = "\t_" * 6
        >>> lines = [f"1\tDogs\t_\tNOUN{rest}", f"2\tbark\t_\tVERB{rest}"]
        >>> _ = path.write_text("\n".join(lines))
        >>> list(read_conllu(path))
        [(['Dogs', 'bark'], ['NOUN', 'VERB'])]
    """
    at = _position(column, path)
    words, tags = [], []
    for rows in words_of(numbered(file_text(path, encoding)), path):
        words.append([fields[1] for _, fields in rows])
        # The lemma of an underscore is one.
        tags.append(
            [
                None if fields[at] == "_" and not (at == 2 and fields[1] == "_") else fields[at]
                for _, fields in rows
            ]
        )
    return _sentences(words, tags, path)


def fill_conllu(source, out, tags, column="upos"):
    r"""Writes a CoNLL-U file once more, one column filled anew and all else as it was.

    Args:
        source: The file, or `.gz` of it, in UTF-8.
        out: Path to write, which may be `source`; compressed where it ends in `.gz`.
        tags: For each sentence a str or `None` for each word; `None` is written "_".
        column: Name of a column, as in `read_conllu`.

    Raises:
        DataError: What `read_conllu` raises; or there are more or fewer tags than words, or a
            tag that cannot stand in a column. Then nothing is written.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp(), "dogs.conllu")
        >>> _ = path.write_text("# text = Dogs\n1\tDogs" + "\t_" * 8 + "\n\n")
        >>> fill_conllu(path, path, [["NOUN"]])
        >>> list(read_conllu(path))
        [(['Dogs'], ['NOUN'])]
    """
    at = _position(column, source)
    text = file_text(source, keep_mark=True)
    sentences = list(words_of(numbered(text.removeprefix("\ufeff")), source))
    rows = [list(row) for row in tags]
    if len(rows) != len(sentences):
        raise DataError(
            f"{source}: expected tags for {len(sentences)} sentences. Received: {len(rows)}"
        )
    lines = text.split("\n")
    for i, (words, row) in enumerate(zip(sentences, rows, strict=True)):
        if len(words) != len(row):
            raise DataError(
                f"{source}, sentence {i} (line {words[0][0]}): expected a tag for each of "
                f"{len(words)} words. Received: {len(row)} tags"
            )
        for (number, _), tag in zip(words, row, strict=True):
            tag = "_" if tag is None else tag
            if not isinstance(tag, str) or re.fullmatch(r"[^\t\r\n]+", tag) is None:
                raise DataError(
                    f"{source}, line {number}: expected a tag without tabs and line ends, "
                    f"or None. Received: {tag!r}"
                )
            # The last column takes the carriage return along.
            line = lines[number - 1].removesuffix("\r")
            fields = line.split("\t")
            fields[at] = tag
            lines[number - 1] = "\t".join(fields) + lines[number - 1][len(line) :]
    data = "\n".join(lines).encode()
    with replacing(out) as temporary:
        temporary.write_bytes(
            gzip.compress(data, mtime=0) if pathlib.Path(out).suffix == ".gz" else data
        )


def _position(column, path):
    if column not in COLUMNS[2:]:
        raise DataError(
            f"{path}: expected a column among {', '.join(COLUMNS[2:])}. Received: {column!r}"
        )
    return COLUMNS.index(column)


def words_of(lines, path):
    """The words of each sentence: yields lists of (line number, ten fields)."""
    words, last = [], (0, 0, 0)
    for number, line in [*lines, (len(lines) + 1, "")]:
        if not line.strip():
            if last[2] > len(words):
                raise DataError(
                    f"{path}, line {number}: expected words up to {last[2]}, as a range says. "
                    f"Received: {len(words)} words"
                )
            if words:
                yield words
            words, last = [], (0, 0, 0)
        elif not line.startswith("#"):
            where = f"{path}, line {number}"
            fields = line.split("\t")
            if len(fields) != len(COLUMNS):
                hint = " (spaces in place of tabs)" if len(line.split()) == len(COLUMNS) else ""
                raise DataError(
                    f"{where}: expected 10 columns between tabs. "
                    f"Received: {len(fields)} in {shortened(line)}{hint}"
                )
            last = _next(fields[0], last, where)
            if last[0] > len(words):
                if not fields[1]:
                    raise DataError(f"{where}: expected a form in column 2. Received: nothing")
                words.append((number, fields))


def _next(text, last, where):
    """(last word, last empty node after it, end of the last range) with this id."""
    word, empty, end = last
    match = ID.fullmatch(text)
    if match is None:
        raise DataError(
            f'{where}: expected an id like "7", "7-8" or "7.1". Received: {shortened(text)}'
        )
    first, kind, second = match.groups()
    first, second = int(first), int(second or 0)
    if kind is None and first == word + 1:
        return first, 0, end
    if kind == "." and (first, second) == (word, empty + 1):
        return word, second, end
    if kind == "-" and first == word + 1 and first > end and second >= first:
        return word, empty, second
    raise DataError(
        f"{where}: expected the ids of a sentence in order, {word + 1} after {word}. "
        f"Received: {text}"
    )


def read_conll(path, word=0, tag=-1, *, separator=None, encoding="utf-8"):
    r"""Reads a file with a word to a line, its columns apart, and a blank line after a sentence.

    The layout of the shared tasks of CoNLL 2000 to 2003; `-DOCSTART-` lines are left out.

    Args:
        path: File to read; `.gz` is decompressed.
        word: Position of the word's column.
        tag: Position of the tag's column; `None` reads words only.
        separator: What stands between columns; `None` is any white space.
        encoding: Text encoding; a byte order mark is dropped.

    Returns:
        `Sentences`, named after the file.

    Raises:
        DataError: The file is missing or holds no sentence, or a line has other columns than the
            first one, or an empty field. The message names file and line.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp(), "chunks.conll")
        >>> _ = path.write_text("Dogs NNS B-NP\nbark VBP B-VP\n\nStop VB B-VP\n")
        >>> list(read_conll(path))
        [(['Dogs', 'bark'], ['B-NP', 'B-VP']), (['Stop'], ['B-VP'])]
    """
    words, tags, width = [[]], [[]], None
    for number, line in numbered(file_text(path, encoding)):
        if not line.strip():
            if words[-1]:
                words.append([])
                tags.append([])
            continue
        fields = line.split(separator)
        if fields[0] == "-DOCSTART-":
            continue
        where = f"{path}, line {number}"
        if width is None:
            width = len(fields)
            for role, place in (("word", word), ("tag", tag)):
                if place is not None and not -width <= place < width:
                    raise DataError(
                        f"{where}: expected `{role}` in column {place}. Received: {width} columns"
                    )
            if tag is not None and tag % width == word % width:
                raise DataError(
                    f"{where}: expected a word and a tag. "
                    f"Received: {width} columns in {shortened(line)}"
                )
        if len(fields) != width:
            raise DataError(
                f"{where}: expected {width} columns. "
                f"Received: {len(fields)} columns in {shortened(line)}"
            )
        for role, place in (("word", word), ("tag", tag)):
            if place is not None and not fields[place].strip():
                raise DataError(f"{where}: expected a {role}. Received: nothing")
        words[-1].append(fields[word])
        tags[-1].append(None if tag is None else fields[tag].strip())
    if not words[-1]:
        words.pop()
        tags.pop()
    return _sentences(words, tags, path)


def read_sentences(path, column="upos"):
    """Reads a `.conllu`, `.conll`, `.tsv` or `.txt` file; its suffix chooses the reader.

    Args:
        path: File to read, or `.gz` of it.
        column: For `.conllu` the name of the tags' column; for other files its position, or any
            name for the last. Columns of `.tsv` are parted by tabs, others by white space.

    Returns:
        `Sentences`.

    Raises:
        DataError: The suffix is not known, or what the reader raises.
    """
    path = pathlib.Path(path)
    suffix = pathlib.Path(path.stem if path.suffix == ".gz" else path.name).suffix
    if suffix not in READERS:
        raise DataError(
            f"{path}: expected a file ending in {', '.join(READERS)} or .gz of it. "
            f"Received: suffix {suffix!r}"
        )
    if suffix == ".conllu":
        return read_conllu(path, column)
    position = re.fullmatch(r"-?[0-9]+", str(column))
    separator = "\t" if suffix == ".tsv" else None
    return read_conll(path, tag=int(column) if position else -1, separator=separator)


def _sentences(words, tags, path):
    if not words:
        raise DataError(f"{path}: expected at least one sentence. Received: an empty file")
    untagged = all(tag is None for row in tags for tag in row)
    return Sentences(words, None if untagged else tags, name=str(path))
