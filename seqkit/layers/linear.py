"""Forecasts that are linear in the window.

Shapes: B batch, L look-back, H horizon, C channels, P numbers for each value.
"""

import keras
import numpy as np
from keras import ops

from seqkit.checks import positive_int
from seqkit.configured import Configured
from seqkit.layers.precision import biased

__all__ = ["DecompositionLinear", "LinearForecast"]


@keras.saving.register_keras_serializable("seqkit")
class LinearForecast(Configured, keras.layers.Layer):
    """Each step ahead is a weighted sum of the steps of the window, channel by channel.

    `y_h = Σ_l W_{lh} x_l + b_h`, "Linear" of Zeng et al. 2023. With `ReversibleNorm("last")`
    around it, it is their NLinear. The problem is convex in the weights, which start at zero.

    Args:
        horizon: H.
        outputs: P, numbers for each value; `None` gives no axis for them.
        individual: whether each channel has weights of its own.
        kernel_regularizer: on the weights.

    Raises:
        ValueError: if a size is no positive int.

    Example:
        >>> LinearForecast(3)(keras.ops.ones((2, 10, 4))).shape
        TensorShape([2, 3, 4])
    """

    def __init__(
        self, horizon, *, outputs=None, individual=False, kernel_regularizer=None, **kwargs
    ):
        super().__init__(**kwargs)
        self.horizon, self.individual = positive_int("horizon", horizon), individual
        self.outputs = None if outputs is None else positive_int("outputs", outputs)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)

    def build(self, input_shape):
        _, lookback, channels = input_shape
        if lookback is None or channels is None:
            raise ValueError(f"The window must have a known length. Received: shape {input_shape}")
        self.lookback = lookback
        own = (channels,) if self.individual else ()
        width = self.horizon * (self.outputs or 1)
        self.kernels = [
            self.add_weight(
                (*own, lookback, width),
                initializer="zeros",
                regularizer=self.kernel_regularizer,
                name=name,
            )
            for name in self.kernel_names
        ]
        self.bias = self.add_weight((*own, width), initializer="zeros", name="bias")

    kernel_names = ("kernel",)

    def kernel(self):
        """The weights of the window, `(L, H P)`, or `(C, L, H P)`."""
        return self.kernels[0]

    def call(self, x):
        """`(B, L, C)` -> `(B, H, C)` or `(B, H, C, P)`."""
        x = ops.swapaxes(x, 1, 2)  # (B, C, L)
        if self.individual:
            y = ops.einsum("bcl,clw->bcw", x, self.kernel())
        else:
            y = ops.matmul(x, self.kernel())  # (B, C, H P)
        y = biased(y, self.bias)
        shape = (-1, x.shape[1], self.horizon, self.outputs or 1)
        y = ops.transpose(ops.reshape(y, shape), (0, 2, 1, 3))
        return ops.squeeze(y, -1) if self.outputs is None else y

    def compute_output_shape(self, input_shape):
        own = () if self.outputs is None else (self.outputs,)
        return (input_shape[0], self.horizon, input_shape[2], *own)


@keras.saving.register_keras_serializable("seqkit")
class DecompositionLinear(LinearForecast):
    """Weights of their own for the trend and for what is left of it: DLinear, Zeng et al. 2023.

    `trend_l` is the mean of the `period` steps around `l`, the ends of the window repeated;
    `y = W_s (x - trend) + W_t trend + b`. The mean is linear as well, so it is applied to the
    weights, once a call, and not to the data.

    Args:
        horizon, outputs, individual, kernel_regularizer: as in `LinearForecast`.
        period: odd int, steps of the mean.

    Raises:
        ValueError: if `period` is no odd positive int.

    Example:
        >>> DecompositionLinear(3, period=5)(keras.ops.ones((2, 10, 4))).shape
        TensorShape([2, 3, 4])
    """

    kernel_names = ("seasonal", "trend")

    def __init__(self, horizon, *, period=25, **kwargs):
        super().__init__(horizon, **kwargs)
        self.period = positive_int("period", period)
        if period % 2 == 0:
            raise ValueError(f"`period` must be odd. Received: period={period!r}")

    def build(self, input_shape):
        super().build(input_shape)
        steps, reach = np.arange(self.lookback), self.period // 2
        around = steps[:, None] + np.arange(-reach, reach + 1)
        mean = np.zeros((self.lookback, self.lookback), "float32")
        rows = np.repeat(steps, self.period)
        np.add.at(mean, (np.clip(around, 0, steps[-1]).ravel(), rows), 1 / self.period)
        self.mean = mean  # trend = x @ mean

    def kernel(self):
        seasonal, trend = self.kernels
        mean = ops.convert_to_tensor(self.mean, seasonal.dtype)
        return seasonal + ops.matmul(mean, trend - seasonal)
