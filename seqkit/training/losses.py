"""Losses on logits and integer labels.

Shapes: B batch, C classes.
"""

import keras
from keras import ops

from seqkit.checks import rate
from seqkit.configured import Configured

__all__ = ["Crossentropy"]


@keras.saving.register_keras_serializable("seqkit")
class Crossentropy(Configured, keras.losses.Loss):
    """Cross-entropy of integer labels with label smoothing: `-Σ_c q_c log p_c`.

    `q = (1 - s) one_hot(label) + s / C` (Szegedy et al. 2016). Keras smooths one-hot
    labels only; this reads labels `(B,)` as the batches hold them.

    Args:
        smoothing: the share `s` of probability spread over all classes, in `[0, 1)`.

    Example:
        >>> loss = Crossentropy(smoothing=0.1)
        >>> round(float(loss([1], [[0.0, 0.0]])), 4)
        0.6931
    """

    def __init__(self, smoothing=0.0, *, name="crossentropy", **kwargs):
        super().__init__(name=name, **kwargs)
        self.smoothing = rate("smoothing", smoothing)

    def call(self, y_true, y_pred):
        """Loss of each row: labels `(B,)` or `(B, 1)`, logits `(B, C)` -> `(B,)`."""
        y_pred = ops.convert_to_tensor(y_pred)  # of lists Keras makes lists of tensors
        # Keras gives labels the dtype of the logits; they are whole numbers all the same.
        labels = ops.cast(ops.reshape(y_true, (-1,)), "int32")
        log_p = ops.log_softmax(y_pred, axis=-1)
        own = ops.sum(ops.one_hot(labels, y_pred.shape[-1], dtype=log_p.dtype) * log_p, axis=-1)
        known = ops.logical_and(labels >= 0, labels < y_pred.shape[-1])
        own = ops.where(known, own, float("nan"))  # which stops a training; 0 would hide the row
        return -(1 - self.smoothing) * own - self.smoothing * ops.mean(log_p, axis=-1)
