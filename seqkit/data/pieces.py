"""Subwords that lose nothing: case, spacing and rare characters come back as they were.

Shapes: B texts, W distinct chunks.
"""

import functools
import unicodedata

import keras
import tensorflow as tf

from seqkit.data.composition import compose
from seqkit.data.normal import BLANK
from seqkit.data.subwords import START, Subwords, merged
from seqkit.data.tokens import BREAK, check_learning, count, ranked

__all__ = ["Pieces"]

BYTES = 256
# A run of letters, one digit or one other character, each with the space before it.
CHUNK = rf"({START}?(?:[\pL\pM]+|(?s:.)))"
# More letters in a run are no word, and would cost a loop of their number.
LONGEST = rf"([^{BREAK}]{{60}})"
# Stands for U+2581 in the text itself; cleaning leaves no control character.
ESCAPED = "\x1e"


@keras.saving.register_keras_serializable("seqkit")
class Pieces(Subwords):
    """Pieces of words as units, from which the text comes back exactly.

    "Exactly" up to normal form (NFC) and white space: runs of it, and of control characters, are
    one space, none at the ends. A piece never crosses the border of a word, a digit or a
    punctuation mark; the space before belongs to its first piece, as U+2581. A character that no
    piece begins with is cut into its UTF-8 bytes, the last 256 ids, so that none is unknown.

    Args:
        vocabulary: The known pieces; U+2581 in them stands for a space.
        lowercase: Whether case is folded before the text is cut.
        max_length: Longest row of ids, or `None`; the head of a longer text is kept.

    Example:
        >>> pieces = Pieces(["\u2581Don", "t", "\u2581", "'"])
        >>> pieces.units(["Don't \u00fc"])
        [['\u2581Don', "'", 't', '\u2581', '<0xC3>', '<0xBC>']]
        >>> pieces.text(pieces.ids(["Don't \u00fc"]))
        ["Don't \u00fc"]
    """

    form = "NFC"

    def __init__(self, vocabulary, *, lowercase=False, max_length=None):
        super().__init__(vocabulary, lowercase=lowercase, max_length=max_length)

    @classmethod
    def learn(cls, texts, *, size=8000, min_count=1, lowercase=False, max_length=None):
        """Learns byte-pair merges over the chunks of the texts (Sennrich et al. 2016).

        Args:
            texts: The training texts: anything `as_examples` takes.
            size: Most ids to use; padding, unknown and the bytes are 258 of them.
            min_count: A pair of pieces seen less often is not merged.
            lowercase: As in the constructor.
            max_length: As in the constructor.

        Returns:
            `Pieces`, the same for the same texts.

        Raises:
            ValueError: `size` or `min_count` is out of range, or the texts hold no word.
        """
        check_learning(size, min_count)
        if size < BYTES + 3:
            raise ValueError(
                f"The size of a vocabulary of pieces must be at least {BYTES + 3}: bytes, padding, "
                f"unknown and a piece. Received: {size}"
            )
        counts = count(functools.partial(cls.cut, lowercase=lowercase), texts)
        pieces = merged(ranked(counts), size - BYTES - 2, min_count)
        return cls(pieces, lowercase=lowercase, max_length=max_length)

    @staticmethod
    def cut(texts, *, lowercase=False):
        """Chunks of texts (B,), before they are cut into pieces: ragged strings (B, None)."""
        texts = tf.strings.unicode_transcode(texts, "UTF-8", "UTF-8", errors="replace")
        texts = tf.strings.strip(tf.strings.regex_replace(texts, BLANK, " "))
        if lowercase:
            texts = tf.strings.lower(texts, encoding="utf-8")
        texts = compose(tf.strings.regex_replace(texts, START, ESCAPED))
        texts = tf.strings.regex_replace(texts, "^(.)| ", rf"{START}\1")
        for pattern in (CHUNK, LONGEST):
            texts = tf.strings.regex_replace(texts, pattern, rf"\1{BREAK}")
        units = tf.strings.split(texts, sep=BREAK)
        return tf.ragged.boolean_mask(units, units != "")

    @property
    def size(self):
        """V: number of ids; padding, unknown and the bytes included."""
        return len(self.vocabulary) + 2 + BYTES

    @functools.cached_property
    def symbols(self):
        """What each id stands for in a text; a byte that is no character is its surrogate."""
        every = (bytes([i]).decode("utf-8", "surrogateescape") for i in range(BYTES))
        return (*super().symbols, *every)

    @functools.cached_property
    def names(self):
        return ("", "\ufffd", *self.vocabulary, *(f"<0x{i:02X}>" for i in range(BYTES)))

    def units(self, texts):
        return [[self.names[i] for i in row] for row in self.ids(texts).to_list()]

    def _join(self, units):
        text = "".join(units).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        text = text.replace(START, " ").removeprefix(" ").replace(ESCAPED, START)
        return unicodedata.normalize("NFC", text)

    def _shown(self, texts):
        # Bytes that a model puts in a wrong order are no text.
        texts = tf.strings.unicode_transcode(texts, "UTF-8", "UTF-8", errors="replace")
        texts = tf.strings.regex_replace(tf.strings.regex_replace(texts, START, " "), "^ ", "")
        return tf.strings.regex_replace(texts, ESCAPED, START)

    def _marked(self, chunks):
        return chunks

    def _unknown(self, codes):
        return -codes

    def _pieces(self, chunks):
        """Ids of the pieces of chunks (W,), characters without one as bytes: ragged (W, None)."""
        found = super()._pieces(chunks)
        flat = found.flat_values
        codes = tf.maximum(-flat, 0)
        more = [tf.cast(codes >= least, tf.int32) for least in (0x80, 0x800, 0x10000)]
        count = 1 + tf.add_n(more)
        # Byte k of n: the six bits at its place, behind the mark of a first or a later byte.
        owner = tf.repeat(tf.range(tf.size(flat)), count)
        k = tf.range(tf.size(owner)) - tf.gather(tf.cumsum(count, exclusive=True), owner)
        n, code = tf.gather(count, owner), tf.gather(codes, owner)
        bits = tf.bitwise.right_shift(code, 6 * (n - 1 - k))
        lead = tf.where(n == 1, 0, tf.bitwise.right_shift(0xFF00, n) & 0xFF)
        byte = tf.where(k == 0, lead | bits, 0x80 | (bits & 0x3F))
        ids = tf.gather(flat, owner)
        ids = tf.where(ids < 0, len(self.vocabulary) + 2 + byte, ids)
        lengths = tf.reduce_sum(found.with_flat_values(tf.cast(count, tf.int64)), axis=1)
        return tf.RaggedTensor.from_row_lengths(ids, lengths, validate=False)
