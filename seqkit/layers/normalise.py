"""Layer normalisation over the last axis, with no weights of its own."""

from keras import ops

from seqkit.layers.precision import widened

__all__ = ["layer_norm"]


def layer_norm(x, gain, epsilon=1e-3):
    """`gain (x - mean) / sqrt(var + epsilon)` over the last axis, in float32 at least.

    Source: Ba, Kiros, Hinton 2016, equation 3, without bias.
    """
    dtype, x = x.dtype, widened(x)
    centred = x - ops.mean(x, axis=-1, keepdims=True)
    scale = ops.rsqrt(ops.mean(ops.square(centred), axis=-1, keepdims=True) + epsilon)
    return ops.cast(centred * scale * widened(gain), dtype)
