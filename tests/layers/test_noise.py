"""Noise in training: every kind, by the masks that were drawn, against NumPy.

Shapes: B batch, T time, D features, N units.
"""

import keras
import numpy as np
import pytest
from keras import ops

from seqkit import layers
from seqkit.layers import engine, noise
from seqkit.testing import run

B, T, D, N = 3, 4, 5, 6
X = np.random.default_rng(0).normal(size=(B, T, D)).astype("float32")
ON_TENSORFLOW = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="of graphs on TensorFlow"
)
CELLS = ["elman", "lstm", "gru", "gru_reset_after", "mut3", "ugrnn"]


@pytest.fixture
def drawn(monkeypatch):
    """What is drawn while a layer is called: a list of arrays of zeros and ones."""
    masks = []

    def record(function):
        def recorded(*args):
            result = function(*args)
            for mask in result.values() if isinstance(result, dict) else [result]:
                masks.append(ops.convert_to_numpy(mask).astype("float64"))
            return result

        return recorded

    monkeypatch.setattr(noise, "draw", record(noise.draw))
    monkeypatch.setattr(noise, "zone_masks", record(noise.zone_masks))
    return masks


def make(cell, **options):
    layer = layers.Recurrent(cell, N, return_sequences=True, seed=1, **options)
    layer.build((B, T, D))
    rng = np.random.default_rng(2)
    for weight in layer.cell.weights:
        weight.assign(rng.normal(size=weight.shape) * 0.5)
    return layer, {w.name: ops.convert_to_numpy(w.value) for w in layer.cell.weights}


@pytest.mark.parametrize("cell", CELLS)
def test_input_dropout(cell, drawn):
    layer, weights = make(cell, dropout=0.4)
    outputs = layer(X, training=True)
    expected, _ = run(cell, weights, X, input_mask=drawn[0][:, 0] / 0.6)
    np.testing.assert_allclose(outputs, expected, atol=2e-6)


@pytest.mark.parametrize("cell", CELLS)
def test_recurrent_dropout_has_one_mask_for_all_steps(cell, drawn):
    layer, weights = make(cell, recurrent_dropout=0.4)
    outputs = layer(X, training=True)
    assert [mask.shape for mask in drawn] == [(B, N)]
    expected, _ = run(cell, weights, X, recurrent_mask=drawn[0] / 0.6)
    np.testing.assert_allclose(outputs, expected, atol=2e-6)


@pytest.mark.parametrize("cell", CELLS[1:])
def test_update_dropout_has_a_mask_for_each_step(cell, drawn):
    layer, weights = make(cell, update_dropout=0.4)
    outputs = layer(X, training=True)
    expected, _ = run(cell, weights, X, update_masks=drawn[0] / 0.6)
    np.testing.assert_allclose(outputs, expected, atol=2e-6)


def test_update_dropout_of_a_cell_without_gates_falls_on_the_state(drawn):
    layer, w = make("elman", update_dropout=0.4)
    outputs, h = ops.convert_to_numpy(layer(X, training=True)), np.zeros((B, N))
    for t in range(T):
        h = np.tanh(X[:, t] @ w["kernel"] + h @ w["recurrent_kernel"] + w["bias"])
        h = h * drawn[0][t] / 0.6
        np.testing.assert_allclose(outputs[:, t], h, atol=2e-6)


@pytest.mark.parametrize("cell", ["lstm", "lstm_1997", "coupled_lstm", "peephole_lstm"])
def test_cell_dropout_has_one_mask_for_all_steps(cell, drawn):
    layer, weights = make(cell, cell_dropout=0.4)
    if cell == "peephole_lstm":
        weights["peephole"] = np.stack([weights[f"peephole_{gate}"] for gate in "ifo"])
    outputs = layer(X, training=True)
    expected, _ = run(cell, weights, X, cell_masks=np.stack([drawn[0]] * T))
    np.testing.assert_allclose(outputs, expected, atol=2e-6)


