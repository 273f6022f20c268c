"""Texts -> ids, learned from the training data and carried by the model.

Shapes: B texts, T tokens, V ids (vocabulary, padding and unknown).

All of it is TensorFlow's own graph operations on constants: nothing to initialise, to track or to
register when a model is exported. KerasHub's tokenizers use operations of tensorflow_text, which a
plain TensorFlow cannot load (`RegexSplitWithOffsets` is not registered); hence these.
"""

import abc
import collections
import functools
import unicodedata

import keras
import numpy as np
import tensorflow as tf

from seqkit.checks import int_from, positive_int
from seqkit.configured import Configured
from seqkit.data.composition import compose
from seqkit.data.normal import clean
from seqkit.data.raw import as_examples

__all__ = ["PADDING", "UNKNOWN", "Characters", "Tokens", "Words"]

PADDING, UNKNOWN = 0, 1
CHUNK = 8192

DOUBLE_QUOTE = r"``|''|[\x{201C}-\x{201F}]"
SINGLE_QUOTE = r"[`\x{2018}-\x{201B}\x{02BC}]"
# Penn Treebank names of brackets, as public corpora hold them, and what people type.
BRACKETS = ((r"(?i)-l[rcs]b-", "("), (r"(?i)-r[rcs]b-", ")"))
ELLIPSIS = r"\.{2,}|\x{2026}"
# A contraction leaves its word, and Chinese characters leave each other.
APART = r"(?i)(n't\b|\p{Han})"
# Tried from left to right: contraction, ellipsis, dash, number, word, any other visible character.
WORD = r"(?i)(n't\b|'(?:s|m|d|ll|re|ve)\b|\.\.\.|-{2,}|\pN+(?:[.,]\pN+)+|[\pL\pM\pN]+|\S)"
CHARACTER = r"(\PM\pM*|\pM+)"
# A control character, so that no cleaned text holds it.
BREAK = "\x1f"


