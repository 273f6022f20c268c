"""Noise: only in training, seeded, another draw at each call, and of the kind it is named for.

Shapes: B batch, T time, D features, N units.
"""

import numpy as np
import pytest
from keras import ops

from seqkit import layers
from seqkit.testing.examples import RECURRENT

RATE = 0.5
KINDS = ("dropout", "recurrent_dropout", "update_dropout", "cell_dropout", "zoneout", "weight_drop")
CELLS_WITH_C = {name for name, cell in layers.CELLS.items() if "c" in cell.states}
# Elsewhere what each cell does by itself.
ALL_KINDS = ("elman", "lstm", "gru", "mut1", "indrnn")
OWN = ("recurrent_dropout", "update_dropout", "cell_dropout")
CASES = [
    pytest.param(cell, kind, marks=() if cell in ALL_KINDS or kind in OWN else pytest.mark.slow)
    for cell in layers.CELLS
    for kind in KINDS
    if kind != "cell_dropout" or cell in CELLS_WITH_C
]
B, T, D, N = 6, 3, 5, 6


def call(layer, x, **options):
    return ops.convert_to_numpy(layer(x, **options))


def make(cell, kind, seed):
    layer = layers.Recurrent(cell, N, return_sequences=True, seed=seed, **{kind: RATE})
    layer.build((B, T, D))
    rng = np.random.default_rng(1)
    layer.set_weights(
        [0.6 * rng.normal(size=w.shape) for w in layer.get_weights()[:-1]]
        + [layer.get_weights()[-1]]
    )
    return layer


@pytest.mark.parametrize(("cell", "kind"), CASES)
def test_seeded_and_new_at_each_call(cell, kind):
    x = np.random.default_rng(0).normal(size=(B, T, D)).astype("float32")
    first, same, other = (make(cell, kind, seed) for seed in (3, 3, 4))
    calls = [call(first, x, training=True) for _ in range(2)]
    assert np.abs(calls[0] - calls[1]).max() > 1e-4, "the same noise twice"
    for once in calls:
        np.testing.assert_array_equal(once, call(same, x, training=True))
    others = [call(other, x, training=True) for _ in calls]
    assert np.abs(np.subtract(calls, others)).max() > 1e-4, "the same noise for another seed"
    np.testing.assert_array_equal(call(first, x), call(first, x))
    np.testing.assert_array_equal(call(first, x), call(other, x))


@pytest.mark.parametrize("name", RECURRENT)
def test_no_rate_no_noise(name):
    if name == "LSTM zoneout":
        pytest.skip("has a rate")
    layer = RECURRENT[name].build(return_sequences=True)
    (x,) = RECURRENT[name].arguments
    np.testing.assert_allclose(call(layer, x, training=True), call(layer, x), atol=1e-6)


# -- each kind by itself, on weights that let its mask be read off the outputs


def plain(cell, kind, rate=RATE, **weights):
    """A layer of D = N units with zero weights but for those given by name."""
    layer = layers.Recurrent(cell, N, return_sequences=True, seed=0, **{kind: rate})
    layer.build((B, T, N))
    for weight in layer.cell.weights:
        value = weights.get(weight.path.split("/")[-1], 0.0)
        weight.assign(np.broadcast_to(value, weight.shape))
    return layer


def shares(mask, rate, slack=0.12):
    """About `rate` of a large mask is False."""
    assert abs(np.mean(~mask) - rate) < slack


def test_input_dropout_is_one_mask_for_all_steps():
    layer = plain("irnn", "dropout", kernel=np.eye(N))
    seen = call(layer, np.ones((40, T, N), "float32"), training=True)
    assert set(np.unique(seen)) == {0.0, 1 / (1 - RATE)}
    assert (seen == seen[:, :1]).all()
    shares(seen[:, 0] > 0, RATE)


def test_recurrent_dropout_is_one_mask_for_all_steps():
    layer = plain("irnn", "recurrent_dropout", recurrent_kernel=np.eye(N))
    x, start = np.zeros((40, T, N), "float32"), np.ones((40, N), "float32")
    seen = call(layer, x, initial_state=[start], training=True)
    for t in range(T):  # what the mask keeps doubles at each step
        assert set(np.unique(seen[:, t])) == {0.0, 2.0 ** (t + 1)}
        assert ((seen[:, t] > 0) == (seen[:, 0] > 0)).all()
    shares(seen[:, 0] > 0, RATE)


