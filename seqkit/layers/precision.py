"""What half precision would not survive, in float32.

In float16 a sum of ones stands still at 2048, in bfloat16 at 256, and a bias or a gain has a
gradient that is a sum over every step of every row.
"""

import keras
from keras import ops

__all__ = ["biased", "wide", "widened"]


def wide(dtype):
    """`dtype`, or float32 where it is narrower."""
    dtype = keras.backend.standardize_dtype(dtype)
    return "float32" if dtype in ("float16", "bfloat16") else dtype


def widened(x):
    """`x` in float32 at least."""
    return ops.cast(x, wide(x.dtype))


def biased(x, bias):
    """`x + bias`, the gradient of `bias` being summed in float32 at least."""
    return ops.cast(widened(x) + widened(bias), x.dtype)
