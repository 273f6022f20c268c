"""Whatever sentences a user holds -> `Sentences`: lists, tensors, pandas, tf.data, text, a path."""

import itertools
import os
import unicodedata

import numpy as np
import tensorflow as tf

from seqkit.data.conll import READERS, read_sentences
from seqkit.data.examples import DataError
from seqkit.data.normal import BLANK
from seqkit.data.sentences import Sentences
from seqkit.data.tokens import Words

__all__ = ["as_sentences", "is_text", "split_text"]

SPLITTERS = ("whitespace", "words")


def as_sentences(x, y=None, *, column="upos", name="data", splitter=None):
    """Whatever tagged or bare sentences a user gives, as `Sentences`.

    Args:
        x: `Sentences`; a list of lists of str, of pairs (words, tags), or of lists of pairs
            (word, tag); strings (B, T), ragged, or padded with "" on the right; a pandas frame
            with a row for each word (columns `sentence`, `word` and, for tags, `tag` or
            `column`; a missing tag is none; the rows of a sentence stand together); a
            `tf.data.Dataset` of words or (words, tags), of one sentence each or ragged or padded
            batches; the path of a `.conllu`, `.conll`, `.tsv` or `.txt` file, or `.gz` of it.
            With a `splitter` a list of str, a string array (B,) or a pandas series too.
        y: Tags, where `x` holds words alone: lists, or strings ragged or padded as `x`.
        column: Which column of a `.conllu` file holds the tags; in other files a position, or
            any name for the last.
        name: What messages call the data.
        splitter: How a str is cut into words: "whitespace", or "words", which cuts punctuation
            and contractions off as `Words` does. `None` takes no str.

    Returns:
        `Sentences` (`x` itself if it is one already and `y` is `None`).

    Raises:
        DataError: `x` is none of these, or brings tags of its own beside `y`.
        ValueError: `splitter` is none of these.

    Example:
        >>> as_sentences(["Dogs bark."], [["NOUN", "VERB", "PUNCT"]], splitter="words").words
        [['Dogs', 'bark', '.']]
    """
    if splitter is not None and splitter not in SPLITTERS:
        raise ValueError(
            f'`splitter` must be "whitespace", "words" or None. Received: {splitter!r}'
        )
    sentences = _as_sentences(x, column, name, splitter)
    if y is None:
        return sentences
    if sentences.labels is not None:
        raise DataError(f"{name}: expected tags once. Received: in the data and in `y`")
    return Sentences(sentences.words, _tag_rows(y, sentences.words), name=sentences.name)


def split_text(texts, splitter):
    """Words of raw strings, in graph operations; case and accents stay as they are.

    Args:
        texts: String tensor (B,), or what converts to one.
        splitter: "whitespace" or "words", as in `as_sentences`.

    Returns:
        Ragged strings (B, None).

    Example:
        >>> split_text(["It's\\u00a0fine."], "whitespace").to_list()
        [[b"It's", b'fine.']]
    """
    texts = tf.convert_to_tensor(texts, tf.string)
    if splitter == "words":
        return Words.cut(texts, lowercase=False)
    texts = tf.strings.unicode_transcode(texts, "UTF-8", "UTF-8", errors="replace")
    return tf.strings.split(tf.strings.regex_replace(texts, BLANK, " "))


def _as_sentences(x, column, name, splitter):
    if isinstance(x, Sentences):
        return x
    if isinstance(x, os.PathLike) or (isinstance(x, str) and not is_text(x)):
        return read_sentences(x, column)
    if isinstance(x, (str, bytes)):
        raise DataError(
            f"{name}: expected a list of sentences, or the path of a file. "
            f"Received: the one str {x!r}"
        )
    if type(x).__module__.split(".")[0] == "pandas":
        if x.ndim == 2:
            return _from_frame(x, column, name)
        x = x.tolist()
    if isinstance(x, tf.data.Dataset):
        words, tags = _from_dataset(x, name, splitter)
    else:
        words, tags = _listed(x, name), None
        if words and all(_is_pair(row) for row in words):
            words, tags = map(list, zip(*words, strict=True))
            tags = None if all(row is None for row in tags) else tags
        elif any(_is_zipped(row) for row in words):
            words, tags = _unzipped(words, name)
        elif words and all(_is_two_texts(row) for row in words):
            raise DataError(
                f"{name}: expected pairs of lists, (words, tags). Received: pairs of str, "
                f"{words[0]!r}"
            )
    if any(isinstance(row, (str, bytes)) for row in words):
        words = _split(words, name, splitter)
    return Sentences(words, tags if tags is None else _tag_rows(tags, words), name=name)


def is_text(x):
    """Whether `x` is one text: "see a.txt" is, "a.txt" is the path of a file."""
    if not isinstance(x, (str, bytes)):
        return False
    ends = isinstance(x, str) and x.removesuffix(".gz").endswith(READERS)
    return not ends or "\n" in x or (" " in x and not os.path.exists(x))


def _is_pair(row):
    """(words, tags); a sentence of two words is none."""
    return isinstance(row, tuple) and len(row) == 2 and not isinstance(row[1], (str, bytes))


def _is_two_texts(row):
    """A pair of str that hold more than one word."""
    return (
        isinstance(row, tuple)
        and len(row) == 2
        and all(isinstance(part, str) and len(part.split()) > 1 for part in row)
    )


