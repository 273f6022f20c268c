"""Chooses what each backend does in its own way: above all, how the loop over time runs."""

import keras
from keras import ops, random

from seqkit.layers import loop
from seqkit.layers.products import multiplier

__all__ = ["compiled", "draw", "scan", "unrolled"]


def tools():
    """What the backend in use does in its own way, a module; None where there is none for it."""
    if keras.backend.backend() == "tensorflow":
        from seqkit.layers import engine_tensorflow as module
    elif keras.backend.backend() == "jax":
        from seqkit.layers import engine_jax as module
    else:
        module = None
    return module


def scan(*args, **kwargs):
    """The loop over time; see `loop.scan` for the arguments."""
    return unrolled(*args, **kwargs) if tools() is None else loop.scan(tools(), *args, **kwargs)


def unrolled(advance, inputs, noise, states, products, loop_weights, *, keep, with_start, **_):
    """One copy of the step for each time step, differentiated by the backend."""
    product, time = multiplier(products), next(iter(inputs.values())).shape[0]
    each, common = noise
    history = [states] if with_start else []
    for t in range(time):
        now = {n: x[t] for n, x in inputs.items()}, {n: x[t] for n, x in each.items()} | common
        states = advance(*now, product, states)
        history.append(states)
    kept = [
        ops.stack([step[k] for step in history]) if wanted else None
        for k, wanted in enumerate(keep)
    ]
    return kept, states


def compiled(function, variables):
    """`function` of tensors as one compiled graph, traced once for all sizes where that can be.

    Args:
        function: callable `(*tensors) -> structure of tensors`, without side effects.
        variables: Keras variables that it reads.
    """
    return function if tools() is None else tools().compiled(function, variables)


def draw(shape, chance, seed):
    """True with the given chance, to 1 in 65,536, from a `keras.random.SeedGenerator`."""
    if keras.backend.backend() == "tensorflow":
        from seqkit.layers.engine_tensorflow import draw as draw_

        return draw_(shape, chance, seed)
    return random.uniform(shape, dtype="float32", seed=seed) < chance
