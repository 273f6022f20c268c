"""Gradients against finite differences, in float64: inputs, states and weights."""

import numpy as np
import pytest
from keras import ops
from keras.backend import standardize_dtype

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
from seqkit.testing.gradients import finite_differences, value_and_gradients

ALL = {**RECURRENT, **STACKS, **POOLINGS, **CHAINS}
PLAIN = {**POOLINGS, **CHAINS}  # no states, nothing to ask for in training


def check(function, arrays, variables):
    """Gradients of `function` of `arrays` by those and by `variables`."""
    count = len(arrays)
    _, by_array, by_variable = value_and_gradients(function, arrays, variables)
    start = [v.numpy() for v in variables]

    def value(*moved):
        for variable, now in zip(variables, moved[count:], strict=True):
            variable.assign(now)
        tensors = [ops.convert_to_tensor(a, "float64") for a in moved[:count]]
        return function(*tensors)

    slopes = finite_differences(value, [*arrays, *start])
    for k, (gradient, (direction, slope)) in enumerate(
        zip([*by_array, *by_variable], slopes, strict=True)
    ):
        assert gradient.dtype == "float64"
        product = np.sum(gradient * direction)
        assert abs(product - slope) <= 1e-6 * max(1.0, abs(slope)), f"entry {k}"


@pytest.mark.parametrize(("mask", "training"), [(None, False), ("holes", True)])
# The squares of what a scheme forbids would drown the differences.
@pytest.mark.parametrize("name", [name for name in ALL if name != "CRF scheme"])
def test_gradient(name, mask, training):
    float64_or_skip()
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

    check(loss, [x, *states], layer.trainable_variables)


@pytest.mark.parametrize("name", LOSSES)
def test_gradient_of_a_loss(name):
    float64_or_skip()
    loss = LOSSES[name].make(dtype="float64")
    labels, logits = LOSSES[name].arguments
    check(lambda logits: loss(labels, logits), [logits.astype("float64")], [])


def float64_or_skip():
    if standardize_dtype(ops.convert_to_tensor(np.zeros(1), "float64").dtype) != "float64":
        pytest.skip("this JAX runs without 64 bits")