def _is_zipped(row):
    """A sentence of pairs (word, tag), as other toolkits have them."""
    return isinstance(row, (list, tuple)) and any(isinstance(word, tuple) for word in row)


def _unzipped(rows, name):
    for i, row in enumerate(rows):
        for pair in row:
            if not (isinstance(pair, tuple) and len(pair) == 2):
                raise DataError(
                    f"{name}: sentence {i}: expected a pair (word, tag) for each word, as in "
                    f"other sentences. Received: {pair!r}"
                )
    return [[word for word, _ in row] for row in rows], [[tag for _, tag in row] for row in rows]


def _split(texts, name, splitter):
    wrong = next((row for row in texts if not isinstance(row, (str, bytes))), None)
    if splitter is None or wrong is not None:
        raise DataError(
            f"{name}: expected a list of words for each sentence; a str needs a `splitter`, "
            f'"whitespace" or "words". Received: '
            f"{next(row for row in texts if isinstance(row, (str, bytes)))!r}"
        )
    rows = split_text(texts, splitter).to_list() if texts else []
    return [[unicodedata.normalize("NFC", word.decode()) for word in row] for row in rows]


def _listed(x, name):
    """Arrays, ragged or padded tensors and iterables of sentences as a list of rows."""
    if hasattr(x, "to_list"):  # ragged, in a graph or out of it
        return x.to_list()
    if tf.is_tensor(x) or isinstance(x, np.ndarray):
        rows = np.asarray(x).tolist()
        return [_unpadded(row) for row in rows] if np.ndim(x) == 2 else rows
    try:
        return list(x)
    except TypeError:
        raise DataError(
            f"{name}: expected sentences: Sentences, lists of words, ragged strings, pandas, "
            f"tf.data or a path. Received: {type(x).__name__}"
        ) from None


def _unpadded(row):
    return row[: max((i for i, word in enumerate(row, 1) if word), default=0)]


def _tag_rows(tags, words):
    """Tags as lists; a tensor's are cut to its words, and an empty one is none."""
    if not (hasattr(tags, "to_list") or tf.is_tensor(tags) or isinstance(tags, np.ndarray)):
        return tags.tolist() if hasattr(tags, "tolist") else tags  # a pandas series of lists
    rows = tags.to_list() if hasattr(tags, "to_list") else np.asarray(tags).tolist()
    if len(rows) != len(words) or not all(isinstance(row, list) for row in rows):
        return rows  # `Sentences` says what is wrong
    kept = [
        row if isinstance(own, (str, bytes)) or any(row[len(own) :]) else row[: len(own)]
        for row, own in zip(rows, words, strict=True)
    ]
    return [[None if tag in ("", b"") else tag for tag in row] for row in kept]


def _from_dataset(dataset, name, splitter):
    if int(dataset.cardinality()) == tf.data.INFINITE_CARDINALITY:
        raise DataError(f"{name}: expected a finite dataset (`take(n)`). Received: an infinite one")
    spec = dataset.element_spec
    parts = spec if isinstance(spec, tuple) else (spec,)
    if len(parts) > 2 or getattr(parts[0], "dtype", None) != tf.string:
        raise DataError(f"{name}: expected elements words or (words, tags). Received: {spec}")
    if splitter is not None and parts[0].shape.rank == 1:
        raise DataError(
            f"{name}: expected single texts (`unbatch()`), or batches of words: with a splitter "
            f"a row of str may be texts or words. Received: {spec}"
        )
    words, tags = [], []
    for element in dataset:
        element = element if isinstance(element, tuple) else (element,)
        if element[0].shape.rank < 2:  # one sentence, of words or as a text
            element = tuple(part[None] for part in element)
        rows = _listed(element[0], name)
        words += rows
        tags += _tag_rows(element[1], rows) if len(parts) == 2 else []
    return words, tags if len(parts) == 2 else None


def _from_frame(frame, column, name):
    tag = next((c for c in ("tag", column) if c in frame.columns), None)
    for needed in ("sentence", "word"):
        if needed not in frame.columns:
            raise DataError(
                f"{name}: expected columns 'sentence' and 'word', a row for each word. "
                f"Received: {', '.join(map(str, frame.columns))}"
            )
        missing = frame[needed].isna().to_numpy()
        if missing.any():
            raise DataError(
                f"{name}: expected a value in column {needed!r}, row "
                f"{frame.index[missing.argmax()]!r}. Received: nothing"
            )
    keys, words = frame["sentence"].tolist(), frame["word"].tolist()
    tags = words if tag is None else frame[tag].tolist()
    absent = [False] * len(words) if tag is None else frame[tag].isna().tolist()
    rows, tag_rows, seen = [], [], set()
    for key, places in itertools.groupby(range(len(words)), keys.__getitem__):
        places = list(places)
        if key in seen:
            raise DataError(
                f"{name}: expected the rows of a sentence together; sort the frame, or number "
                f"sentences apart. Received: sentence {key!r} once more in row "
                f"{frame.index[places[0]]!r}"
            )
        seen.add(key)
        rows.append([words[i] for i in places])
        tag_rows.append([None if absent[i] else tags[i] for i in places])
    return Sentences(rows, None if tag is None else tag_rows, name=name)
