"""Each cell against NumPy written from its paper's equation.

Shapes: B batch, T time, D features, N units.
"""

import keras
import numpy as np
import pytest
from keras import ops

from seqkit import layers
from seqkit.testing import equations, run
from seqkit.testing.gradients import value_and_gradients

B, T, N = 3, 5, 4
MASKS = {
    "no mask": None,
    "right": [[1, 1, 1, 1, 1], [1, 1, 1, 0, 0], [1, 0, 0, 0, 0]],
    "left and empty": [[0, 0, 1, 1, 1], [0, 0, 0, 0, 1], [0, 0, 0, 0, 0]],
    "holes": [[1, 0, 1, 1, 0], [0, 1, 0, 1, 1], [1, 1, 0, 0, 1]],
}


def relu(a):
    return np.maximum(a, 0)


# Options of our cell, and what they are called in the reference.
VARIANTS = {
    **{name: (name, {}, {}) for name in equations.CELLS},
    "elman relu": ("elman", {"activation": "relu"}, {"activation": relu}),
    "jordan wide": ("jordan", {"outputs": N + 2}, {}),
    "projected_lstm wide": ("projected_lstm", {"projection": N + 2}, {}),
    "leaky learned": ("leaky", {"learn_alpha": True}, {}),
    "leaky per unit": ("leaky", {"alpha": [0.1, 0.4, 0.7, 0.99]}, {}),
}
WIDTHS = {"square": N, "wide": 6}


