"""What a stack adds to its layers: shortcuts and widths.

Shapes: B batch, T time, D features.
"""

import keras
import numpy as np
import pytest
from keras import ops

from seqkit import layers
from seqkit.testing.examples import random

B, T, D = 3, 6, 4


@pytest.mark.parametrize("time", [None, T])
def test_residual_in_a_graph(time):
    """Every layer adds what it reads, whether or not the graph knows how many steps there are."""
    stack = layers.Stack("gru", D, layers=3, residual=True, seed=1)
    model = keras.Sequential([keras.Input((time, D)), stack])
    x = read = random(B, T, D)
    for (layer,) in stack.recurrent:
        read = read + layer(read)[0]
    np.testing.assert_allclose(model.predict(x, verbose=0), ops.convert_to_numpy(read), atol=1e-5)
    assert model.output_shape == (None, time, D)


def test_skip_lets_every_layer_read_the_input():
    stack = layers.Stack("gru", 5, layers=3, skip=True, bidirectional=True, seed=1)
    x = random(B, T, D)
    found, read = stack(x), x
    for depth, (forward, backward) in enumerate(stack.recurrent):
        source = np.concatenate([read, x], axis=-1) if depth else x
        ahead, back = (ops.convert_to_numpy(layer(source)[0]) for layer in (forward, backward))
        read = np.concatenate([ahead, back[:, ::-1]], axis=-1)
    np.testing.assert_allclose(found, read, atol=1e-6)


def test_dropout_falls_between_layers_alone(monkeypatch):
    """Half of what the second layer reads is zero, and none of what comes in or goes out."""
    stack, seen = layers.Stack("elman", 50, layers=2, dropout=0.5, seed=1), []
    call = layers.Recurrent.call

    def spying(self, x, *args, **named):
        seen.append(ops.convert_to_numpy(x))
        return call(self, x, *args, **named)

    x = random(B, T, D)
    stack(x)
    monkeypatch.setattr(layers.Recurrent, "call", spying)
    outputs = [ops.convert_to_numpy(stack(x, training=training)) for training in (True, False)]
    into_first, into_second, _, whole = seen
    np.testing.assert_array_equal(into_first, x)
    kept = into_second != 0
    assert 0.4 < kept.mean() < 0.6
    np.testing.assert_allclose(into_second[kept], 2 * whole[kept], rtol=1e-5)
    assert (whole != 0).all()
    assert all((output != 0).all() for output in outputs)


def test_reset_starts_rows_afresh_in_every_layer():
    stack = layers.Stack("lstm", 5, layers=2, bidirectional=True, return_state=True, seed=1)
    x, reset = random(B, T, D), np.array([True, False, True])
    states = [random(B, 5, seed=k) for k in range(8)]
    ways = stack(x, initial_state=states, reset=reset), stack(x), stack(x, initial_state=states)
    for results in zip(*ways, strict=True):
        mixed, fresh, carried = map(ops.convert_to_numpy, results)
        rows = reset.reshape(B, *[1] * (mixed.ndim - 1))
        np.testing.assert_allclose(mixed, np.where(rows, fresh, carried), atol=1e-6)
        assert np.abs(fresh - carried).max() > 1e-3


@pytest.mark.parametrize(
    ("cell", "options", "widths"),
    [
        ("jordan", {}, [6, 3]),
        ("jordan", {"outputs": 5}, [5, 5]),
        ("projected_lstm", {}, [3, 1]),
        ("projected_lstm", {"projection": 2}, [2, 2]),
        ("lstm", {}, [6, 3]),
    ],
)
def test_each_layer_has_its_own_width(cell, options, widths):
    stack = layers.Stack(cell, [6, 3], **options)
    assert stack(random(B, T, D)).shape == (B, T, widths[-1])
    assert [layer.cell.output_size for (layer,) in stack.recurrent] == widths


@pytest.mark.parametrize("mask", [None, "right", "left", "holes", "empty"])
def test_residual_of_last_outputs(mask):
    """Each direction adds what it read last: the forward the last step, the backward the first."""
    stack = layers.Stack(
        "gru", 3, layers=2, bidirectional=True, residual=True, return_sequences=False, seed=1
    )
    whole = layers.Stack("gru", 3, layers=2, bidirectional=True, residual=True, seed=1)
    x = random(B, T, 6)
    rows = {
        "right": ([1, 1, 1, 1, 0, 0], (0, 3)),
        "left": ([0, 0, 1, 1, 1, 1], (2, 5)),
        "holes": ([0, 1, 0, 1, 1, 0], (1, 4)),
    }
    steps, (first, last) = rows.get(mask, ([mask is None] * T, (0, T - 1)))
    mask = None if mask is None else np.array([steps, [1] * T, [0] * T], "bool")
    stack.build(x.shape)
    whole(x, mask=mask)
    whole.set_weights(stack.get_weights())
    expected = ops.convert_to_numpy(whole(x, mask=mask))
    expected = np.concatenate([expected[:, last, :3], expected[:, first, 3:]], axis=-1)
    found = ops.convert_to_numpy(stack(x, mask=mask))
    if mask is not None:  # one row of the mask above, one whole, one without a step
        every = ops.convert_to_numpy(whole(x, mask=mask))
        expected[1] = np.concatenate([every[1, -1, :3], every[1, 0, 3:]])
        expected[2] = 0
        expected[0] = expected[0] if any(steps) else 0
    np.testing.assert_allclose(found, expected, atol=1e-6)
