"""Layer normalisation over the last axis, with no weights of its own."""

from keras import ops

__all__ = ["layer_norm", "widened"]


def layer_norm(x, epsilon=1e-3):
    """`(x - mean) / sqrt(var + epsilon)` over the last axis, computed in float32 at least.

    Source: Ba, Kiros, Hinton 2016, equation 3, without gain and bias.
    """
    dtype, x = x.dtype, widened(x)
    centred = x - ops.mean(x, axis=-1, keepdims=True)
    scale = ops.rsqrt(ops.mean(ops.square(centred), axis=-1, keepdims=True) + epsilon)
    return ops.cast(centred * scale, dtype)


def widened(x):
    """`x` in float32 at least."""
    return ops.cast(x, "float32") if x.dtype in ("float16", "bfloat16") else x
