"""Layer normalisation of products, `norm(x W)`, over the units of each gate.

The mean of a product is the product with the mean: `W` without the mean of its columns gives
what has mean zero, and no step has to look for one, forward or backward.
"""

import functools

import keras
from keras import ops

from seqkit.layers.precision import widened

__all__ = ["apart", "back", "centred", "layer_norm", "side_by_side", "standardised"]

EPSILON = 1e-3


def centred(matrix, gates):
    """`(S, K * N)` for K gates, less the mean of the columns of each."""
    parts = widened(ops.reshape(matrix, (matrix.shape[0], gates, -1)))
    parts = parts - ops.mean(parts, axis=-1, keepdims=True)
    return ops.cast(ops.reshape(parts, matrix.shape), matrix.dtype)


def standardised(x):
    """Of `(R, K, N)` with mean zero, `x / sqrt(var + epsilon)` over N, and that factor."""
    scale = ops.rsqrt(mean(ops.square(x)) + EPSILON)
    return x * scale, scale


def back(d, y, scale):
    """The gradient by `x` from that by `y`, where `y, scale = standardised(x)`."""
    return scale * (d - y * mean(d * y))


def mean(x):
    """Of the last axis, `(R, K, N)` to `(R, K, 1)`.

    On a CPU a product, as XLA there sums up one number after the other. Elsewhere a product may
    round to ten bits.
    """
    if not on_cpu():
        return ops.mean(x, axis=-1, keepdims=True)
    gates, units = x.shape[1:]
    means = ops.matmul(ops.reshape(x, (-1, units)), ops.full((units, 1), 1 / units, x.dtype))
    return ops.reshape(means, (-1, gates, 1))


@functools.cache
def on_cpu():
    if keras.backend.backend() not in ("tensorflow", "jax"):
        return False
    return all(device.startswith("cpu") for device in keras.distribution.list_devices())


def layer_norm(x, gain):
    """`gain (x - mean) / sqrt(var + epsilon)` of each gate, in float32 at least.

    Source: Ba, Kiros, Hinton 2016, equation 3, without bias.

    Args:
        x: `(R, K * N)`, K gates side by side, a product with a `centred` matrix.
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
