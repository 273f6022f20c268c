"""Word dropout: in training, some words are taken for unknown.

Shapes: B batch, T time.
"""

import keras
from keras import ops

from seqkit import checks
from seqkit.configured import Configured
from seqkit.layers.engine import draw

__all__ = ["WordDropout"]


@keras.saving.register_keras_serializable("seqkit")
class WordDropout(Configured, keras.layers.Layer):
    """Replaces ids by the id of the unknown word with probability `rate`.

    The model learns what an unknown word is worth, which plain training never shows
    it, and not to lean on single words (Iyyer et al. 2015, Dai & Le 2015). Padding stays
    padding. Acts in training only.

    Args:
        rate: share of the words to replace, in `[0, 1)`.
        unknown: id that stands for an unknown word.
        padding: id that is left alone.
        seed: for the noise.

    Example:
        >>> WordDropout(0.5)(keras.ops.convert_to_tensor([[7, 8, 0]])).shape
        TensorShape([1, 3])
    """

    def __init__(self, rate, *, unknown=1, padding=0, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.rate = checks.rate("rate", rate)
        self.unknown = unknown
        self.padding = padding
        self.seed = seed
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, ids, training=False):
        """ids `(B, T)` -> ids `(B, T)`."""
        if not training or not self.rate:
            return ids
        drop = draw(ops.shape(ids), self.rate, self.generator)
        drop = ops.logical_and(drop, ops.not_equal(ids, self.padding))
        return ops.where(drop, ops.full_like(ids, self.unknown), ids)

    def compute_output_shape(self, input_shape):
        return input_shape
