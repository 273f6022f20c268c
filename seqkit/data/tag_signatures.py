"""What an exported tagger takes and gives: words padded or ragged, or raw strings.

Shapes: B sentences, T words, C tags.
"""

import functools

import tensorflow as tf

from seqkit.data.raw_sentences import split_text

__all__ = ["samples", "signatures"]


def signatures(tagging, respond):
    """What an exported tagger offers: name -> (list of `tf.TensorSpec`, function).

    Args:
        tagging: `Tagging`.
        respond: Callable `(batch, probabilities=False) -> dict`: `best` (B, T), and if asked
            for `probabilities` (B, T, C).
    """

    # Traced once for all signatures.
    flat = tf.TensorSpec((None,), tf.string)
    word_ids = tf.function(tagging.word_ids, input_signature=[flat], autograph=False)

    def encode(words):
        return tagging.padded(words, word_ids(words.values))

    def padded(words):
        ragged = tf.RaggedTensor.from_tensor(words, padding="")
        return {"tags": named(tagging, respond(encode(ragged))["best"], ragged, words)}

    def with_probabilities(words):
        ragged = tf.RaggedTensor.from_tensor(words, padding="")
        answer = respond(encode(ragged), probabilities=True)
        return {
            "tags": named(tagging, answer["best"], ragged, words),
            "labels": tf.repeat(tf.constant(tagging.labels)[None], tf.shape(words)[0], axis=0),
            "probabilities": reshaped(
                answer["probabilities"],
                ragged,
                tf.concat([tf.shape(words), [len(tagging.labels)]], 0),
            ),
        }

    def ragged(words, row_splits):
        rows = tf.RaggedTensor.from_row_splits(words, row_splits)
        best = respond(encode(rows))["best"]
        flat = tf.RaggedTensor.from_tensor(best, lengths=rows.row_lengths()).flat_values
        return {"tags": tf.gather(tf.constant(tagging.labels), flat)}

    def texts(texts):
        rows = split_text(texts, tagging.splitter)
        words = rows.to_tensor()
        return {
            "words": words,
            "tags": named(tagging, respond(encode(rows))["best"], rows, words),
        }

    spec = functools.partial(tf.TensorSpec, dtype=tf.string)
    offered = {
        "serving_default": ([spec((None, None), name="words")], padded),
        "probabilities": ([spec((None, None), name="words")], with_probabilities),
        "ragged": (
            [spec((None,), name="words"), tf.TensorSpec((None,), tf.int64, "row_splits")],
            ragged,
        ),
    }
    if tagging.splitter is not None:
        offered["texts"] = ([spec((None,), name="texts")], texts)
    return offered


def named(tagging, best, rows, like):
    """Names of tag ids (B, T'), in the shape of `like` (B, T), "" in padding."""
    return reshaped(tf.gather(tf.constant(tagging.labels), best), rows, tf.shape(like))


def reshaped(values, rows, shape):
    """Values (B, T', ...) of the words of `rows` in another width, with nothing in padding."""
    kept = tf.RaggedTensor.from_tensor(values, lengths=rows.row_lengths(), ragged_rank=1)
    return kept.to_tensor(shape=shape)


def samples(tagging, rows=None):
    """For each signature, inputs that are easy to get wrong, or the sentences given."""
    if rows is None:
        known = list(tagging.words.vocabulary[:40])
        rows = [[], known[:1], known, ["qqqqq", "\u00fc\u4e00", *known[:3], "NATO-1984"]]
    ragged = tf.ragged.constant(rows, tf.string, ragged_rank=1)
    padded = [ragged.to_tensor()]
    offered = {
        "serving_default": padded,
        "probabilities": padded,
        "ragged": [ragged.values, ragged.row_splits],
    }
    if tagging.splitter is not None:
        offered["texts"] = [tf.constant([" ".join(row) for row in rows])]
    return offered
