"""Products of several gates at once: their columns side by side, and cut apart again.

Shapes: B batch, N units, K gates, S the width of the state that is read.
"""

from typing import NamedTuple

from keras import ops

from seqkit.layers.normalise import layer_norm

__all__ = ["Product", "blocks", "join", "multiplier"]


class Product(NamedTuple):
    """`s -> s U + b`, or with layer norm `gain * norm(s U) + b`, each gate on its own.

    `matrix` is `(S, K * N)`; `bias` is `(K * N,)` or None, `gain` is `(K, N)` or None.
    """

    matrix: object
    bias: object = None
    gain: object = None

    def each(self, function):
        """With `function` of every part that there is."""
        return Product(*(None if part is None else function(part) for part in self))


def blocks(tensor, gates):
    """`(..., K * N) -> {gate: (..., N)}`, a letter for each gate."""
    if len(gates) == 1:
        return {gates: tensor}
    return dict(zip(gates, ops.split(tensor, len(gates), axis=-1), strict=True))


def join(parts):
    """The inverse of `blocks`: tensors side by side."""
    return parts[0] if len(parts) == 1 else ops.concatenate(parts, axis=-1)


def multiplier(products):
    """`{name: Product}` to a callable `(name, state) -> (B, K * N)`."""

    # Read here: inside the loop, a scope of its own may hide what a variable stands for.
    tensors = {name: product.each(ops.convert_to_tensor) for name, product in products.items()}

    def multiply(name, state):
        matrix, bias, gain = tensors[name]
        value = ops.matmul(state, ops.cast(matrix, state.dtype))
        if gain is not None:
            normed = layer_norm(ops.reshape(value, (-1, *gain.shape)), gain)
            value = ops.reshape(normed, (-1, matrix.shape[1]))
        return value if bias is None else value + ops.cast(bias, state.dtype)

    return multiply
