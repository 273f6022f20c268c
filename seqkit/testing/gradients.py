"""Gradients, by the backend and by finite differences, for tests."""

import keras
import numpy as np

__all__ = ["check_gradients", "finite_differences", "has_float64", "outcome", "value_and_gradients"]


def value_and_gradients(function, arrays, variables=(), *, compiled=None):
    """A scalar function's value and its gradients, on whichever backend runs.

    Args:
        function: Takes one tensor per array, returns a scalar tensor, or a tuple whose
            first entry is one; the rest of the tuple is handed back as it is.
        arrays: Arrays or tensors to differentiate by.
        variables: `keras.Variable`s that `function` reads, to differentiate by as well.
        compiled: None to run step by step, "graph", or "xla"; on JAX the two are one.

    Returns:
        What `function` returned, the gradients by `arrays`, the gradients by `variables`:
        lists of NumPy arrays, zeros where nothing depends on an entry.

    Raises:
        NotImplementedError: On a backend other than TensorFlow and JAX.

    Example:
        >>> import numpy as np
        >>> value, (gradient,), _ = value_and_gradients(
        ...     lambda x: keras.ops.sum(x * x), [np.ones(3)]
        ... )
        >>> gradient.tolist()
        [2.0, 2.0, 2.0]
    """
    variables = list(variables)
    tensors = [keras.ops.convert_to_tensor(a) for a in arrays]
    by_backend = {"tensorflow": _on_tensorflow, "jax": _on_jax}
    if keras.backend.backend() not in by_backend:
        raise NotImplementedError(
            "Gradients are taken on the backends tensorflow and jax. "
            f"Received: backend={keras.backend.backend()!r}"
        )
    run = by_backend[keras.backend.backend()](function, variables, compiled)
    value, gradients = run(*tensors)
    gradients = [
        keras.ops.convert_to_numpy(keras.ops.zeros_like(source) if g is None else g)
        for g, source in zip(gradients, [*tensors, *variables], strict=True)
    ]
    return value, gradients[: len(tensors)], gradients[len(tensors) :]


def _on_tensorflow(function, variables, compiled):
    import tensorflow as tf

    def run(*tensors):
        with tf.GradientTape() as tape:
            tape.watch(tensors)
            value = function(*tensors)
            loss = value[0] if isinstance(value, tuple) else value
        gradients = tape.gradient(loss, [*tensors, *(v.value for v in variables)])
        return value, [None if g is None else tf.convert_to_tensor(g) for g in gradients]

    return tf.function(run, jit_compile=compiled == "xla") if compiled else run


def _on_jax(function, variables, compiled):
    import jax

    def loss_and_value(tensors, values):
        with keras.StatelessScope(state_mapping=list(zip(variables, values, strict=True))):
            value = function(*tensors)
        return (value[0] if isinstance(value, tuple) else value), value

    def run(*tensors):
        values = [v.value for v in variables]
        gradients, value = jax.grad(loss_and_value, (0, 1), has_aux=True)(list(tensors), values)
        return value, [*gradients[0], *gradients[1]]

    return jax.jit(run) if compiled else run


def outcome(layer, x, *, states=(), weights=None, seed=0, compiled=None, **call):
    """All that can be seen of one call of a layer, for comparing two of them.

    Args:
        layer: A built layer.
        x: Its input.
        states: Initial states, handed on as `initial_state` where there are any.
        weights: Variables to differentiate by; the layer's trainable ones if None.
        seed: The loss is the sum of all results times numbers drawn with this seed.
        compiled: See `value_and_gradients`.
        **call: More arguments of the call.

    Returns:
        A flat dict of NumPy arrays: "result 0" and on, "d input", "d state 0" and on,
        "d weight 0" and on.

    Example:
        >>> sorted(outcome(keras.layers.Dropout(0.5), np.ones((1, 2))))
        ['d input', 'result 0']
    """

    def loss(x, *states):
        more = {"initial_state": list(states)} if states else {}
        results = keras.tree.flatten(layer(x, **more, **call))
        rng = np.random.default_rng(seed)
        total = 0.0
        for result in results:
            factor = keras.ops.convert_to_tensor(rng.normal(size=result.shape), result.dtype)
            total = total + keras.ops.sum(factor * result)
        return total, results

    weights = layer.trainable_variables if weights is None else weights
    found = value_and_gradients(loss, [x, *states], weights, compiled=compiled)
    (_, results), by_input, by_weight = found
    d_x, *d_states = by_input
    named = {"result": results, "d state": d_states, "d weight": by_weight}
    flat = {f"{what} {k}": a for what, arrays in named.items() for k, a in enumerate(arrays)}
    return {name: keras.ops.convert_to_numpy(a) for name, a in {**flat, "d input": d_x}.items()}


