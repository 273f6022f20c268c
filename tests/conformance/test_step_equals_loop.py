"""The engine's loop against `keras.layers.RNN` around the same cell: values and gradients."""

import keras
import numpy as np
import pytest
from keras import ops

from seqkit.testing.examples import MASKS, RECURRENT, states_of
from seqkit.testing.gradients import outcome

# What `keras.layers.RNN` knows: a cell, without what `Recurrent` adds around it.
PLAIN = {
    name: example
    for name, example in RECURRENT.items()
    if name not in ("LSTM zoneout", "Recurrent initial")
}
CASES = {
    "no mask": (None, {}),
    "holes": ("holes", {}),
    "empty rows, backwards": ("empty rows", {"go_backwards": True}),
    "right, zero output": ("right", {"zero_output_for_mask": True}),
    "left, last output": ("left", {"return_sequences": False}),
    "unroll": ("holes", {"unroll": True}),
}
CLOSE = {"rtol": 1e-5, "atol": 1e-5}


# What the loop itself does is the same for all cells: all of it on some of them.
SOME = ("LSTM", "MUT1 square", "Jordan", "IndRNN", "GRU layer_norm")
ON_ALL = ("no mask", "holes")


@pytest.mark.parametrize(
    ("name", "case"), [(n, c) for n in PLAIN for c in (CASES if n in SOME else ON_ALL)]
)
def test_same_as_keras_rnn(name, case):
    mask, options = CASES[case]
    options = {"return_sequences": True, "return_state": True, **options}
    example = PLAIN[name]
    ours = example.build(**options)
    theirs = keras.layers.RNN(ours.cell, **options)
    (x,) = example.arguments
    theirs.build(x.shape)
    # Before its first valid step a row gives zeros here and in Keras on TensorFlow; Keras on
    # JAX gives the initial state, so that the two agree from zeros only.
    differ = keras.backend.backend() == "jax" and mask is not None
    states = [] if differ else states_of(ours, len(x))
    call = {"states": states, "mask": None if mask is None else MASKS[mask]}
    weights = ours.cell.trainable_variables
    mine = outcome(ours, x, weights=weights, **call)
    other = outcome(theirs, x, weights=weights, **call)
    assert mine.keys() == other.keys()
    for what in other:
        np.testing.assert_allclose(mine[what], other[what], **CLOSE, err_msg=what)


POLICIES = ("float32", "mixed_bfloat16", "mixed_float16", "bfloat16", "float16")
WAYS = [(c, p) for c in (None, "graph", "xla") for p in POLICIES if c or p != "float32"]
# A few roundings: both multiply the same numbers, not in the same order.
ROUNDING = {"float32": 1e-5, "bfloat16": 0.04, "float16": 0.005}


@pytest.mark.parametrize(
    ("name", "compiled", "policy"),
    [
        pytest.param(name, *way, marks=() if k % 6 == j else pytest.mark.slow)
        for k, way in enumerate(WAYS)
        for j, name in enumerate((*SOME, "GRU"))
    ],
)
def test_same_however_compiled_and_in_every_precision(name, compiled, policy):
    dtype = policy.removeprefix("mixed_")
    example, options = RECURRENT[name], {"return_sequences": True, "return_state": True}
    if compiled == "graph" and keras.backend.backend() == "jax":
        pytest.skip("JAX compiles by XLA alone")
    ours = example.build(**options, dtype=policy)
    theirs = keras.layers.RNN(ours.cell, **options, dtype=policy)
    (x,) = example.arguments
    theirs.build(x.shape)
    call = {"weights": ours.cell.trainable_variables, "compiled": compiled}
    x = ops.convert_to_numpy(ops.cast(x, dtype))
    mine, other = outcome(ours, x, **call), outcome(theirs, x, **call)
    assert mine.keys() == other.keys()
    for what, value in other.items():
        value = value.astype("float64")
        error, scale = np.abs(mine[what].astype("float64") - value).max(), np.abs(value).max()
        assert error <= ROUNDING[dtype] * max(scale, 1e-3), f"{what}: {error} of {scale}"