@pytest.mark.parametrize("cell", CELLS)
def test_zoneout(cell, drawn):
    layer, weights = make(cell, zoneout=0.4)
    outputs = layer(X, training=True)
    # Each mask is recorded once where it is drawn alone, and once as a zone mask.
    masks = drawn[-len(layer.cell.states) :]
    expected, _ = run(cell, weights, X, zoneout=masks)
    np.testing.assert_allclose(outputs, expected, atol=2e-6)


def test_zoneout_of_the_cell_state_alone(drawn):
    layer, weights = make("lstm", zoneout=(0.0, 0.4))
    outputs = layer(X, training=True)
    expected, _ = run("lstm", weights, X, zoneout=(0.0, drawn[-1]))
    np.testing.assert_allclose(outputs, expected, atol=2e-6)


@pytest.mark.parametrize("cell", ["elman", "lstm", "gru_reset_after"])
def test_weight_drop(cell, drawn):
    layer, weights = make(cell, weight_drop=0.4)
    outputs = layer(X, training=True)
    mask = np.concatenate(drawn, axis=1) / 0.6  # a matrix for each gate, side by side
    expected, _ = run(cell, weights, X, weight_mask=mask)
    np.testing.assert_allclose(outputs, expected, atol=2e-6)


def test_masked_sequences_draw_the_same_noise_for_their_valid_steps(drawn):
    """Left padding takes no draw away: a step's noise goes by its place among valid steps."""
    layer, weights = make("gru", update_dropout=0.4)
    mask = np.array([[0, 0, 1, 1], [1, 1, 1, 1], [1, 0, 1, 0]], bool)
    outputs = ops.convert_to_numpy(layer(X, mask=mask, training=True))
    for row in range(B):
        alone, _ = run(
            "gru",
            weights,
            X[row : row + 1, mask[row]],
            update_masks=drawn[0][:, row : row + 1] / 0.6,
        )
        np.testing.assert_allclose(outputs[row, mask[row]], alone[0], atol=2e-6)


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.5, 0.9])
def test_rates_are_met(rate):
    from keras import random

    seed = random.SeedGenerator(3)
    assert (
        abs(float(ops.mean(ops.cast(noise.draw((300, 300), rate, seed), "float32"))) - rate) < 0.01
    )
    zones = noise.zone_masks(30, 100, [30, 30], [0.3, rate], seed)
    assert set(zones) == ({0, 1} if rate else {0})
    for k, expected in {0: 0.3, 1: rate}.items():
        if k in zones:
            mean = float(ops.mean(ops.cast(zones[k], "float32")))
            assert abs(mean - expected) < 0.01
    if rate:  # the two masks must not know of each other
        both = float(ops.mean(ops.cast(zones[0] & zones[1], "float32")))
        assert abs(both - 0.3 * rate) < 0.01
    kept = noise.scaled_mask((300, 300), rate, "float32", seed)
    assert abs(float(ops.mean(kept)) - 1.0) < 0.03


