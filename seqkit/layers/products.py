"""The matrix products of a step."""

from keras import ops

__all__ = ["multiplier"]


def multiplier(products):
    """`{name: (matrix, bias or None)}` to a callable `(name, state) -> state @ matrix + bias`."""

    def product(name, state):
        matrix, bias = products[name]
        value = ops.matmul(state, matrix)
        return value if bias is None else value + bias

    return product
