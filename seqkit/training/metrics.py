"""Metrics on logits (or probabilities) and integer labels.

Shapes: B batch, C classes.
"""

import keras
from keras import ops

from seqkit.checks import int_from
from seqkit.configured import Configured

__all__ = ["MacroF1"]


@keras.saving.register_keras_serializable("seqkit")
class MacroF1(Configured, keras.metrics.Metric):
    """Mean over the classes of `F1 = 2 TP / (2 TP + FP + FN)`.

    Counts all rows of the epoch before it divides, so it does not depend on the batch
    size. Classes that neither the labels nor the answers contain are left out, as in
    `sklearn.metrics.f1_score(average="macro")`.

    Args:
        classes: how many classes there are.

    Example:
        >>> metric = MacroF1(2)
        >>> metric.update_state([0, 1, 1], [[2.0, 0.0], [0.0, 2.0], [2.0, 0.0]])
        >>> round(float(metric.result()), 4)
        0.6667
    """

    def __init__(self, classes, *, name="macro_f1", **kwargs):
        super().__init__(name=name, **kwargs)
        self.classes = classes = int_from("classes", classes, 2)
        # Rows are labels, columns answers. Unlike counts of 2 ** 24 and more, which float32
        # cannot step through, an epoch of a classifier fits.
        self.confusion = self.add_variable((classes, classes), "zeros", name="confusion")

    def update_state(self, y_true, y_pred, sample_weight=None):
        labels = ops.cast(ops.reshape(y_true, (-1,)), "int32")
        truth = ops.one_hot(labels, self.classes, dtype=self.confusion.dtype)
        answers = ops.one_hot(ops.argmax(y_pred, axis=-1), self.classes, dtype=self.confusion.dtype)
        if sample_weight is not None:
            weight = ops.cast(ops.reshape(sample_weight, (-1, 1)), self.confusion.dtype)
            truth = truth * weight
        self.confusion.assign_add(ops.transpose(truth) @ answers)

    def result(self):
        right = ops.diagonal(self.confusion)
        # 2 TP + FP + FN: what was labelled so plus what was answered so.
        total = ops.sum(self.confusion, axis=0) + ops.sum(self.confusion, axis=1)
        f1 = 2 * right / ops.maximum(total, 1e-9)
        present = ops.cast(total > 0, f1.dtype)
        return ops.sum(f1 * present) / ops.maximum(ops.sum(present), 1)
