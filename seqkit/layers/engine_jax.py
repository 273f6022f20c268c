"""The tools of `loop` on JAX, and what else is done in its own way there.

Shapes: T time, B batch, N units.
"""

import jax
import keras
from jax import numpy as jnp

from seqkit.layers.loop import ONCE
from seqkit.layers.precision import wide

__all__ = ["at", "compiled", "differentiable", "pullback", "put", "repeat", "reserve", "stack"]


def differentiable(forward, backward, sources, constants, training):
    """`forward`, whose gradient is `backward`. What is saved is saved where one is asked for."""

    # All that is read comes as an argument: what a closure holds is gone when a function that
    # was compiled is differentiated.
    @jax.custom_vjp
    def run(sources, constants):
        return forward(sources, constants, save=False)[0]

    def ahead(sources, constants):
        outputs, saved = forward(sources, constants, save=True)
        return outputs, (sources, constants, saved)

    @jax.custom_vjp
    def back(kept, upstream):
        return backward(*kept, upstream)

    def twice(*_):
        raise NotImplementedError(ONCE)

    back.defvjp(twice, twice)
    run.defvjp(ahead, lambda kept, upstream: (back(kept, upstream), None))
    return run(sources, constants)


def repeat(steps, body, carry, backwards=False):
    """`carry = body(t, carry)` for `t` from 0 to `steps - 1`, or back from there."""
    if backwards:
        return jax.lax.fori_loop(0, steps, lambda k, carry: body(steps - 1 - k, carry), carry)
    return jax.lax.fori_loop(0, steps, body, carry)


def at(tensors, t):
    """The values of one step."""
    return {
        name: jax.lax.dynamic_index_in_dim(tensor, t, keepdims=False)
        for name, tensor in tensors.items()
    }


def reserve(like, *width, more=0):
    """`(T + more, B, *width)` to be filled; with an axis of gates they are normed, and wide."""
    dtype = like.dtype if len(width) == 1 else wide(like.dtype)
    return jnp.zeros((like.shape[0] + more, like.shape[1], *width), dtype)


def put(items, t, value):
    return jax.lax.dynamic_update_index_in_dim(items, value, t, 0)


def stack(items, like, *width, more=0):
    """What was reserved and filled, as one array."""
    return items


def pullback(function, arguments, upstream):
    """The gradient of each argument, from those of what the function gives."""
    return jax.vjp(function, *arguments)[1](upstream)


def compiled(function, variables):
    """A function for each size, and one for all values of the variables."""

    @jax.jit
    def run(values, *tensors):
        with keras.StatelessScope(list(zip(variables, values, strict=True))):
            return function(*tensors)

    return lambda *tensors: run([variable.value for variable in variables], *tensors)
