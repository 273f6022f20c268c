"""Chooses what each backend does in its own way: above all, how the loop over time runs."""

import keras
from keras import ops, random

from seqkit.layers.products import multiplier

__all__ = ["compiled", "draw", "scan", "unrolled"]


def scan(*args, **kwargs):
    """The loop of the backend in use; see `engine_tensorflow.scan` for the arguments."""
    if keras.backend.backend() == "tensorflow":
        from seqkit.layers.engine_tensorflow import scan as run
    elif keras.backend.backend() == "jax":
        from seqkit.layers.engine_jax import scan as run
    else:
        run = unrolled
    return run(*args, **kwargs)


def unrolled(
    advance, inputs, noise, states, products, loop_weights, *, steps, keep, with_start, training
):
    """One copy of the step for each time step, differentiated by the backend."""
    product, time = multiplier(products), next(iter(inputs.values())).shape[0]
    history = [states] if with_start else []
    for t in range(time):
        now = ({n: x[t] for n, x in inputs.items()}, {n: x[t] for n, x in noise.items()})
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
    if keras.backend.backend() == "tensorflow":
        from seqkit.layers.engine_tensorflow import compiled as compile_
    elif keras.backend.backend() == "jax":
        from seqkit.layers.engine_jax import compiled as compile_
    else:
        return function
    return compile_(function, variables)


def draw(shape, chance, seed):
    """True with the given chance, to 1 in 65,536, from a `keras.random.SeedGenerator`."""
    if keras.backend.backend() == "tensorflow":
        from seqkit.layers.engine_tensorflow import draw as draw_

        return draw_(shape, chance, seed)
    return random.uniform(shape, dtype="float32", seed=seed) < chance
