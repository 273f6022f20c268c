"""Canonical composition (NFC), in TensorFlow graph operations: accents join their letters.

Shapes: B texts.
"""

import functools
import unicodedata

import numpy as np
import tensorflow as tf

from seqkit.data.normal import canonical, combining, find

__all__ = ["compose"]

CODE_BITS = 21  # a Unicode code point


def compose(texts):
    """Canonical composition, equal to `unicodedata.normalize("NFC", text)`.

    Args:
        texts: String tensor (B,), valid UTF-8.

    Returns:
        String tensor (B,).

    Example:
        >>> compose(tf.constant(["cafe\\u0301"])).numpy()[0].decode() == "caf\\u00e9"
        True
    """
    codes = tf.strings.unicode_decode(texts, "UTF-8")
    _, moved = find(_unsettled(), codes.flat_values)
    # Most texts are composed already; only the others pay.
    rows = tf.where(tf.reduce_any(codes.with_flat_values(moved), axis=1))
    return tf.tensor_scatter_nd_update(texts, rows, _composed(tf.gather_nd(texts, rows)))


def _composed(texts):
    codes = tf.strings.unicode_decode(canonical(texts), "UTF-8")
    _, flat, row = tf.while_loop(
        lambda merged, *_: merged,
        lambda _, flat, row: _merge(flat, row),
        (tf.constant(True), codes.flat_values, codes.value_rowids()),
        shape_invariants=(tf.TensorShape([]), tf.TensorShape([None]), tf.TensorShape([None])),
    )
    rows = tf.RaggedTensor.from_value_rowids(
        flat, row, tf.cast(codes.nrows(), row.dtype), validate=False
    )
    return tf.strings.unicode_encode(rows, "UTF-8")


def _merge(flat, row):
    """Each starter takes in the first character that composes with it: whether any did, the rest.

    A starter is a character of combining class 0. A mark is blocked from its starter by one of
    its own class in between, a starter by anything in between (Unicode 3.11, D115).
    """
    marks, classes = combining()
    at, found = find(marks, flat)
    order = tf.where(found, tf.gather(classes, at), 0)
    place = tf.range(tf.size(flat))
    first = tf.concat([tf.ones_like(row[:1], tf.bool), row[1:] != row[:-1]], 0)
    heads = tf.where((order == 0) | first)[:, 0]
    run = tf.cumsum(tf.cast((order == 0) | first, tf.int32)) - 1
    before = tf.maximum(place - 1, 0)
    starter = tf.where(order == 0, before, tf.gather(tf.cast(heads, tf.int32), run))
    inner = (starter < place) & ~first & (tf.gather(order, starter) == 0)
    near = (before == starter) | (tf.gather(order, before) < order)

    keys, composites = _compositions()
    key = tf.cast(tf.gather(flat, starter), tf.int64) * 2**CODE_BITS + tf.cast(flat, tf.int64)
    at, found = find(keys, key)
    merges = inner & near & found
    # From the left: a starter that is taken in itself takes in nothing.
    merges &= ~tf.gather(merges, starter)
    nearest = tf.math.unsorted_segment_min(
        tf.where(merges, place, tf.size(flat)), starter, tf.size(flat)
    )
    merges &= tf.gather(nearest, starter) == place
    taken = tf.where(merges)
    flat = tf.tensor_scatter_nd_update(
        flat,
        tf.gather_nd(starter, taken)[:, None],
        tf.gather(composites, tf.gather_nd(at, taken)),
    )
    return tf.reduce_any(merges), tf.boolean_mask(flat, ~merges), tf.boolean_mask(row, ~merges)


@functools.cache
def _compositions():
    """Sorted keys of pairs (starter, character) that compose, and what each becomes."""
    pairs = {}
    for code in range(0x30000):
        apart = unicodedata.normalize("NFD", chr(code))
        # Some decompose for ever: those that Unicode excludes from composition.
        if len(apart) > 1 and unicodedata.is_normalized("NFC", chr(code)):
            starter = unicodedata.normalize("NFC", apart[:-1])
            pairs[ord(starter) * 2**CODE_BITS + ord(apart[-1])] = code
    keys = sorted(pairs)
    return np.array(keys, np.int64), np.array([pairs[key] for key in keys], np.int32)


@functools.cache
def _unsettled():
    """Sorted code points that may not be what composition leaves: a text without is composed."""
    keys, _ = _compositions()
    codes = {int(code) for code in keys % 2**CODE_BITS} | set(combining()[0].tolist())
    codes |= {c for c in range(0x30000) if not unicodedata.is_normalized("NFC", chr(c))}
    return np.array(sorted(codes), np.int32)
