"""Sentences as lists of words with a tag for each: what every tagger starts from."""

import numpy as np

from seqkit.data.examples import DataError

__all__ = ["Sentences"]


class Sentences:
    """Sentences with their tags, in memory.

    Args:
        words: Sequence of sequences of non-empty str (or UTF-8 bytes). A sentence without words
            is allowed.
        tags: As `words`: str or int, kept as str, or `None` where a word has none. `None` in place
            of a sentence's tags, or of all of them, means none.
        name: What the sentences are called in messages.

    Raises:
        DataError: A word or tag is empty or of another kind, or a sentence has more or fewer tags
            than words.

    Example:
        >>> sentences = Sentences([["dogs", "bark"], []], [["NOUN", None], []])
        >>> len(sentences), sentences.tokens, sentences.label_names
        (2, 2, ('NOUN',))
    """

    unit, labelled_form = "sentences", "pairs (words, tags), or `y`"

    def __init__(self, words, tags=None, *, name="sentences"):
        self.name = name
        self.words = [
            _row(row, _is_word, "a word, a str", f"{name}: sentence {i}")
            for i, row in enumerate(words)
        ]
        self.labels = None if tags is None else self._tags(tags)

    def _tags(self, tags):
        rows = list(tags)
        if len(rows) != len(self.words):
            raise DataError(
                f"{self.name}: expected tags for each sentence. "
                f"Received: {len(self.words)} sentences, tags of {len(rows)}"
            )
        found = []
        for i, (words, row) in enumerate(zip(self.words, rows, strict=True)):
            where = f"{self.name}: sentence {i}"
            row = [None] * len(words) if row is None else row
            row = _row(row, _is_tag, "a tag, a str, or None", where)
            if len(row) != len(words):
                raise DataError(
                    f"{where}: expected one tag per word. "
                    f"Received: {len(words)} words, {len(row)} tags"
                )
            found.append(row)
        return found

    @property
    def label_names(self):
        """The distinct tags, sorted: tuple of str (empty without tags)."""
        return tuple(sorted({tag for row in self.labels or () for tag in row} - {None}))

    @property
    def tokens(self):
        """Number of words in all sentences."""
        return sum(map(len, self.words))

    def subset(self, indices, *, name=None):
        """The sentences at these positions, in this order."""
        indices = list(indices)
        tags = None if self.labels is None else [self.labels[i] for i in indices]
        return Sentences([self.words[i] for i in indices], tags, name=name or self.name)

    def bare(self):
        """The words without their tags."""
        return self if self.labels is None else Sentences(self.words, name=self.name)

    def __len__(self):
        return len(self.words)

    def __iter__(self):
        """Yields (words, tags); tags is `None` for untagged sentences."""
        return iter(zip(self.words, self.labels or [None] * len(self), strict=True))

    def __repr__(self):
        tags = "no tags" if self.labels is None else f"tags {', '.join(self.label_names)}"
        return f"<Sentences {self.name}: {len(self)} sentences, {self.tokens} words, {tags}>"


def _row(row, kept, expected, where):
    if isinstance(row, (str, bytes)) or not hasattr(row, "__iter__"):
        raise DataError(f"{where}: expected a list. Received: {row!r} ({type(row).__name__})")
    found = []
    for j, value in enumerate(row):
        value = value.decode("utf-8", errors="replace") if isinstance(value, bytes) else value
        if not kept(value):
            received = f"{value!r} ({type(value).__name__})" if value != "" else "an empty str"
            raise DataError(f"{where}, word {j}: expected {expected}. Received: {received}")
        found.append(None if value is None else str(value))
    return found


def _is_word(value):
    return isinstance(value, str) and value != ""


def _is_tag(value):
    return value is None or isinstance(value, (int, np.integer)) or _is_word(value)
