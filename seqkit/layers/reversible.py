"""Normalisation of each window by itself, with its inverse.

Shapes: B batch, L look-back, C channels.
"""

import keras
from keras import ops

from seqkit.configured import Configured
from seqkit.layers.precision import wide, widened

__all__ = ["ReversibleNorm"]


@keras.saving.register_keras_serializable("seqkit")
class ReversibleNorm(Configured, keras.layers.Layer):
    """`(x - location) / scale` of each window and channel, and `y * scale + location` back.

    - `"standard"`: mean and standard deviation of the window, then a learned gain and shift of
      each channel: reversible instance normalisation (Kim et al. 2022, equations 1 to 3). The
      gain is kept as its logarithm, so that no step makes it zero or turns quantiles round.
    - `"last"`: the last value, and no scale, as in NLinear (Zeng et al. 2023).
    - `"scale"`: no location, and one plus the mean absolute value, which leaves counts above
      zero (Salinas et al. 2020, section 3.3).

    Args:
        mode: one of the above.
        affine: whether "standard" learns gain and shift.
        epsilon: added to the variance.

    Raises:
        ValueError: `mode` is none of the above.

    Example:
        >>> norm = ReversibleNorm(affine=False)
        >>> x = keras.ops.convert_to_tensor([[[1.0], [3.0]]])
        >>> location, scale = norm.statistics(x)
        >>> round(float(location[0, 0, 0]), 3), round(float(norm(x)[0, 1, 0]), 3)
        (2.0, 1.0)
    """

    modes = ("standard", "last", "scale")

    def __init__(self, mode="standard", *, affine=True, epsilon=1e-5, **kwargs):
        super().__init__(**kwargs)
        if mode not in self.modes:
            raise ValueError(f"`mode` must be one of {', '.join(self.modes)}. Received: {mode!r}")
        self.mode, self.affine, self.epsilon = mode, affine, epsilon
        self.autocast = False  # windows of thousands that differ by ones are one in bfloat16

    def build(self, input_shape):
        if self.mode == "standard" and self.affine:
            channels = (input_shape[-1],)
            exact = {"initializer": "zeros", "dtype": wide(self.variable_dtype), "autocast": False}
            self.log_gain = self.add_weight(channels, name="log_gain", **exact)
            self.shift = self.add_weight(channels, name="shift", **exact)

    def statistics(self, x):
        """Location and scale of each window, gain and shift within: `(B, 1, C)` each.

        In float32 at least.

        Args:
            x: `(B, L, C)`.
        """
        if not self.built:
            self.build(x.shape)
        x = widened(x)  # in float16 the square of 300 is infinite
        if self.mode == "last":
            return x[:, -1:], ops.ones_like(x[:, -1:])
        if self.mode == "scale":
            scale = 1 + ops.mean(ops.abs(x), axis=1, keepdims=True)
            return ops.zeros_like(scale), scale
        # Statistics are data, not a way for gradients to go round the model.
        mean = ops.stop_gradient(ops.mean(x, axis=1, keepdims=True))
        variance = ops.mean(ops.square(x - mean), axis=1, keepdims=True)
        deviation = ops.stop_gradient(ops.sqrt(variance + self.epsilon))
        if self.affine:
            deviation = deviation * ops.exp(-self.log_gain)
            mean = mean - self.shift * deviation
        return mean, deviation

    def call(self, x):
        """`(B, L, C)` -> `(B, L, C)`, normalised."""
        location, scale = self.statistics(x)
        return ops.cast((widened(x) - location) / scale, self.compute_dtype)

    def compute_output_shape(self, input_shape):
        return input_shape
