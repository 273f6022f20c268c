"""The characters of each word to one vector.

Shapes: B batch, T words, K characters, E embedding, N units.
"""

import keras
from keras import ops

from seqkit.checks import positive_int, rate
from seqkit.configured import Configured
from seqkit.layers.stack import Stack

__all__ = ["CharacterEncoder"]

KINDS = ("cnn", "rnn")


@keras.saving.register_keras_serializable("seqkit")
class CharacterEncoder(Configured, keras.layers.Layer):
    """Spells a word: ids of its characters to a vector that tells endings, case, digits.

    "cnn" takes the maximum over the word of a convolution of width `kernel` (Ma & Hovy
    2016), "rnn" the last states of a bidirectional recurrent net (Lample et al. 2016).
    Words stand in one long batch, so that neither needs to know how many a sentence has.

    Args:
        vocabulary: number of character ids; id 0 is padding.
        units: size N of the vector; even for "rnn", half for each direction.
        kind: "cnn" or "rnn".
        embedding: size E of the character vectors.
        kernel: characters that one filter of "cnn" sees.
        cell: recurrent cell of "rnn".
        dropout: rate on the character vectors.

    Raises:
        ValueError: `kind` is another, a size is no positive int, or `units` is odd for "rnn".

    Example:
        >>> CharacterEncoder(30, 8)(keras.ops.ones((2, 5, 12), "int32")).shape
        (2, 5, 8)
    """

    def __init__(
        self,
        vocabulary,
        units=64,
        *,
        kind="cnn",
        embedding=32,
        kernel=3,
        cell="lstm",
        dropout=0.0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if kind not in KINDS:
            raise ValueError(f"`kind` must be one of {', '.join(KINDS)}. Received: kind={kind!r}")
        self.vocabulary = positive_int("vocabulary", vocabulary)
        self.units = positive_int("units", units)
        self.embedding = positive_int("embedding", embedding)
        self.kernel = positive_int("kernel", kernel)
        self.kind, self.cell, self.dropout = kind, cell, rate("dropout", dropout)
        if kind == "rnn" and units % 2:
            raise ValueError(f'`units` must be even for kind="rnn". Received: units={units}')
        policy = self.dtype_policy
        self.embed = keras.layers.Embedding(vocabulary, embedding, dtype=policy, name="embed")
        self.drop = keras.layers.Dropout(dropout, dtype=policy)
        if kind == "cnn":
            self.filters = keras.layers.Dense(units, "relu", dtype=policy, name="filters")
        else:
            self.read = Stack(
                cell,
                units // 2,
                bidirectional=True,
                return_sequences=False,
                dtype=policy,
                name="read",
            )

    def build(self, ids_shape):
        self.embed.build((None, ids_shape[-1]))
        if self.kind == "cnn":
            self.filters.build((None, None, self.kernel * self.embedding))
        else:
            self.read.build((None, ids_shape[-1], self.embedding))
        self.built = True

    def call(self, ids, training=False):
        """ids `(B, T, K)` -> `(B, T, N)`; zeros for a word without characters."""
        batch, words = ops.shape(ids)[:2]
        ids = ops.reshape(ids, (-1, ids.shape[-1]))  # (B * T, K)
        mask = ops.not_equal(ids, 0)
        x = self.drop(self.embed(ids), training=training)
        x = ops.where(mask[..., None], x, 0)
        if self.kind == "cnn":
            # Filters see the blanks around a word, and so its first and last characters.
            features = self.filters(windows(x, self.kernel))  # (B * T, K, N)
            x = ops.max(ops.where(mask[..., None], features, 0), axis=1)
        else:
            x = self.read(x, mask=mask, training=training)
        return ops.reshape(x, (batch, words, self.units))

    def compute_output_shape(self, ids_shape):
        return (*ids_shape[:-1], self.units)


def windows(x, width):
    """Each step beside its neighbours, `(B, T, D)` -> `(B, T, width * D)`: a convolution is a
    product with these, and the gradient of a product is quick on every device."""
    before = (width - 1) // 2
    padded = ops.pad(x, ((0, 0), (before, width - 1 - before), (0, 0)))
    time = ops.shape(x)[1]
    return ops.concatenate([padded[:, k : k + time] for k in range(width)], axis=-1)
