"""Compiled as a graph, and by XLA, everything is as it is step by step."""

import keras
import numpy as np
import pytest

from seqkit import layers
from seqkit.testing.examples import CHAINS, MASKS, POOLINGS, RECURRENT, STACKS, random, states_of
from seqkit.testing.gradients import outcome

ALL = {**RECURRENT, **STACKS, **POOLINGS, **CHAINS}
PLAIN = {**POOLINGS, **CHAINS}  # no states, nothing to ask for in training
CLOSE = {"rtol": 1e-5, "atol": 1e-5}


# Each kind of state, of noise and of layer, the others by `-m slow`: XLA takes seconds for each.
BY_XLA = (
    "LSTM", "LSTM layer_norm", "LSTM zoneout", "GRU", "IndRNN", "Jordan", "ProjectedLSTM",
    "MUT1 square", "Recurrent initial", "Stack both ways", "Stack skip", "attention", "CRF",
)  # fmt: skip
# A graph is what every `fit` runs in.
AS_GRAPH = ("LSTM", "LSTM layer_norm", "ProjectedLSTM", "Stack both ways", "attention")
CASES = [
    pytest.param(name, "xla", marks=() if name in BY_XLA else pytest.mark.slow) for name in ALL
]


@pytest.mark.parametrize(("name", "compiled"), [*CASES, *((n, "graph") for n in AS_GRAPH)])
def test_same_as_step_by_step(name, compiled):
    if compiled == "graph" and keras.backend.backend() == "jax":
        pytest.skip("JAX compiles by XLA alone")
    everything = {} if name in PLAIN else {"return_sequences": True, "return_state": True}
    layer = ALL[name].build(**everything)
    (x,) = ALL[name].arguments
    call = {"states": states_of(layer, len(x)), "mask": MASKS["holes"]}
    if name not in PLAIN and "zoneout" not in name:
        call["training"] = compiled == "xla"
    expected = outcome(layer, x, **call)
    for what, value in outcome(layer, x, compiled=compiled, **call).items():
        np.testing.assert_allclose(value, expected[what], **CLOSE, err_msg=what)


@pytest.mark.parametrize("jit", [False, True])
def test_noise_is_drawn_anew_at_each_training_step(jit):
    """By `fit`'s own step, with a learning rate of zero."""
    noise = dict.fromkeys(("dropout", "recurrent_dropout", "update_dropout", "weight_drop"), 0.3)
    layer = layers.LSTM(4, zoneout=0.2, cell_dropout=0.2, seed=1, **noise)
    model = keras.Sequential([keras.Input((None, 3)), keras.layers.Masking(), layer])
    model.compile(keras.optimizers.SGD(0.0), "mse", jit_compile=jit)
    x, y = random(8, 5, 3), random(8, 4, seed=1)
    x[2, 3:] = 0
    losses = [float(model.train_on_batch(x, y)) for _ in range(3)]
    assert len(set(losses)) == 3
    model.reset_metrics()  # Keras 3.12 goes on with the mean of before
    still = [float(model.test_on_batch(x, y)) for _ in range(2)]
    assert still[0] == still[1]
