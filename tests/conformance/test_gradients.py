"""Gradients against finite differences, in float64: inputs, states and weights."""

import keras
import numpy as np
import pytest
from keras import ops

from seqkit.testing.examples import (
    CHAINS,
    LOSSES,
    MASKS,
    POOLINGS,
    RECURRENT,
    STACKS,
    random,
    states_of,
)
from seqkit.testing.gradients import check_gradients, has_float64

ALL = {**RECURRENT, **STACKS, **POOLINGS, **CHAINS}
PLAIN = {**POOLINGS, **CHAINS}  # no states, nothing to ask for in training

pytestmark = pytest.mark.skipif(not has_float64(), reason="this JAX runs without 64 bits")


@pytest.mark.parametrize(("mask", "training"), [(None, False), ("holes", True)])
# The squares of what a scheme forbids would drown the differences.
@pytest.mark.parametrize("name", [name for name in ALL if name != "CRF scheme"])
def test_gradient(name, mask, training):
    everything = {} if name in PLAIN else {"return_sequences": True, "return_state": True}
    layer = ALL[name].build(dtype="float64", **everything)
    if training and name == "LSTM zoneout":
        pytest.skip("another draw at each call")
    x = ALL[name].arguments[0].astype("float64")
    states = [s.astype("float64") for s in states_of(layer, len(x))]
    call = {"mask": None if mask is None else MASKS[mask]}
    if name not in PLAIN:
        call["training"] = training

    def loss(x, *states):
        more = {"initial_state": list(states)} if states else {}
        results = layer(x, **call, **more)
        results = results if isinstance(results, tuple) else (results,)
        return sum(
            ops.sum(ops.convert_to_tensor(random(*r.shape, seed=k), "float64") * ops.square(r))
            for k, r in enumerate(results)
        )

    check_gradients(loss, [x, *states], layer.trainable_variables)


@pytest.mark.parametrize("name", LOSSES)
def test_gradient_of_a_loss(name):
    loss = LOSSES[name].make(dtype="float64")
    labels, logits = LOSSES[name].arguments
    check_gradients(lambda logits: loss(labels, logits), [logits.astype("float64")])


def test_a_wrong_gradient_is_named():
    """One that is zero where it should not be, of three."""
    first, second = (keras.Variable([1.0, 2.0], dtype="float64", name=n) for n in ("one", "two"))

    def loss(x):
        return ops.sum(x * first * ops.stop_gradient(ops.convert_to_tensor(second)))

    with pytest.raises(AssertionError, match=r"wrong gradients by \['two'\]"):
        check_gradients(loss, [np.array([3.0, -1.0])], [first, second])
    assert second.numpy().tolist() == [1.0, 2.0]
