"""Layer normalisation over the last axis, with no weights of its own."""

from keras import ops

from seqkit.layers.precision import widened

__all__ = ["back", "layer_norm", "standardised"]

EPSILON = 1e-3


def standardised(x):
    """`(x - mean) / sqrt(var + epsilon)` over the last axis, and what it was multiplied by."""
    centred = x - ops.mean(x, axis=-1, keepdims=True)
    scale = ops.rsqrt(ops.mean(ops.square(centred), axis=-1, keepdims=True) + EPSILON)
    return centred * scale, scale


def back(d, y, scale):
    """The gradient by `x` from that by `y`, where `y, scale = standardised(x)`.

    By hand it takes half as many operations as found step by step.
    """
    along = y * ops.mean(d * y, axis=-1, keepdims=True)
    return scale * (d - ops.mean(d, axis=-1, keepdims=True) - along)


def layer_norm(x, gain):
    """`gain (x - mean) / sqrt(var + epsilon)` over the last axis, in float32 at least.

    Source: Ba, Kiros, Hinton 2016, equation 3, without bias.
    """

    @ops.custom_gradient
    def run(x):
        y, scale = standardised(x)

        def gradient(*d, upstream=None):
            return back(d[0] if upstream is None else upstream, y, scale)

        return y, gradient

    return ops.cast(run(widened(x)) * widened(gain), x.dtype)
