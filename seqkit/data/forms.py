"""Whole words -> ids: the word itself, its beginning or end, its shape.

Shapes: B words.

For taggers, whose words are given: nothing is cut apart, each word has one unit.
"""

import keras
import tensorflow as tf

from seqkit.data.normal import clean
from seqkit.data.tokens import Tokens, composed

__all__ = ["Forms", "Prefixes", "Shapes", "Suffixes"]

# A control character, so that no cleaned word holds it: a capital before all letters are "x".
CAPITAL = "\x1f"
SHAPES = (
    (r"\pM+", ""),
    (r"\p{Lu}", CAPITAL),
    (r"\pL", "x"),
    (r"\pN", "d"),
    (CAPITAL, "X"),
    *((f"{kind}{{2,}}", 2 * kind) for kind in "Xxd"),
)


class WholeWord(Tokens):
    """Base of the units that each word has one of; `max_length` is of no use here."""

    separator = " "

    @classmethod
    def cut(cls, texts, *, lowercase=True):
        words = tf.strings.strip(clean(texts, lowercase=lowercase))
        return tf.RaggedTensor.from_uniform_row_length(cls.unit(words), 1)

    @staticmethod
    def unit(words):
        """Units (B,) of cleaned words (B,)."""
        return words


@keras.saving.register_keras_serializable("seqkit")
class Forms(WholeWord):
    """Words as they are given, each one unit, "New York" and "don't" too.

    Args:
        vocabulary: The known words, a sequence of distinct str.
        lowercase: Whether case is folded.

    Example:
        >>> Forms(["don't", "new york"]).ids(["Don't", "New  York", "?"]).to_list()
        [[2], [3], [1]]
    """

    @classmethod
    def cleaned(cls, words):
        """Words as a vocabulary holds them: list of str, without those of nothing visible."""
        found = cls.cut(tf.constant(words, tf.string)).flat_values.numpy().tolist()
        return [composed(word.decode()) for word in found if word]


@keras.saving.register_keras_serializable("seqkit")
class Prefixes(WholeWord):
    """The first three characters of each word, or all of a shorter one.

    Args:
        vocabulary: The known prefixes, a sequence of distinct str.
        lowercase: Whether case is folded.

    Example:
        >>> Prefixes.learn(["unlike", "so"]).vocabulary
        ('so', 'unl')
    """

    @staticmethod
    def unit(words):
        return tf.strings.regex_replace(words, "(?s)^(.{3}).*$", r"\1")


@keras.saving.register_keras_serializable("seqkit")
class Suffixes(WholeWord):
    """The last three characters of each word, or all of a shorter one.

    Args:
        vocabulary: The known suffixes, a sequence of distinct str.
        lowercase: Whether case is folded.

    Example:
        >>> Suffixes.learn(["walking", "so"]).vocabulary
        ('ing', 'so')
    """

    @staticmethod
    def unit(words):
        return tf.strings.regex_replace(words, "(?s)^.*(.{3})$", r"\1")


@keras.saving.register_keras_serializable("seqkit")
class Shapes(WholeWord):
    """How each word is written: capitals "X", other letters "x", digits "d", runs cut to two.

    Args:
        vocabulary: The known shapes, a sequence of distinct str.
        lowercase: Whether case is folded; that loses the capitals, so it is off.

    Example:
        >>> Shapes.learn(["Berlin", "iPhone", "1984-85", "NATO"]).vocabulary
        ('XX', 'Xxx', 'dd-dd', 'xXxx')
    """

    def __init__(self, vocabulary, *, lowercase=False, max_length=None):
        super().__init__(vocabulary, lowercase=lowercase, max_length=max_length)

    @classmethod
    def learn(cls, texts, *, lowercase=False, **options):
        return super().learn(texts, lowercase=lowercase, **options)

    @staticmethod
    def unit(words):
        for pattern, replacement in SHAPES:
            words = tf.strings.regex_replace(words, pattern, replacement)
        return words
