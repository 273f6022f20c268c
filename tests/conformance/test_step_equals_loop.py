"""The engine's loop against `keras.layers.RNN` around the same cell: values and gradients."""

import keras
import numpy as np
import pytest

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