class Tokens(Configured, abc.ABC):
    """Base of the token units: a vocabulary, and how a text is cut.

    Id 0 is padding, id 1 any unit that is not in the vocabulary, id `i + 2` is `vocabulary[i]`.
    Texts are cleaned alike for all units: invalid UTF-8 becomes U+FFFD, composed and decomposed
    accents are the same, zero-width characters vanish, all white space is a space. A text without
    visible characters has no tokens.

    Args:
        vocabulary: The known units, a sequence of distinct str.
        lowercase: Whether case is folded before the text is cut.
        max_length: Longest row of ids, or `None`; the head of a longer text is kept.

    Raises:
        ValueError: The vocabulary is empty, repeats a unit, or holds something other than str;
            or `max_length` is no positive int.
    """

    separator = ""
    form = "NFD"  # of the texts that `cut` makes units of

    def __init__(self, vocabulary, *, lowercase=True, max_length=None):
        vocabulary = tuple(vocabulary)
        wrong = next((unit for unit in vocabulary if not isinstance(unit, str) or not unit), None)
        if not vocabulary or wrong is not None:
            raise ValueError(
                "`vocabulary` must be a sequence of one or more non-empty str. "
                f"Received: {'an empty one' if not vocabulary else repr(wrong)}"
            )
        max_length = None if max_length is None else positive_int("max_length", max_length)
        self._units = tuple(unicodedata.normalize(self.form, unit) for unit in vocabulary)
        if len(set(self._units)) < len(self._units):
            twice = collections.Counter(self._units).most_common(1)[0][0]
            raise ValueError(f"`vocabulary` must not repeat a unit. Received twice: {twice!r}")
        self.vocabulary = vocabulary
        self.lowercase = bool(lowercase)
        self.max_length = max_length

    @classmethod
    def learn(cls, texts, *, size=20000, min_count=1, lowercase=True, max_length=None):
        """Takes the most frequent units of the texts, ties in alphabetical order.

        Args:
            texts: The training texts: anything `as_examples` takes.
            size: Most ids to use, padding and unknown included.
            min_count: A unit seen less often is unknown.
            lowercase: As in the constructor.
            max_length: As in the constructor.

        Returns:
            An instance with the learned vocabulary.

        Raises:
            ValueError: `size` or `min_count` is out of range, or no unit is left.
        """
        check_learning(size, min_count)
        counts = count(functools.partial(cls.cut, lowercase=lowercase), texts)
        kept = [unit for unit, n in ranked(counts) if unit and n >= min_count][: size - 2]
        if not kept:
            raise ValueError(
                f"`texts` must hold at least one unit seen `min_count` times. Received: "
                f"{len(counts)} distinct units, min_count={min_count}"
            )
        return cls(map(composed, kept), lowercase=lowercase, max_length=max_length)

    @staticmethod
    @abc.abstractmethod
    def cut(texts, *, lowercase=True):
        """Units of texts (B,): ragged strings (B, None), cleaned, whether known or not."""

    @property
    def size(self):
        """V: number of ids, padding and unknown included."""
        return len(self.vocabulary) + 2

    def ids(self, texts):
        """Ids of texts, in graph operations that a plain TensorFlow loads.

        Args:
            texts: String tensor (B,), or what converts to one.

        Returns:
            int32 `tf.RaggedTensor` (B, None); a row is empty where the text has no tokens.
        """
        units = self.cut(tf.convert_to_tensor(texts, tf.string), lowercase=self.lowercase)
        return self._head(tf.ragged.map_flat_values(self._lookup, units))

    def units(self, texts):
        """The units behind `ids(texts)`, as lists of str: what each position stands for."""
        texts = tf.convert_to_tensor(texts, tf.string)
        rows = self._head(self.cut(texts, lowercase=self.lowercase)).to_list()
        return [[composed(unit.decode()) for unit in row] for row in rows]

    def text(self, ids):
        """Ids back to text: padding is dropped, an unknown unit is U+FFFD.

        Args:
            ids: Integers (T,) or (B, T): lists, array, tensor or ragged tensor.

        Returns:
            A str, or a list of B str.

        Raises:
            ValueError: An id is not below `size`.
        """
        ids = ids.to_list() if isinstance(ids, tf.RaggedTensor) else ids
        ids = ids if isinstance(ids, (list, tuple)) else np.asarray(ids).tolist()
        if ids and not np.isscalar(ids[0]):
            return [self.text(row) for row in ids]
        wrong = next((i for i in ids if not 0 <= i < self.size), None)
        if wrong is not None:
            raise ValueError(f"`ids` must lie in [0, {self.size}). Received: {wrong}")
        symbols = self.symbols
        return self._join([symbols[i] for i in ids if i != PADDING])

    def joined(self, ids):
        """Ids back to texts in graph operations, as `text` does.

        Args:
            ids: Integer tensor (B, T), all below `size`; padding is dropped wherever it stands.

        Returns:
            String tensor (B,).
        """
        parts = [self.separator + unit if unit else "" for unit in self.symbols]
        parts = tf.constant([part.encode("utf-8", "surrogateescape") for part in parts])
        texts = tf.strings.reduce_join(tf.gather(parts, ids), axis=-1)
        return compose(self._shown(texts))

    def _shown(self, texts):
        return tf.strings.regex_replace(texts, f"^{self.separator}", "")

    @functools.cached_property
    def symbols(self):
        """What each id stands for in a text: tuple of `size` str."""
        return ("", "\ufffd", *self.vocabulary)

    @property
    def spelling(self):
        """What each id writes, as bytes, where a text has several spellings; else None."""
        return None

    @property
    def names(self):
        """As `symbols`, to be shown one by one: what is no character has a name."""
        return self.symbols

    def _join(self, units):
        return unicodedata.normalize("NFC", self.separator.join(units))

    def _head(self, rows):
        return rows if self.max_length is None else rows[:, : self.max_length]

    def _lookup(self, units):
        # A 63-bit fingerprint and a binary search: a table would be state that every export, map
        # and fresh process has to create, track and initialise.
        keys, ids = self._fingerprints
        found = fingerprint(units)
        at = tf.minimum(tf.searchsorted(keys, found), len(keys) - 1)
        return tf.where(tf.gather(keys, at) == found, tf.gather(ids, at), UNKNOWN)

    @functools.cached_property
    def _fingerprints(self):
        with tf.init_scope():  # the first call may come from inside a graph
            keys = fingerprint(tf.constant(self._units)).numpy()
        if len(np.unique(keys)) < len(keys):
            raise ValueError("`vocabulary` holds two units with one fingerprint; leave one out")
        order = np.argsort(keys)
        return keys[order], (order + 2).astype(np.int32)


