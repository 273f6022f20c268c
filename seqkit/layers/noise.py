"""Noise masks, drawn before the loop from a layer's seed generator.

Shapes: T time, B batch, N units.
"""

from keras import ops

from seqkit.checks import rate
from seqkit.layers.engine import draw

__all__ = ["rates", "scaled_mask", "times", "zone_masks"]


def rates(name, value, states):
    """One rate for each state, from one for all or one for each."""
    values = list(value) if isinstance(value, (list, tuple)) else [value] * states
    if len(values) != states:
        raise ValueError(
            f"`{name}` must be one rate, or {states} for the states of the cell. "
            f"Received: {name}={value!r}"
        )
    return [rate(name, v) for v in values]


def scaled_mask(shape, dropped, dtype, seed):
    """Zeros at the given rate, and elsewhere what keeps the mean at one."""
    return ops.cast(draw(shape, 1.0 - dropped, seed), dtype) / (1.0 - dropped)


def zone_masks(time, batch, sizes, chances, seed):
    """`{state index: bool (T, B, N)}`, True where a unit keeps its value."""
    # A draw of their own for each: XLA would draw again for each use of a shared one.
    return {
        k: draw((time, batch, size), chance, seed)
        for k, (size, chance) in enumerate(zip(sizes, chances, strict=True))
        if chance
    }


def times(factor):
    return lambda x: x * factor
