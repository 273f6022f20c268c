"""One form for each text, in TensorFlow graph operations: what tokens are cut from.

Shapes: B texts.

TensorFlow itself has no Unicode normalisation, and the one in tensorflow_text would tie every
exported model to that package. Canonical decomposition (NFD) is a table and a stable sort.
"""

import functools
import unicodedata

import numpy as np
import tensorflow as tf

__all__ = ["canonical", "clean", "combining", "find"]

# Format characters (zero-width, direction, joiners) and variation selectors change no meaning.
INVISIBLE = r"[\p{Cf}\x{FE00}-\x{FE0F}]"
BLANK = r"[\pZ\p{Cc}]+"


def clean(texts, *, lowercase=True):
    """Texts in normal form: valid UTF-8, decomposed (NFD), single spaces, nothing invisible.

    Bytes that are not UTF-8 become U+FFFD; control characters (NUL, tab, newline) and runs of
    white space of any kind become one space.

    Args:
        texts: String tensor (B,).
        lowercase: Whether to lower-case by the rules of Unicode.

    Returns:
        String tensor (B,).

    Example:
        >>> clean(tf.constant(["Caf\u00e9\u200b\\tbar"])).numpy()[0].decode() == "cafe\u0301 bar"
        True
    """
    texts = tf.strings.unicode_transcode(texts, "UTF-8", "UTF-8", errors="replace")
    texts = tf.strings.regex_replace(texts, INVISIBLE, "")
    texts = tf.strings.regex_replace(texts, BLANK, " ")
    if lowercase:
        # Only now: `tf.strings.lower` ends a text at the first NUL.
        texts = tf.strings.lower(texts, encoding="utf-8")
    return canonical(texts)


def canonical(texts):
    """Canonical decomposition (NFD), equal to `unicodedata.normalize("NFD", text)`.

    Args:
        texts: String tensor (B,), valid UTF-8.

    Returns:
        String tensor (B,).

    Example:
        >>> len(canonical(tf.constant(["\u00e9"])).numpy()[0].decode())
        2
    """
    ascii_only = tf.strings.regex_full_match(texts, r"[\x00-\x7F]*")
    rows = tf.where(~ascii_only)  # (n, 1): only these rows pay
    return tf.tensor_scatter_nd_update(texts, rows, _decompose(tf.gather_nd(texts, rows)))


def _decompose(texts):
    codes = tf.strings.unicode_decode(texts, "UTF-8")
    flat, row = codes.flat_values, codes.value_rowids()
    keys, starts, lengths, targets = _decompositions()

    at, found = find(keys, flat)
    count = tf.where(found, tf.gather(lengths, at), 1)
    source = tf.repeat(tf.range(tf.size(flat)), count)
    offset = tf.range(tf.size(source)) - tf.gather(tf.cumsum(count, exclusive=True), source)
    target = tf.where(
        tf.gather(found, source), tf.gather(tf.gather(starts, at), source) + offset, 0
    )
    flat = tf.where(tf.gather(found, source), tf.gather(targets, target), tf.gather(flat, source))
    row = tf.gather(row, source)

    # Marks stand in the order of their class, behind the character they belong to.
    marks, classes = combining()
    at, found = find(marks, flat)
    order = tf.where(found, tf.gather(classes, at), 0)
    begins = tf.concat([tf.ones_like(row[:1], tf.bool), row[1:] != row[:-1]], 0)
    run = tf.cumsum(tf.cast((order == 0) | begins, tf.int64))
    place = tf.range(tf.size(flat, tf.int64))
    # The place makes keys distinct, so that equal classes keep their order in any sort.
    key = (run * 256 + tf.cast(order, tf.int64)) * tf.size(flat, tf.int64) + place
    flat = tf.gather(flat, tf.argsort(key))
    decomposed = tf.RaggedTensor.from_value_rowids(
        flat, row, tf.cast(codes.nrows(), row.dtype), validate=False
    )
    return tf.strings.unicode_encode(decomposed, "UTF-8")


def find(keys, values):
    """Where in the sorted `keys` each value stands, and whether it does."""
    at = tf.minimum(tf.searchsorted(keys, values), len(keys) - 1)
    return at, tf.gather(keys, at) == values


@functools.cache
def _decompositions():
    """Code points that decompose: sorted keys, start and length of each, all targets."""
    # Planes 3 and up hold no character that decomposes.
    pairs = [
        (code, unicodedata.normalize("NFD", chr(code)))
        for code in range(0x30000)
        if not unicodedata.is_normalized("NFD", chr(code))
    ]
    lengths = np.array([len(target) for _, target in pairs], np.int32)
    targets = np.array([ord(c) for _, target in pairs for c in target], np.int32)
    keys = np.array([code for code, _ in pairs], np.int32)
    return keys, np.cumsum(lengths, dtype=np.int32) - lengths, lengths, targets


@functools.cache
def combining():
    """Code points that combine: sorted, with the class of each."""
    pairs = [(c, k) for c in range(0x30000) if (k := unicodedata.combining(chr(c)))]
    codes, classes = np.array(pairs, np.int32).T
    return np.ascontiguousarray(codes), np.ascontiguousarray(classes)