def finite_differences(function, arrays, *, epsilon=1e-6, seed=0):
    """Slopes of a scalar function along one random direction in each array.

    Args:
        function: Takes one float64 array per entry of `arrays`, returns a number.
        arrays: Where to differentiate, float64.
        epsilon: Half the distance between the two points of a difference.
        seed: What the directions are drawn with.

    Returns:
        One pair (direction, slope) per array; a gradient is right where its product with
        the direction is the slope.

    Example:
        >>> (direction, slope), = finite_differences(lambda x: (x**2).sum(), [np.array([3.0])])
        >>> bool(abs(6.0 * direction[0] - slope) < 1e-6)
        True
    """
    rng = np.random.default_rng(seed)
    arrays = [np.asarray(a, "float64") for a in arrays]
    slopes = []
    for k, array in enumerate(arrays):
        direction = rng.normal(size=array.shape)
        values = []
        for sign in (1, -1):
            moved = [*arrays[:k], array + sign * epsilon * direction, *arrays[k + 1 :]]
            values.append(float(function(*moved)))
        slopes.append((direction, (values[0] - values[1]) / (2 * epsilon)))
    return slopes


def has_float64():
    """Whether the backend computes in 64 bits; JAX does where `jax_enable_x64` is set."""
    if keras.backend.backend() != "jax":
        return True
    import jax

    return bool(jax.config.jax_enable_x64)


def check_gradients(function, arrays, variables=(), *, tolerance=1e-6):
    """Holds the gradients of a scalar function against finite differences, in float64.

    One random direction moves all entries at once, so that it takes two calls however many
    there are; where that fails, each entry is moved alone, to name the wrong one.

    Args:
        function: Takes one tensor per array, returns a scalar tensor.
        arrays: Arrays to differentiate by.
        variables: `keras.Variable`s of float64 that `function` reads, to differentiate by as well.
        tolerance: How far slope and gradient may lie apart, as a share of the slope or of one.

    Returns:
        The gradients, by the arrays and then by the variables: a list of float64 arrays.

    Raises:
        AssertionError: Where a gradient is not of float64, or wrong.

    Example:
        >>> [g] = check_gradients(lambda x: keras.ops.sum(x * x), [np.array([3.0])])
        >>> g.tolist()
        [6.0]
    """
    variables = list(variables)
    _, by_array, by_variable = value_and_gradients(function, arrays, variables)
    gradients = [*by_array, *by_variable]
    names = [*(f"argument {k}" for k in range(len(by_array))), *(v.path for v in variables)]
    for name, gradient in zip(names, gradients, strict=True):
        assert gradient.dtype == "float64", f"{name}: {gradient.dtype}"
    arrays = [np.asarray(a, "float64") for a in arrays]
    start = [*arrays, *(keras.ops.convert_to_numpy(v.value) for v in variables)]
    cuts = np.cumsum([a.size for a in start])[:-1]

    def value(*moved):
        for variable, now in zip(variables, moved[len(arrays) :], strict=True):
            variable.assign(now)
        tensors = [keras.ops.convert_to_tensor(a, "float64") for a in moved[: len(arrays)]]
        return function(*tensors)

    def value_of_all(flat):
        pieces = zip(np.split(flat, cuts), start, strict=True)
        return value(*(piece.reshape(a.shape) for piece, a in pieces))

    def differs(gradient, direction, slope):
        error = abs(np.sum(gradient * direction) - slope)
        return not error <= tolerance * max(1.0, abs(slope))

    ((direction, slope),) = finite_differences(value_of_all, [_flat(start)])
    wrong = differs(_flat(gradients), direction, slope)
    if wrong:
        slopes = finite_differences(value, start)
        entries = zip(names, gradients, slopes, strict=True)
        alone = [name for name, gradient, found in entries if differs(gradient, *found)]
    value(*start)
    assert not wrong, f"wrong gradients by {alone or 'all together'}"
    return gradients


def _flat(arrays):
    return np.concatenate([np.ravel(a) for a in arrays])
