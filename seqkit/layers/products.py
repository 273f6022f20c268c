"""Products of several gates at once: their columns side by side, and cut apart again.

Shapes: N units, K gates.
"""

from keras import ops

__all__ = ["blocks", "join", "multiplier"]


def blocks(tensor, gates):
    """`(..., K * N) -> {gate: (..., N)}`, a letter for each gate."""
    if len(gates) == 1:
        return {gates: tensor}
    return dict(zip(gates, ops.split(tensor, len(gates), axis=-1), strict=True))


def join(parts):
    """The inverse of `blocks`: tensors side by side."""
    return parts[0] if len(parts) == 1 else ops.concatenate(parts, axis=-1)


def multiplier(products):
    """`{name: (matrix, bias or None)}` to a callable `(name, state) -> state @ matrix + bias`."""

    # Read here: inside the loop, a scope of its own may hide what a variable stands for.
    tensors = {
        name: [None if part is None else ops.convert_to_tensor(part) for part in pair]
        for name, pair in products.items()
    }

    def product(name, state):
        matrix, bias = tensors[name]
        value = ops.matmul(state, ops.cast(matrix, state.dtype))
        return value if bias is None else value + ops.cast(bias, state.dtype)

    return product
