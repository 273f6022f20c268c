"""Loss and errors of forecasts, as the head of the model reads its numbers.

Shapes: B batch, H horizon, C targets, P numbers for each value.
"""

import keras
from keras import ops

from seqkit.configured import Configured

__all__ = ["ForecastError", "ForecastLoss"]


@keras.saving.register_keras_serializable("seqkit")
class ForecastLoss(Configured, keras.losses.Loss):
    """What a head's parameters cost: minus the log-likelihood, pinball, squared error, ...

    Args:
        head: `seqkit.layers.Head`, the model's.

    Example:
        >>> from seqkit.layers import Point
        >>> float(ForecastLoss(Point("mae"))([[[1.0]]], [[[[3.0]]]]))
        2.0
    """

    def __init__(self, head, *, name="forecast_loss", **kwargs):
        super().__init__(name=name, **kwargs)
        self.head = head

    def call(self, y_true, y_pred):
        """Targets `(B, H, C)`, parameters `(B, H, C, P)` -> `(B, H, C)`."""
        return self.head.loss(ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred))


@keras.saving.register_keras_serializable("seqkit")
class ForecastError(Configured, keras.metrics.Metric):
    """Mean error over all values of the epoch: of the mean, or CRPS of the distribution.

    Args:
        head: `seqkit.layers.Head`, the model's.
        kind: "mse", "mae" or "crps".

    Raises:
        ValueError: `kind` is none of these.

    Example:
        >>> from seqkit.layers import Point
        >>> metric = ForecastError(Point(), "mae")
        >>> metric.update_state([[[1.0]]], [[[[3.0]]]])
        >>> float(metric.result())
        2.0
    """

    def __init__(self, head, kind="mse", *, name=None, **kwargs):
        if kind not in ("mse", "mae", "crps"):
            raise ValueError(f"`kind` must be one of mse, mae, crps. Received: kind={kind!r}")
        super().__init__(name=name or kind, **kwargs)
        self.head, self.kind = head, kind
        # Sums of batches, not values: float32 cannot count past 2 ** 24 values.
        self.total = self.add_variable((), "zeros", name="total")
        self.weight = self.add_variable((), "zeros", name="weight")

    def update_state(self, y_true, y_pred, sample_weight=None):
        y, parameters = (ops.convert_to_tensor(x, self.dtype) for x in (y_true, y_pred))
        if self.kind == "crps":
            error = self.head.crps(y, parameters)
        else:
            error = self.head.mean(parameters) - y
            error = ops.square(error) if self.kind == "mse" else ops.abs(error)
        rows = ops.cast(ops.shape(error)[0], self.total.dtype)
        error = ops.mean(error, axis=tuple(range(1, len(error.shape))))
        if sample_weight is not None:
            weight = ops.cast(ops.reshape(sample_weight, (-1,)), error.dtype)
            error, rows = error * weight, ops.sum(weight)
        self.total.assign_add(ops.cast(ops.sum(error), self.total.dtype))
        self.weight.assign_add(rows)

    def result(self):
        return self.total / ops.maximum(self.weight, 1e-9)
