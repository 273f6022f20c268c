"""A sequence to one vector: last, mean, max or attention, padding left out.

Shapes: B batch, T time, D features.
"""

import keras
from keras import ops

from seqkit.checks import positive_int
from seqkit.configured import Configured
from seqkit.layers.precision import biased, wide, widened

__all__ = ["Pooling"]

# Below any score; scores are float32 at least.
LOWEST = -1e30


@keras.saving.register_keras_serializable("seqkit")
class Pooling(Configured, keras.layers.Layer):
    """Reduces `(B, T, D)` over time to `(B, D)`.

    - `"last"`: the step at the last position that is not padding.
    - `"mean"`, `"max"`: over the positions that are not padding.
    - `"attention"`: `softmax_t(v · tanh(W x_t + b))`-weighted sum, as in the word
      attention of Yang et al. 2016, "Hierarchical Attention Networks".

    A row that is all padding gives zeros. Whatever stands at a padded position, NaN
    included, changes neither the output nor a gradient.

    Args:
        mode: `"last"`, `"mean"`, `"max"` or `"attention"`.
        units: width of the attention's hidden layer; `None` takes `D`. Read by
            `"attention"` only.

    Raises:
        ValueError: if `mode` or `units` is none of the above.

    Example:
        >>> x = keras.ops.convert_to_tensor([[[1.0], [3.0], [9.0]]])
        >>> mask = keras.ops.convert_to_tensor([[True, True, False]])
        >>> float(Pooling("mean")(x, mask=mask)[0, 0])
        2.0
    """

    modes = ("last", "mean", "max", "attention")

    def __init__(self, mode, *, units=None, **kwargs):
        super().__init__(**kwargs)
        if mode not in self.modes:
            raise ValueError(
                f"`mode` of a pooling must be one of {', '.join(self.modes)}. Received: {mode!r}"
            )
        self.mode = mode
        self.units = None if units is None else positive_int("units", units)
        self.supports_masking = True

    def build(self, input_shape):
        if self.mode == "attention":
            units = self.units or input_shape[-1]
            self.kernel = self.add_weight((input_shape[-1], units), name="kernel")
            self.bias = self.add_weight((units,), initializer="zeros", name="bias")
            self.query = self.add_weight((units, 1), name="query")

    def call(self, x, mask=None, return_weights=False):
        """Pools `x`.

        Args:
            x: float tensor `(B, T, D)`.
            mask: bool tensor `(B, T)`, True where `x` holds a step; `None` for everywhere.
            return_weights: return `(pooled, weights)`, weights `(B, T)` being the share
                of each step, in float32 at least. For `"attention"` only.

        Returns:
            Float tensor `(B, D)`.
        """
        if return_weights and self.mode != "attention":
            raise ValueError(
                '`return_weights` needs mode="attention": only attention weighs the steps. '
                f"Received: mode={self.mode!r}"
            )
        mask = ops.ones(ops.shape(x)[:2], "bool") if mask is None else ops.cast(mask, "bool")
        # `where` and not a product: NaN times zero is NaN.
        x = ops.where(mask[:, :, None], x, ops.zeros_like(x))
        weights = self.weigh(x, mask) if self.mode == "attention" else None
        pooled = getattr(self, self.mode)(x, mask, weights)
        return (pooled, weights) if return_weights else pooled

    def weigh(self, x, mask):
        scores = ops.squeeze(ops.tanh(biased(x @ self.kernel, self.bias)) @ self.query, -1)
        scores = widened(scores)  # (B, T)
        # A softmax by hand: Keras's warns where T is 1, and has no answer for a row of padding.
        highest = ops.max(ops.where(mask, scores, LOWEST), axis=1, keepdims=True, initial=LOWEST)
        shares = ops.where(mask, ops.exp(ops.where(mask, scores - highest, 0.0)), 0.0)
        # The highest share is 1 before they are divided, so only a row of padding has less.
        return shares / ops.maximum(ops.sum(shares, axis=1, keepdims=True), 1)

    def last(self, x, mask, weights):
        steps = ops.arange(1, ops.shape(x)[1] + 1, dtype="int32")
        # -1: no step at all
        position = ops.max(ops.where(mask, steps, 0), axis=1, keepdims=True, initial=0) - 1
        chosen = ops.equal(steps - 1, position)
        return ops.sum(ops.where(chosen[:, :, None], x, 0.0), axis=1)

    def mean(self, x, mask, weights):
        count = ops.sum(ops.cast(mask, wide(x.dtype)), axis=1, keepdims=True)
        return ops.cast(ops.sum(widened(x), axis=1) / ops.maximum(count, 1), x.dtype)

    def max(self, x, mask, weights):
        nothing = -float("inf")
        highest = ops.max(ops.where(mask[:, :, None], x, nothing), axis=1, initial=nothing)
        return ops.where(ops.any(mask, axis=1, keepdims=True), highest, 0.0)

    def attention(self, x, mask, weights):
        return ops.cast(ops.sum(weights[:, :, None] * widened(x), axis=1), x.dtype)

    def compute_mask(self, x, mask=None):
        return None

    def compute_output_shape(self, input_shape):
        return (input_shape[0], input_shape[-1])
