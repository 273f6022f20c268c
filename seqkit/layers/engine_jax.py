"""The loop over time on JAX: `jax.lax.scan`.

Shapes: T time, B batch, N units.
"""

import jax
import keras
from jax import numpy as jnp

from seqkit.layers.precision import widened
from seqkit.layers.products import multiplier

__all__ = ["compiled", "scan"]


def scan(
    advance, inputs, noise, states, products, loop_weights, *, steps, keep, with_start, training
):
    """As `engine_tensorflow.scan`. All T steps run; those past `steps` are not read."""
    # Gradients of these are summed over time, which half precision would not survive.
    product = multiplier(products)
    weights = [widened(weight.value) for weight in loop_weights]

    def step(states, now):
        with keras.StatelessScope(list(zip(loop_weights, weights, strict=True))):
            new = advance(*now, product, states)
        return new, [s if wanted else None for s, wanted in zip(new, keep, strict=True)]

    last, history = jax.lax.scan(step, list(states), (inputs, noise))
    if with_start:
        history = [
            None if h is None else jnp.concatenate([start[None], h])
            for h, start in zip(history, states, strict=True)
        ]
    return history, last


def compiled(function, variables):
    """A function for each size, and one for all values of the variables."""

    @jax.jit
    def run(values, *tensors):
        with keras.StatelessScope(list(zip(variables, values, strict=True))):
            return function(*tensors)

    return lambda *tensors: run([variable.value for variable in variables], *tensors)
