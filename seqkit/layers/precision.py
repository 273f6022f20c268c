"""What half precision would not survive, in float32; and products with a weight.

In float16 a sum of ones stands still at 2048, in bfloat16 at 256, and a bias or a gain has a
gradient that is a sum over every step of every row.
"""

import keras
from keras import ops

__all__ = ["biased", "product", "wide", "widened"]


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


def product(x, matrix):
    """`x W` over the last axis, in the dtype of `x`: outside a call Keras casts no weight.

    One product of two matrices. TensorFlow's of more axes, which Keras 3.12 asks it for,
    writes past the end of its memory (2.20 and 2.21, four axes by two, on a CPU).
    """
    rows = ops.reshape(x, (-1, matrix.shape[0]))
    result = ops.matmul(rows, ops.cast(matrix, x.dtype))
    return ops.reshape(result, (*ops.shape(x)[:-1], matrix.shape[-1]))
