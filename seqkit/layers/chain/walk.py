"""One state carried along the time axis, by the engine of the backend in use."""

from keras import ops

from seqkit.layers import engine
from seqkit.layers.products import Product

__all__ = ["walk"]


def walk(step, inputs, states, matrices=None, *, keep, backwards=False):
    """Carries `states` through time; not for gradients, which the callers take by hand.

    Args:
        step: callable `(inputs, product, *states) -> list of states`, one step, where
            `product(name, x)` multiplies by the matrix of that name.
        inputs: dict of `(T, B, N)`.
        states: list of `(B, N)`, of the dtype of the inputs.
        matrices: dict of name -> matrix.
        keep: list of bool, for each state, whether all its values are returned.
        backwards: begin at the last step.

    Returns:
        The values of the states that are kept, `(T + 1, B, N)`, in the order of time: the
        first is the start, or the last of them where the walk goes backwards; and the
        list of states after the walk.
    """
    if backwards:
        inputs = {name: ops.flip(x, axis=0) for name, x in inputs.items()}
    history, last = engine.scan(
        lambda now, noise, product, states: step(now, product, *states),
        inputs,
        ({}, {}),
        list(states),
        {name: Product(matrix) for name, matrix in (matrices or {}).items()},
        [],
        steps=ops.shape(next(iter(inputs.values())))[0],
        keep=list(keep),
        with_start=True,
        training=False,
        differentiable=False,
    )
    if backwards:
        history = [None if h is None else ops.flip(h, axis=0) for h in history]
    return history, last