def test_update_dropout_is_a_mask_for_each_step():
    # z = 0, so that h is the candidate at each step; then 1, so that h is the old one.
    bias = np.concatenate([np.full(N, -30.0), np.zeros(N), np.full(N, 0.5)])  # z r n
    layer = plain("gru", "update_dropout", bias=bias)
    seen = call(layer, np.zeros((40, T, N), "float32"), training=True)
    kept = np.tanh(0.5) / (1 - RATE)
    np.testing.assert_allclose(seen, np.where(seen > 0.1, kept, 0), atol=1e-6)
    assert ((seen[:, 0] > 0.1) != (seen[:, 1] > 0.1)).any()
    shares(seen > 0.1, RATE)
    bias[:N] = 30.0
    layer = plain("gru", "update_dropout", bias=bias)
    start = np.ones((40, N), "float32")
    seen = call(layer, np.zeros((40, T, N), "float32"), initial_state=[start], training=True)
    np.testing.assert_allclose(seen, 1.0, atol=1e-6, err_msg="memory is not dropped")


def test_cell_dropout_is_one_mask_for_all_steps():
    # f = o = 1 and g = 0: c is what was there, and h = tanh(c).
    bias = np.concatenate([np.zeros(N), np.full(N, 30.0), np.zeros(N), np.full(N, 30.0)])
    layer = plain("lstm", "cell_dropout", bias=bias)
    x, start = np.zeros((40, T, N), "float32"), np.ones((40, N), "float32")
    layer.return_state, states = True, {"initial_state": [start, start]}
    seen, _, c = (ops.convert_to_numpy(r) for r in layer(x, **states, training=True))
    assert set(np.unique(c.round(5))) == {0.0, 1.0}
    assert ((seen > 0) == (c > 0)[:, None]).all()
    shares(c > 0, RATE)
    seen, _, c = (ops.convert_to_numpy(r) for r in layer(x, **states))
    np.testing.assert_allclose(c, (1 - RATE) ** T, atol=1e-6, err_msg="the expectation")


@pytest.mark.parametrize("rates", [(0.3, 0.0), (0.0, 0.3), (0.3, 0.7)])
def test_zoneout_keeps_old_values_with_a_rate_for_each_state(rates):
    # i = f = 0 without zoneout: c falls from one to zero at once, and h with it.
    layer = plain("lstm", "zoneout", rate=rates, bias=-30.0)
    x, start = np.zeros((200, 1, N), "float32"), np.ones((200, N), "float32")
    layer.return_state = True
    call = {"initial_state": [start, start]}
    _, h, c = (ops.convert_to_numpy(r) for r in layer(x, **call, training=True))
    for state, zoneout in ((h, rates[0]), (c, rates[1])):
        np.testing.assert_allclose(state, state > 0.5, atol=1e-6)
        shares(state < 0.5, zoneout, slack=0.05)
    _, h, c = (ops.convert_to_numpy(r) for r in layer(x, **call))
    np.testing.assert_allclose(h, rates[0], atol=1e-6)
    np.testing.assert_allclose(c, rates[1], atol=1e-6)


def test_zoneout_draws_for_each_step():
    layer = plain("lstm", "zoneout", bias=-30.0)
    x, start = np.zeros((200, T, N), "float32"), np.ones((200, N), "float32")
    seen = call(layer, x, initial_state=[start, start], training=True)
    for t in range(T):
        shares(seen[:, t] < 0.5, RATE ** (t + 1), slack=0.06)


def test_weight_drop_is_one_matrix_for_all_steps_and_rows():
    weights = np.arange(1.0, N * N + 1).reshape(N, N)
    layer = plain("irnn", "weight_drop", recurrent_kernel=weights)
    x, start = np.zeros((N, 2, N), "float32"), np.eye(N, dtype="float32")
    seen = call(layer, x, initial_state=[start], training=True)
    dropped = seen[:, 0]  # the rows of the matrix
    np.testing.assert_allclose(dropped, np.where(dropped > 0, weights / (1 - RATE), 0), rtol=1e-6)
    shares(dropped > 0, RATE, slack=0.25)
    np.testing.assert_allclose(seen[:, 1], dropped @ dropped, rtol=1e-5)
    again = call(layer, x, initial_state=[start], training=True)
    assert ((again[:, 0] > 0) != (dropped > 0)).any()
