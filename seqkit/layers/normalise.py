"""Layer normalisation over the last axis, with no weights of its own."""

from keras import ops

from seqkit.layers.precision import widened

__all__ = ["apart", "back", "layer_norm", "side_by_side", "standardised"]

EPSILON = 1e-3


def standardised(x):
    """`(x - mean) / sqrt(var + epsilon)` over the last axis, and what it was multiplied by."""
    centred = x - ops.mean(x, axis=-1, keepdims=True)
    scale = ops.rsqrt(ops.mean(ops.square(centred), axis=-1, keepdims=True) + EPSILON)
    return centred * scale, scale


def back(d, y, scale):
    """The gradient by `x` from that by `y`, where `y, scale = standardised(x)`."""
    along = y * ops.mean(d * y, axis=-1, keepdims=True)
    return scale * (d - ops.mean(d, axis=-1, keepdims=True) - along)


def layer_norm(x, gain):
    """`gain (x - mean) / sqrt(var + epsilon)` of each gate, in float32 at least.

    Source: Ba, Kiros, Hinton 2016, equation 3, without bias.

    Args:
        x: `(R, K * N)`, K gates side by side.
        gain: `(K, N)`.
    """
    y, _ = standardised(apart(x, gain))
    return side_by_side(y * widened(gain), x.dtype)


def apart(x, gain):
    """`(..., K * N)` as `(R, K, N)`, in float32 at least."""
    return widened(ops.reshape(x, (-1, *gain.shape)))


def side_by_side(y, dtype):
    """`(R, K, N)` as `(R, K * N)`."""
    return ops.cast(ops.reshape(y, (-1, y.shape[1] * y.shape[2])), dtype)