def random(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def build(variant, features, **options):
    """A layer with random weights, and those weights as the reference reads them."""
    name, cell_options, _ = VARIANTS[variant]
    layer = layers.Recurrent(
        name, N, return_sequences=True, return_state=True, **cell_options, **options
    )
    layer.build((B, T, features))
    weights = layer.cell.trainable_weights
    for k, weight in enumerate(weights):
        weight.assign(0.7 * random(*weight.shape, seed=100 + k))
    return layer, reference_weights(name, layer.cell)


def reference_weights(name, cell):
    """The cell's weights under the reference's names.

    Layer norm keeps gains per gate, and biases that come after it inside the loop apart.
    """
    own = {w.path.split("/")[-1]: w.numpy() for w in cell.weights}
    _, _, recurrent, biased, _ = equations.CELLS[name]
    gates = cell.recurrent_gates
    if any(key.startswith("recurrent_gain") for key in own):
        own["recurrent_gain"] = np.concatenate([own[f"recurrent_gain_{g}"] for g in gates])
        late = [own[f"recurrent_shift_{g}"] for g in gates if f"recurrent_shift_{g}" in own]
        if name == "gru_reset_after" and late:
            zero = np.zeros(2 * N, "float32")
            own["bias"] = np.stack([own["bias"], np.concatenate([zero, *late])])
        elif late:
            own["bias"] = np.concatenate([own["bias"], *late])
        assert own["recurrent_gain"].size == N * len(recurrent)
    if "bias" in own:
        assert own["bias"].shape[-1] == N * len(biased)
    if name == "peephole_lstm":
        own["peephole"] = np.stack([own[f"peephole_{gate}"] for gate in "ifo"])
    if name == "leaky":
        own["alpha"] = 1 / (1 + np.exp(-own["alpha_logit"]))
    if name == "projected_lstm":
        own["projection"] = own["projection_kernel"]
    return own


def states_of(layer):
    sizes = layer.cell.state_size
    return [random(B, size, seed=10 + k) for k, size in enumerate(sizes)]


def assert_same(layer, x, expected, **call):
    outputs, *states = [ops.convert_to_numpy(r) for r in layer(x, **call)]
    np.testing.assert_allclose(outputs, expected[0], rtol=1e-5, atol=1e-5, err_msg="outputs")
    assert len(states) == len(expected[1])
    for k, (state, other) in enumerate(zip(states, expected[1], strict=True)):
        np.testing.assert_allclose(state, other, rtol=1e-5, atol=1e-5, err_msg=f"state {k}")


def test_every_cell_is_here():
    assert set(layers.CELLS) == set(equations.CELLS)


def cases():
    """(variant, width, backwards, mask, initial): a direction for each mask, by `-m slow` both."""
    masks = ("no mask", True), ("right", False), ("left and empty", True), ("holes", False)
    for variant in VARIANTS:
        for w, width in enumerate(WIDTHS):
            for m, (mask, initial) in enumerate(masks):
                for backwards, way in ((False, "forward"), (True, "backward")):
                    dealt = backwards == ((w + m // 2) % 2 == 0)
                    yield pytest.param(
                        variant, width, backwards, mask, initial,
                        marks=() if dealt else pytest.mark.slow,
                        id=f"{variant}-{width}-{way}-{mask}-{initial}",
                    )  # fmt: skip


@pytest.mark.parametrize(("variant", "width", "backwards", "mask", "initial"), list(cases()))
def test_equation(variant, width, backwards, mask, initial):
    layer, weights = build(variant, WIDTHS[width], go_backwards=backwards)
    x = random(B, T, WIDTHS[width])
    mask = None if MASKS[mask] is None else np.array(MASKS[mask], bool)
    states = states_of(layer) if initial else None
    name, _, options = VARIANTS[variant]
    expected = run(name, weights, x, states, mask=mask, go_backwards=backwards, options=options)
    assert_same(layer, x, expected, mask=mask, initial_state=states)


NORMED = [
    pytest.param(variant, width, bias, marks=() if (v + w + bias) % 2 else pytest.mark.slow)
    for v, variant in enumerate(VARIANTS)
    for w, width in enumerate(WIDTHS)
    for bias in (True, False)
]


@pytest.mark.parametrize(("variant", "width", "bias"), NORMED)
def test_layer_norm(variant, width, bias):
    layer, weights = build(variant, WIDTHS[width], layer_norm=True, use_bias=bias)
    assert ("bias" in weights) == bias
    x, mask, states = random(B, T, WIDTHS[width]), np.array(MASKS["holes"], bool), states_of(layer)
    name, _, options = VARIANTS[variant]
    expected = run(name, weights, x, states, mask=mask, options=options, layer_norm=True)
    assert_same(layer, x, expected, mask=mask, initial_state=states)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("variant", VARIANTS)
def test_no_bias(variant, width):
    layer, weights = build(variant, WIDTHS[width], use_bias=False)
    assert not [name for name in weights if "bias" in name or "shift" in name]
    x, states = random(B, T, WIDTHS[width]), states_of(layer)
    name, _, options = VARIANTS[variant]
    assert_same(layer, x, run(name, weights, x, states, options=options), initial_state=states)


@pytest.mark.parametrize("mask", ["no mask", "holes"])
@pytest.mark.parametrize("variant", equations.CELLS)
def test_zoneout_expects_at_inference(variant, mask):
    rates = (0.2, 0.3)[: len(equations.CELLS[variant][4])]
    layer, weights = build(variant, 6, zoneout=rates if len(rates) > 1 else rates[0])
    x, states = random(B, T, 6), states_of(layer)
    mask = None if MASKS[mask] is None else np.array(MASKS[mask], bool)
    expected = run(variant, weights, x, states, mask=mask, zoneout=rates)
    assert_same(layer, x, expected, mask=mask, initial_state=states, training=False)


@pytest.mark.parametrize("variant", [n for n, c in equations.CELLS.items() if "c" in c[4]])
def test_cell_dropout_expects_at_inference(variant):
    layer, weights = build(variant, 6, cell_dropout=0.25, layer_norm=True, zoneout=(0.1, 0.2))
    x, states, options = random(B, T, 6), states_of(layer), {"layer_norm": True}
    expected = run(variant, weights, x, states, cell_mask=0.75, zoneout=(0.1, 0.2), **options)
    assert_same(layer, x, expected, initial_state=states, training=False)


@pytest.mark.parametrize("variant", equations.CELLS)
def test_dropouts_rest_at_inference(variant):
    rates = ("dropout", "recurrent_dropout", "update_dropout", "weight_drop")
    layer, weights = build(variant, 6, **dict.fromkeys(rates, 0.5))
    x, states = random(B, T, 6), states_of(layer)
    assert_same(layer, x, run(variant, weights, x, states), initial_state=states, training=False)


@pytest.mark.parametrize(
    ("name", "first", "second"),
    [("Jordan", "kernel", "output_kernel"), ("ProjectedLSTM", "kernel", "projection_kernel")],
)
def test_weights_of_one_kind_start_apart(name, first, second):
    """An initializer draws the same numbers again each time it is asked."""
    layer = getattr(layers, name)(4)
    layer.build((None, None, 4))
    a, b = (np.asarray(getattr(layer.cell, weight)) for weight in (first, second))
    a = a[:, : b.shape[1]] if name == "ProjectedLSTM" else a
    assert np.corrcoef(a.ravel()[: b.size], b.ravel()[: a.size])[0, 1] < 0.9


def test_biases_drawn_at_random_start_apart():
    layer = layers.LSTM(64, bias_initializer="random_normal", unit_forget_bias=False)
    layer.build((None, None, 3))
    gates = np.asarray(layer.cell.bias).reshape(4, 64)
    assert np.abs(np.corrcoef(gates) - np.eye(4)).max() < 0.6


@pytest.mark.parametrize("name", layers.CELLS)
def test_weights_start_and_are_held_as_asked(name):
    cell = layers.CELLS[name](
        N,
        kernel_initializer=keras.initializers.Constant(0.5),
        recurrent_initializer=keras.initializers.Constant(0.25),
        kernel_regularizer=keras.regularizers.L1(0.1),
        recurrent_regularizer=keras.regularizers.L1(0.01),
        kernel_constraint=keras.constraints.NonNeg(),
    )
    cell.build((B, N + 1))
    kernels = [
        w for w in cell.weights if w.name in ("kernel", "output_kernel", "projection_kernel")
    ]
    recurrent = [w for w in cell.weights if w.name == "recurrent_kernel"]
    assert kernels
    for weight, start in [*((w, 0.5) for w in kernels), *((w, 0.25) for w in recurrent)]:
        assert (weight.numpy() == start).all()
    assert {id(w) for w in kernels} == {id(w) for w in cell.weights if w.constraint}
    lost = 0.1 * sum(0.5 * w.numpy().size for w in kernels)
    lost += 0.01 * sum(0.25 * w.numpy().size for w in recurrent)
    np.testing.assert_allclose(sum(cell.losses), lost, rtol=1e-5)


@pytest.mark.parametrize("name", layers.CELLS)
def test_biases_of_gates_start_as_asked(name):
    plain = layers.CELLS[name](N)
    plain.build((B, N + 1))
    for k, gate in enumerate(plain.biased_gates):
        cell = layers.CELLS[name](N, gate_bias={gate: 2.5})
        cell.build((B, N + 1))
        found, before = (
            np.atleast_2d(c.bias.numpy())[0].reshape(-1, N).copy() for c in (cell, plain)
        )
        assert (found[k] == 2.5).all()
        found[k] = before[k]
        np.testing.assert_array_equal(found, before)  # no other gate's


@pytest.mark.parametrize("name", layers.CELLS)
def test_a_learned_start_is_as_one_given(name):
    """And its gradient is that of the given states, summed over the rows."""
    layer = layers.Recurrent(name, N, trainable_initial_state=True, return_sequences=True, seed=1)
    x, weighting = random(B, T, N + 1), random(B, T, N)
    layer.build(x.shape)
    sizes = layer.cell.state_size
    starts = [0.5 * random(size, seed=k) for k, size in enumerate(sizes)]
    for weight, start in zip(layer.initial_states, starts, strict=True):
        weight.assign(start)
    rows = [np.tile(start, (B, 1)) for start in starts]

    def loss(*states):
        output = layer(x, initial_state=list(states) or None)
        return ops.sum(output * weighting[..., : output.shape[-1]])

    given, by_rows, _ = value_and_gradients(loss, rows)
    learned, _, by_weight = value_and_gradients(loss, [], layer.initial_states)
    np.testing.assert_allclose(learned, given, rtol=1e-5)
    for own, own_rows in zip(by_weight, by_rows, strict=True):
        assert np.abs(own).max() > 1e-3
        np.testing.assert_allclose(own, own_rows.sum(axis=0), atol=1e-5)


def test_a_long_memory_hears_in_half_precision():
    """`1 - alpha` of 0.001 is nothing where `alpha` is rounded to 1."""
    layer = layers.Leaky(N, alpha=0.999, dtype="mixed_bfloat16")
    exact = layers.Leaky(N, alpha=0.999)
    x = np.ones((B, T, N), "float32")
    exact.build(x.shape)
    layer.build(x.shape)
    layer.set_weights(exact.get_weights())
    found, wanted = (np.asarray(ops.cast(each(x), "float32")) for each in (layer, exact))
    np.testing.assert_allclose(found, wanted, rtol=0.05, atol=1e-5)
