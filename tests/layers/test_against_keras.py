"""LSTM, GRU and SimpleRNN against Keras's own: outputs, states and gradients.

Every combination of mask, direction and initial state runs for each layer. What else there is
to choose is dealt out, so that any two choices meet with all their values; `-m slow` runs the
rest.
Shapes: B batch, T time, D features, N units.
"""

import functools
import inspect
import itertools

import keras
import numpy as np
import pytest

from seqkit import layers
from seqkit.testing.gradients import value_and_gradients

B, T, D, N = 3, 4, 4, 3
TOLERANCE = {"rtol": 1e-5, "atol": 1e-5}

LAYERS = {
    "LSTM": ("LSTM", {}),
    "GRU": ("GRU", {}),
    "GRU_reset_before": ("GRU", {"reset_after": False}),
    "SimpleRNN": ("SimpleRNN", {}),
}
MASKS = {
    "none": None,
    "right": [[1, 1, 1, 1], [1, 1, 1, 0], [1, 0, 0, 0]],
    "left": [[1, 1, 1, 1], [0, 0, 1, 1], [0, 0, 0, 1]],
    "holes": [[1, 0, 1, 0], [0, 1, 0, 1], [1, 1, 0, 1]],
    "empty_row": [[1, 1, 1, 0], [0, 0, 0, 0], [0, 1, 1, 0]],
}
ACTIVATIONS = ("tanh", "relu", "sigmoid", "hard_sigmoid")


def dealt(case):
    """The case itself, or one for `-m slow` alone, by the last entry."""
    *case, chosen = case
    return pytest.param(*case, marks=() if chosen else pytest.mark.slow)


def cases():
    """(layer, mask, backwards, initial, bias, unroll, sequences, state), as described above."""
    on_off = (False, True)
    for (k, name), (m, mask) in itertools.product(enumerate(LAYERS), enumerate(MASKS)):
        for rest in itertools.product(on_off, repeat=6):
            backwards, initial, *others = rest
            both = backwards + initial
            parity = both + k, backwards + m + k, initial + m // 2 + k, both + m + k // 2
            chosen = others == [p % 2 == 1 for p in parity]
            words = ("backwards", "initial", "bias", "unroll", "sequences", "state")
            words = [word for word, on in zip(words, rest, strict=True) if on]
            marks = () if chosen else pytest.mark.slow
            yield pytest.param(name, mask, *rest, marks=marks, id="-".join([name, mask, *words]))


