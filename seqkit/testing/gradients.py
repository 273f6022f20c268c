"""Gradients, by the backend and by finite differences, for tests."""

import keras
import numpy as np

__all__ = ["finite_differences", "value_and_gradients"]


def value_and_gradients(function, arrays, variables=()):
    """A scalar function's value and its gradients, on whichever backend runs.

    Args:
        function: Takes one tensor per array, returns a scalar tensor, or a tuple whose
            first entry is one; the rest of the tuple is handed back as it is.
        arrays: Arrays or tensors to differentiate by.
        variables: `keras.Variable`s that `function` reads, to differentiate by as well.

    Returns:
        What `function` returned, the gradients by `arrays`, the gradients by `variables`:
        lists of NumPy arrays, zeros where nothing depends on an entry.

    Raises:
        NotImplementedError: On a backend other than TensorFlow and JAX.

    Example:
        >>> import numpy as np
        >>> value, (gradient,), _ = value_and_gradients(lambda x: (x * x).sum(), [np.ones(3)])
    """
    variables = list(variables)
    tensors = [keras.ops.convert_to_tensor(a) for a in arrays]
    by_backend = {"tensorflow": _on_tensorflow, "jax": _on_jax}
    if keras.backend.backend() not in by_backend:
        raise NotImplementedError(
            "Gradients are taken on the backends tensorflow and jax. "
            f"Received: backend={keras.backend.backend()!r}"
        )
    value, gradients = by_backend[keras.backend.backend()](function, tensors, variables)
    zeros = [np.zeros(v.shape, "float32") for v in (*tensors, *variables)]
    gradients = [
        zero if g is None else keras.ops.convert_to_numpy(g)
        for g, zero in zip(gradients, zeros, strict=True)
    ]
    return value, gradients[: len(tensors)], gradients[len(tensors) :]


def _on_tensorflow(function, tensors, variables):
    import tensorflow as tf

    with tf.GradientTape() as tape:
        tape.watch(tensors)
        value = function(*tensors)
        loss = value[0] if isinstance(value, tuple) else value
    sources = tensors + [v.value for v in variables]
    return value, [
        None if g is None else tf.convert_to_tensor(g) for g in tape.gradient(loss, sources)
    ]


def _on_jax(function, tensors, variables):
    import jax

    def loss_and_value(tensors, values):
        with keras.StatelessScope(state_mapping=list(zip(variables, values, strict=True))):
            value = function(*tensors)
        return (value[0] if isinstance(value, tuple) else value), value

    values = [v.value for v in variables]
    gradients, value = jax.grad(loss_and_value, (0, 1), has_aux=True)(tensors, values)
    return value, [*gradients[0], *gradients[1]]


def finite_differences(function, arrays, *, epsilon=1e-6, entries=20, seed=0):
    """Central differences of a scalar function at a few entries of each array.

    Args:
        function: Takes one float64 array per entry of `arrays`, returns a number.
        arrays: Where to differentiate, float64.
        epsilon: Half the distance between the two points of a difference.
        entries: How many entries of each array are looked at, drawn at random.
        seed: What they are drawn with.

    Returns:
        One dict {index: derivative} per array.

    Example:
        >>> import numpy as np
        >>> slopes = finite_differences(lambda x: (x**2).sum(), [np.array([3.0])])
        >>> round(slopes[0][(0,)], 6)
        6.0
    """
    rng = np.random.default_rng(seed)
    arrays = [np.array(a, "float64") for a in arrays]
    slopes = []
    for array in arrays:
        chosen = rng.permutation(array.size)[:entries]
        slopes.append({})
        for index in (tuple(map(int, np.unravel_index(k, array.shape))) for k in chosen):
            here, values = array[index], []
            for sign in (1, -1):
                array[index] = here + sign * epsilon
                values.append(float(function(*arrays)))
            array[index] = here
            slopes[-1][index] = (values[0] - values[1]) / (2 * epsilon)
    return slopes