@ON_TENSORFLOW
@pytest.mark.parametrize("compiled", ["graph", "xla"])
def test_draws_of_compiled_functions(compiled):
    import tensorflow as tf

    def masks():
        seed = keras.random.SeedGenerator(5)
        draw = tf.function(lambda: noise.draw((300, 300), 0.3, seed), jit_compile=compiled == "xla")
        return [draw().numpy() for _ in range(2)]

    first, second = masks()
    np.testing.assert_array_equal([first, second], masks())
    for mask in (first, second):
        assert abs(mask.mean() - 0.3) < 0.01
        assert np.ptp(mask.mean(axis=0)) < 0.25, "rows are alike"
        assert np.ptp(mask.mean(axis=1)) < 0.25, "columns are alike"
    assert abs((first & second).mean() - 0.09) < 0.01


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dropout": 1.0}, r"`dropout` must be a rate in \[0, 1\)\. Received: dropout=1.0"),
        ({"zoneout": -0.1}, r"`zoneout` must be a rate in \[0, 1\)\. Received: zoneout=-0.1"),
        ({"zoneout": (0.1, 0.2, 0.3)}, "one rate, or 1 for the states of the cell"),
        ({"recurrent_dropout": "a"}, "`recurrent_dropout` must be a rate"),
        ({"update_dropout": True}, "`update_dropout` must be a rate"),
        ({"weight_drop": 2}, "`weight_drop` must be a rate"),
        ({"cell_dropout": 0.1}, "`cell_dropout` needs a cell with a cell state"),
        ({"stateful": True, "trainable_initial_state": True}, "cannot learn where to start"),
        ({"gate_bias": {"z": 1.0}, "use_bias": False}, "`gate_bias` needs `use_bias=True`"),
        ({"gate_bias": {"q": 1.0}}, "`gate_bias` names gates that GRUCell does not have"),
    ],
)
def test_bad_arguments(options, message):
    with pytest.raises(ValueError, match=message):
        layers.Recurrent("gru", N, **options)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: layers.get("gruu", 4), ValueError, "Unknown cell. Expected one of coupled_lstm"),
        (lambda: layers.get("gru"), ValueError, "`units` is needed to make a GRUCell"),
        (lambda: layers.get(3, 4), TypeError, "`cell` must be a name"),
        (lambda: layers.get(layers.GRUCell(3), 4), ValueError, "differs from the cell's own"),
        (
            lambda: layers.get(layers.GRUCell(3), use_bias=False),
            TypeError,
            "is made already. Received: \\['use_bias'\\]",
        ),
        (lambda: layers.GRU(0), ValueError, "`units` must be a positive int. Received: units=0"),
        (lambda: layers.GRU(2.5), ValueError, "`units` must be a positive int"),
        (lambda: layers.Leaky(3, alpha=1.5), ValueError, "`alpha` must be one float in"),
        (lambda: layers.Leaky(3, alpha=[0.1, 0.2]), ValueError, "or 3 of them"),
        (lambda: layers.ProjectedLSTM(3, projection=0), ValueError, "`projection` must be"),
        (lambda: layers.Jordan(3, outputs=-1), ValueError, "`outputs` must be"),
        (lambda: layers.Stack("gru", 4, layers=0), ValueError, "`layers` must be a positive int"),
        (lambda: layers.Stack("gru", [4, 5], layers=3), ValueError, "or one for each layer"),
        (lambda: layers.Stack("gru", 4, dropout=1.5), ValueError, "`dropout` must be a rate"),
        (lambda: layers.from_torch({"a": np.ones(2)}), ValueError, "with 'weight_hh_l0'"),
    ],
)
def test_bad_cells_and_layers(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_wrong_number_of_initial_states():
    with pytest.raises(ValueError, match="must have 2 tensors \\(h, c\\) for LSTMCell"):
        layers.LSTM(N)(X, initial_state=[np.zeros((B, N), "float32")])
    with pytest.raises(ValueError, match="must have 4 tensors for 2 layers and directions"):
        layers.Stack("lstm", N, layers=2)(X, initial_state=[np.zeros((B, N), "float32")])


@pytest.mark.parametrize("chance", [0.1, 0.5, 1 - 1e-9])
@pytest.mark.parametrize("width", [1, 7, 8])
def test_draws_are_as_frequent_as_asked_and_know_nothing_of_each_other(chance, width):
    seed = keras.random.SeedGenerator(3)
    drawn = ops.convert_to_numpy(engine.draw((5000, width), chance, seed)).astype("float64")
    again = ops.convert_to_numpy(engine.draw((5000, width), chance, seed))
    sigma = max((chance * (1 - chance)) ** 0.5, 0.004)
    assert abs(drawn.mean() - chance) < 5 * sigma / drawn.size**0.5
    assert chance > 0.9 or (drawn != again).any()
    flat = drawn.ravel() - chance
    for apart in (1, 2, width):
        together = (flat[apart:] * flat[:-apart]).mean()
        assert abs(together) < 5 * sigma**2 / len(flat) ** 0.5