@keras.saving.register_keras_serializable("seqkit")
class Words(Tokens):
    """Words, numbers and punctuation marks as units.

    Cut as in the Penn Treebank, so that typed text and tokenised corpora meet: "don't" is
    `do n't`, "film's" is `film 's`, curly and doubled quotes are plain ones, `-lrb-` is a bracket.
    "10,000" stays whole, hyphens part words, every other punctuation mark and symbol stands alone.

    Args:
        vocabulary: The known words, a sequence of distinct str.
        lowercase: Whether case is folded before the text is cut.
        max_length: Longest row of ids, or `None`; the head of a longer text is kept.

    Example:
        >>> words = Words(["do", "n't", "like", "it"])
        >>> words.ids(["I don't like it!"]).to_list()
        [[1, 2, 3, 4, 5, 1]]
        >>> words.units(["I don't like it!"])
        [['i', 'do', "n't", 'like', 'it', '!']]
    """

    separator = " "

    @staticmethod
    def cut(texts, *, lowercase=True):
        texts = clean(texts, lowercase=lowercase)
        rules = (
            (DOUBLE_QUOTE, '"'),
            (SINGLE_QUOTE, "'"),
            *BRACKETS,
            (ELLIPSIS, "..."),
            (APART, r" \1 "),
            (WORD, r" \1 "),
        )
        for pattern, replacement in rules:
            texts = tf.strings.regex_replace(texts, pattern, replacement)
        return tf.strings.split(texts)


@keras.saving.register_keras_serializable("seqkit")
class Characters(Tokens):
    """Characters as people see them, a letter with its accents, and single spaces as units.

    Args:
        vocabulary: The known characters, a sequence of distinct str.
        lowercase: Whether case is folded before the text is cut.
        max_length: Longest row of ids, or `None`; the head of a longer text is kept.

    Example:
        >>> characters = Characters.learn(["caf\u00e9 au lait"])
        >>> characters.text(characters.ids(["au  cafe\u0301"])) == ["au caf\u00e9"]
        True
    """

    @staticmethod
    def cut(texts, *, lowercase=True):
        texts = tf.strings.strip(clean(texts, lowercase=lowercase))
        units = tf.strings.regex_replace(texts, CHARACTER, rf"\1{BREAK}")
        units = tf.strings.split(units, sep=BREAK)
        return tf.ragged.boolean_mask(units, units != "")


def fingerprint(strings):
    """63-bit hash, the same on every machine and in every version of TensorFlow."""
    return tf.strings.to_hash_bucket_fast(strings, 2**63 - 1)


def composed(unit):
    """The shown form (NFC) of a unit."""
    return unicodedata.normalize("NFC", unit)


def check_learning(size, min_count):
    int_from("size of a vocabulary", size, 3)
    positive_int("min_count", min_count)


def count(cut, texts):
    """How often each unit that `cut` finds stands in the texts: `collections.Counter` of str."""
    texts = as_examples(texts).texts
    counts = collections.Counter()
    for start in range(0, len(texts), CHUNK):
        units = cut(tf.constant(texts[start : start + CHUNK], tf.string))
        counts.update(units.flat_values.numpy().tolist())
    return collections.Counter({unit.decode(): n for unit, n in counts.items()})


def ranked(counts):
    """(unit, count) pairs, most frequent first, ties in alphabetical order."""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))
