"""Metrics on a tag, or a next word, for each step of a sentence.

Shapes: B batch, T time, C tags.
"""

import keras
from keras import ops

from seqkit.configured import Configured
from seqkit.layers import chain as chains

__all__ = ["Perplexity", "TokenAccuracy"]


@keras.saving.register_keras_serializable("seqkit")
class TokenAccuracy(Configured, keras.metrics.Metric):
    """The share of tokens that got their tag.

    Negative labels are no tokens, but for -2: a tag that the model has not, answered wrong.

    Counts tokens over the whole epoch, where Keras averages the averages of sentences over
    their padded length.

    Args:
        crf: bool. Reads the packed output of `layers.CRF` and takes the best path, leaving out
            the padding packed there. In training that costs a second pass over the sentence in
            every step; `benchmarks/crf.py` says how much.

    Example:
        >>> metric = TokenAccuracy()
        >>> metric.update_state([[0, 1, -1]], [[[1.0, 0.0], [1.0, 0.0], [1.0, 0.0]]])
        >>> float(metric.result())
        0.5
    """

    def __init__(self, crf=False, *, name="accuracy", **kwargs):
        super().__init__(name=name, **kwargs)
        self.crf = crf
        # Whole numbers: float32 does not count past 2 ** 24.
        self.right = self.add_variable((), "zeros", dtype="int32", name="right")
        self.tokens = self.add_variable((), "zeros", dtype="int32", name="tokens")

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Labels `(B, T)`; logits `(B, T, C)` or packed; weights `(B,)` or `(B, T)`, 0 for out."""
        labels = ops.cast(ops.round(ops.convert_to_tensor(y_true)), "int32")
        counts = ops.logical_or(labels >= 0, labels == -2)
        if self.crf:
            chain = chains.unpack(ops.convert_to_tensor(y_pred))
            answers, counts = chains.viterbi(chain)[0], ops.logical_and(counts, chain.mask)
        else:
            answers = ops.cast(ops.argmax(y_pred, axis=-1), "int32")
        if sample_weight is not None:
            weights = ops.convert_to_tensor(sample_weight)
            weights = weights[:, None] if len(weights.shape) == 1 else weights
            counts = ops.logical_and(counts, weights > 0)
        right = ops.logical_and(counts, ops.equal(answers, labels))
        self.right.assign_add(ops.sum(ops.cast(right, "int32")))
        self.tokens.assign_add(ops.sum(ops.cast(counts, "int32")))

    def result(self):
        tokens = ops.cast(ops.maximum(self.tokens, 1), self.dtype)
        return ops.cast(self.right, self.dtype) / tokens


@keras.saving.register_keras_serializable("seqkit")
class Perplexity(Configured, keras.metrics.Metric):
    """`exp` of the mean negative log-likelihood of a token; negative labels are no tokens.

    Counts tokens over the whole epoch: the exponential of Keras's loss is that of a mean of
    means, and of a smoothed loss no perplexity at all.

    Example:
        >>> metric = Perplexity()
        >>> metric.update_state([[0, 1, -1]], [[[0.0, 0.0], [0.0, 0.0], [9.0, 0.0]]])
        >>> round(float(metric.result()), 4)
        2.0
    """

    def __init__(self, *, name="perplexity", **kwargs):
        super().__init__(name=name, **kwargs)
        self.lost = self.add_variable((), "zeros", name="lost")
        # Whole numbers: float32 does not count past 2 ** 24.
        self.tokens = self.add_variable((), "zeros", dtype="int32", name="tokens")

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Labels `(B, T)`; logits `(B, T, C)`; weights `(B,)` or `(B, T)`, 0 for out."""
        labels = ops.cast(ops.round(ops.convert_to_tensor(y_true)), "int32")
        counts = labels >= 0
        if sample_weight is not None:
            weights = ops.convert_to_tensor(sample_weight)
            weights = weights[:, None] if len(weights.shape) == 1 else weights
            counts = ops.logical_and(counts, weights > 0)
        logits = ops.cast(y_pred, self.dtype)
        own = ops.take_along_axis(logits, ops.maximum(labels, 0)[..., None], axis=-1)[..., 0]
        lost = ops.logsumexp(logits, axis=-1) - own
        self.lost.assign_add(ops.sum(ops.where(counts, lost, 0.0)))
        self.tokens.assign_add(ops.sum(ops.cast(counts, "int32")))

    def result(self):
        return ops.exp(self.lost / ops.cast(ops.maximum(self.tokens, 1), self.dtype))
