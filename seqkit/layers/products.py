"""Products of several gates at once: their columns side by side, and cut apart again.

Shapes: B batch, N units, K gates, S the width of the state that is read.
"""

import functools
from typing import NamedTuple

from keras import ops

from seqkit.layers.normalise import centred, layer_norm
from seqkit.layers.precision import biased, widened

__all__ = ["Columns", "Product", "blocks", "cut", "join", "multiplier"]


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

    def ready(self):
        """For the loop: where there is layer norm the matrix is centred."""
        if self.gain is None:
            return self
        return self._replace(matrix=centred(self.matrix, self.gain.shape[0]))


def blocks(tensor, gates):
    """`(..., K * N) -> {gate: (..., N)}`, a letter for each gate."""
    if len(gates) == 1:
        return {gates: tensor}
    return dict(zip(gates, ops.split(tensor, len(gates), axis=-1), strict=True))


def cut(parts):
    """`{gates: (..., K * N)}` as `{gate: (..., N)}`"""
    return {gate: x for gates, joined in parts.items() for gate, x in blocks(joined, gates).items()}


class Columns:
    """`(..., K * N)` of some gates, by name: `columns["zr"]` is theirs side by side."""

    def __init__(self, tensor, gates):
        self.tensor, self.gates = tensor, gates

    @functools.cached_property
    def blocks(self):
        return blocks(self.tensor, self.gates)

    def __getitem__(self, gates):
        if gates == self.gates:  # cut apart and put together they would be a copy
            return self.tensor
        return join([self.blocks[gate] for gate in gates])


def join(parts):
    """The inverse of `blocks`: tensors side by side."""
    return parts[0] if len(parts) == 1 else ops.concatenate(parts, axis=-1)


def multiplier(products):
    """`{name: Product}` to a callable `(name, state) -> (B, K * N)`."""

    # Read here: inside the loop, a scope of its own may hide what a variable stands for. Wide, as
    # their gradients are summed over time, which half precision would not survive.
    tensors = {name: product.ready().each(widened) for name, product in products.items()}

    def multiply(name, state):
        matrix, bias, gain = tensors[name]
        value = ops.matmul(state, ops.cast(matrix, state.dtype))
        value = value if gain is None else layer_norm(value, gain)
        return value if bias is None else biased(value, bias)

    return multiply