def random(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def weights_of(layer):
    return [random(*w.shape, seed=k) for k, w in enumerate(layer.weights)]


def make(module, name, **options):
    """The layer `name` of `module`, built, with weights that depend on their shapes alone."""
    attribute, extra = LAYERS[name]
    layer = getattr(module, attribute)(N, **extra, **options)
    layer.build((B, T, D))
    layer.set_weights(weights_of(layer))
    return layer


def mask_of(kind):
    return None if MASKS[kind] is None else np.array(MASKS[kind], bool)


def states_of(layer, given):
    """Random initial states for `layer`, or no state."""
    sizes = layer.cell.state_size
    count = len(sizes) if isinstance(sizes, (tuple, list)) else 1
    return [random(B, N, seed=10 + k) for k in range(count)] if given else []


def measure(layer, x, states, *, mask, sequences, state):
    """Outputs, states and gradients of a loss that reads all that is returned.

    `sequences`, `state`: what the loss reads. A layer that returns more is cut to that.
    """

    def run(x, *states):
        results = layer(x, mask=mask, **({"initial_state": list(states)} if states else {}))
        results = list(results) if layer.return_state else [results]
        if layer.return_sequences and not sequences:
            results[0] = results[0][:, -1]
        if not state:
            results = results[:1]
        weights = [random(*r.shape, seed=20 + k) for k, r in enumerate(results)]
        loss = sum(keras.ops.sum(w * r) for w, r in zip(weights, results, strict=True))
        return loss, [keras.ops.convert_to_numpy(r) for r in results]

    (_, results), *gradients = value_and_gradients(run, [x, *states], layer.trainable_variables)
    return results, *gradients


def assert_same(ours, theirs):
    for what, mine, other in zip(("output", "input", "weight"), ours, theirs, strict=True):
        assert len(mine) == len(other)
        for k, (a, b) in enumerate(zip(mine, other, strict=True)):
            # float32 cannot promise more than 1e-5 of the largest entry (relu grows).
            atol = 1e-5 * max(1.0, np.abs(b).max())
            np.testing.assert_allclose(a, b, rtol=1e-5, atol=atol, err_msg=f"{what} {k}")


@functools.cache
def expected(name, mask, initial, sequences, state, **options):
    """What Keras makes of a case: `unroll` is no part of it, so it serves two of the full run."""
    theirs = make(keras.layers, name, return_sequences=True, return_state=True, **options)
    states = states_of(theirs, initial)
    returned = {"mask": mask_of(mask), "sequences": sequences, "state": state}
    return measure(theirs, random(B, T, D), states, **returned)


@pytest.mark.parametrize(
    ("name", "mask", "backwards", "initial", "bias", "unroll", "sequences", "state"), list(cases())
)
def test_same_as_keras(name, mask, backwards, initial, bias, unroll, sequences, state):
    options = {"go_backwards": backwards, "use_bias": bias}
    returns = {"return_sequences": sequences, "return_state": state}
    ours = make(layers, name, unroll=unroll, **returns, **options)
    returned = {"mask": mask_of(mask), "sequences": sequences, "state": state}
    assert_same(
        measure(ours, random(B, T, D), states_of(ours, initial), **returned),
        expected(name, mask, initial, sequences, state, **options),
    )


def activations():
    """A Latin square for each layer, and relu, which grows, by itself with holes."""
    count = len(ACTIVATIONS)
    for k, name in enumerate(LAYERS):
        for i, j in itertools.product(range(count), repeat=2):
            if name == "SimpleRNN" and j:
                continue  # it has no recurrent activation
            square = name == "SimpleRNN" or (i + j + k) % count == 0
            for m, mask in enumerate(("none", "holes")):
                chosen = (square and i % 2 == m) or (i == j == ACTIVATIONS.index("relu") and m)
                yield dealt((name, ACTIVATIONS[i], ACTIVATIONS[j], mask, chosen))


@pytest.mark.parametrize(("name", "activation", "recurrent", "mask"), list(activations()))
def test_same_activations(name, activation, recurrent, mask):
    options = {"activation": activation, "return_sequences": True, "return_state": True}
    if name != "SimpleRNN":
        options["recurrent_activation"] = recurrent
    theirs, ours = (make(module, name, **options) for module in (keras.layers, layers))
    x, states = random(B, T, D), states_of(theirs, True)
    returned = {"mask": mask_of(mask), "sequences": True, "state": True}
    assert_same(measure(ours, x, states, **returned), measure(theirs, x, states, **returned))


@pytest.mark.parametrize("name", LAYERS)
def test_weights_move_both_ways(name):
    theirs, ours = (make(module, name) for module in (keras.layers, layers))
    assert [w.path.split("/")[-1] for w in ours.weights] == [
        w.path.split("/")[-1] for w in theirs.weights
    ]
    x = random(B, T, D)
    for source, target in ((theirs, ours), (ours, theirs)):
        source.set_weights([random(*w.shape, seed=30 + k) for k, w in enumerate(source.weights)])
        target.set_weights(source.get_weights())
        np.testing.assert_allclose(source(x), target(x), **TOLERANCE)


@pytest.mark.parametrize("name", ["LSTM", "GRU", "SimpleRNN"])
def test_same_arguments(name):
    """Every argument of Keras's layer is taken, with Keras's default, and its config too."""
    theirs, ours = getattr(keras.layers, name), getattr(layers, name)
    config = theirs(N).get_config()
    layer = ours.from_config(config)
    mine = layer.get_config()
    assert {k: mine[k] for k in config} == config
    assert all(hasattr(layer, k) for k in config if k not in ("trainable", "dtype"))
    ours(N, use_cudnn="auto", implementation=1)
    for argument, value in (("dropout", 0.1), ("recurrent_dropout", 0.2), ("seed", 3)):
        assert ours(N, **{argument: value}).get_config()[argument] == value


@pytest.mark.parametrize("name", ["LSTM", "GRU", "SimpleRNN"])
def test_same_order_of_arguments(name):
    theirs, ours = getattr(keras.layers, name), getattr(layers, name)
    *known, rest = list(inspect.signature(theirs).parameters.values())[1:]
    assert rest.kind is rest.VAR_KEYWORD
    changed = {"activation": "relu", "dropout": 0.1, "go_backwards": True, "reset_after": False}
    placed = [changed.get(parameter.name, parameter.default) for parameter in known]
    config, mine = (layer(N, *placed, name="x").get_config() for layer in (theirs, ours))
    assert {k: mine[k] for k in config} == config
    assert mine["go_backwards"]
    assert ours(np.int64(N)).units == N
    with pytest.raises(TypeError, match="multiple values for keyword argument 'activation'"):
        ours(N, "relu", activation="tanh")
    with pytest.raises(TypeError, match="MUT1 takes by place: units; all else by name"):
        layers.MUT1(N, "relu")


@pytest.mark.parametrize("name", LAYERS)
def test_same_initial_weights(name):
    """Unit forget bias, orthogonal `U`, Glorot `W`: what Keras starts from."""
    keras.utils.set_random_seed(1)
    attribute, extra = LAYERS[name]
    theirs, ours = (
        getattr(module, attribute)(64, **extra, seed=1) for module in (keras.layers, layers)
    )
    for layer in (theirs, ours):
        layer.build((B, T, 32))
    for a, b in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        assert a.shape == b.shape
        np.testing.assert_allclose(a.mean(), b.mean(), atol=0.02)
        np.testing.assert_allclose(a.std(), b.std(), rtol=0.1, atol=1e-6)


MERGES = ((True, "concat"), (False, "concat"), (True, "sum"), (False, None))
IN_BIDIRECTIONAL = [
    dealt((name, mask, *merge, m == (2 * k + j) % len(MASKS)))
    for k, name in enumerate(LAYERS)
    for m, mask in enumerate(MASKS)
    for j, merge in enumerate(MERGES)
]


@pytest.mark.parametrize(("name", "mask", "sequences", "merge"), IN_BIDIRECTIONAL)
def test_in_bidirectional(name, mask, sequences, merge):
    results = []
    for module in (keras.layers, layers):
        layer = make(module, name, return_sequences=sequences, return_state=True)
        both = keras.layers.Bidirectional(layer, merge_mode=merge)
        both.build((B, T, D))
        both.set_weights(weights_of(both))
        results.append([np.array(r) for r in both(random(B, T, D), mask=mask_of(mask))])
    for a, b in zip(*results, strict=True):
        np.testing.assert_allclose(b, a, **TOLERANCE)


STATEFUL = [
    dealt((name, mask, name == "LSTM" or mask in ("none", "holes")))
    for name, mask in itertools.product(LAYERS, MASKS)
]


@pytest.mark.parametrize(("name", "mask"), STATEFUL)
def test_stateful(name, mask):
    """The second call goes on where the first ended; a reset starts anew."""
    results = []
    for module in (keras.layers, layers):
        layer = make(module, name, stateful=True, return_sequences=True)
        calls = [np.array(layer(random(B, T, D), mask=mask_of(mask))) for _ in range(2)]
        layer.reset_state()
        calls.append(np.array(layer(random(B, T, D), mask=mask_of(mask))))
        results.append(calls)
    theirs, ours = results
    np.testing.assert_allclose(ours, theirs, **TOLERANCE)
    np.testing.assert_allclose(ours[2], ours[0], **TOLERANCE)
    assert np.abs(ours[1] - ours[0]).max() > 1e-3


ZERO_OUTPUT = [
    dealt((name, mask, backwards, (k + m + backwards) % 2 == 0))
    for k, name in enumerate(LAYERS)
    for m, mask in enumerate(MASKS)
    for backwards in (False, True)
]


@pytest.mark.parametrize(("name", "mask", "backwards"), ZERO_OUTPUT)
def test_zero_output_for_mask(name, mask, backwards):
    results = []
    for module in (keras.layers, layers):
        options = {"zero_output_for_mask": True, "go_backwards": backwards}
        layer = make(module, name, return_sequences=True, return_state=True, **options)
        results.append([np.array(r) for r in layer(random(B, T, D), mask=mask_of(mask))])
    for a, b in zip(*results, strict=True):
        np.testing.assert_allclose(b, a, **TOLERANCE)


@pytest.mark.parametrize(
    ("name", "jit"),
    [
        ("GRU", False),
        pytest.param("LSTM", True, marks=pytest.mark.slow),
        *(pytest.param(name, False, marks=pytest.mark.slow) for name in LAYERS if name != "GRU"),
    ],
)
def test_in_a_model_of_unknown_length(name, jit):
    """Masks that travel with the tensors, unknown B and T, `fit` and `predict`."""
    x = random(8, T, D)
    x[1, 3:], x[2, :], x[3, :2], x[4, 1] = 0, 0, 0, 0
    y = random(8, 2, seed=1)
    predictions = []
    for module in (keras.layers, layers):
        inputs = keras.Input((None, D))
        attribute, extra = LAYERS[name]
        first = getattr(module, attribute)(N, return_sequences=True, **extra)
        second = getattr(module, attribute)(2, go_backwards=True, **extra)
        model = keras.Model(inputs, second(first(keras.layers.Masking()(inputs))))
        model.set_weights(weights_of(model))
        model.compile(keras.optimizers.SGD(0.1), "mse", jit_compile=jit)
        model.fit(x, y, batch_size=4, shuffle=False, epochs=2, verbose=0)
        predictions.append(model.predict(x, batch_size=3, verbose=0))
    np.testing.assert_allclose(predictions[1], predictions[0], **TOLERANCE)
