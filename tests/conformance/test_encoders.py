"""What every encoder without states promises: masks, gradients, dtypes, compilers, no input.

Shapes: B batch, T time, D features.
"""

import functools

import keras
import numpy as np
import pytest
from keras import ops

from seqkit.testing.examples import ENCODERS, MASKS, random
from seqkit.testing.gradients import check_gradients, has_float64, outcome, value_and_gradients

CLOSE = {"rtol": 1e-5, "atol": 1e-5}
# Compiling costs seconds: one of each part, and the rest by `fit` and the step by step tests.
COMPILED = ("MultiHeadAttention cosine", "TransformerEncoder rotary", "TransformerEncoder learned")
FLOAT64 = pytest.mark.skipif(not has_float64(), reason="this JAX runs without 64 bits")
POLICIES = {"float16": 0.02, "bfloat16": 0.15, "mixed_float16": 0.02, "mixed_bfloat16": 0.15}


def inputs(name):
    return ENCODERS[name].arguments[0]


def assert_same(one, other, **close):
    assert one.keys() == other.keys()
    for what in other:
        np.testing.assert_allclose(one[what], other[what], **(close or CLOSE), err_msg=what)


@pytest.mark.parametrize("mask", ["left", "empty rows"])
@pytest.mark.parametrize("name", ENCODERS)
def test_masked_equals_unpadded(name, mask):
    """Each row against its valid steps alone: outputs and gradients; zeros in padding."""
    layer, mask, x = ENCODERS[name].build(), MASKS[mask], inputs(name)

    def squares(x, mask=None):
        """The loss of a batch is the sum of those of its rows."""
        output = layer(x, mask=mask)
        return ops.sum(ops.square(output)), output

    weights = layer.trainable_variables
    (_, batch), (d_x,), d_weights = value_and_gradients(lambda x: squares(x, mask), [x], weights)
    batch = ops.convert_to_numpy(batch)
    assert not batch[~mask].any()
    assert not d_x[~mask].any()
    total = [np.zeros_like(d) for d in d_weights]
    for b, valid in enumerate(mask):
        if not valid.any():
            continue
        (_, alone), (d_row,), d_alone = value_and_gradients(squares, [x[b : b + 1, valid]], weights)
        np.testing.assert_allclose(batch[b, valid], ops.convert_to_numpy(alone)[0], **CLOSE)
        np.testing.assert_allclose(d_x[b, valid], d_row[0], rtol=1e-4, atol=1e-5)
        total = [t + d for t, d in zip(total, d_alone, strict=True)]
    for d, t, weight in zip(d_weights, total, weights, strict=True):
        np.testing.assert_allclose(d, t, rtol=1e-4, atol=1e-4, err_msg=weight.path)


FILLERS = [("holes", np.nan), ("left", np.inf), ("right", 1e30)]


@pytest.mark.parametrize(
    ("name", "mask", "filler"),
    [*((n, "empty rows", np.nan) for n in ENCODERS), *((n, *f) for n in COMPILED for f in FILLERS)],
)
def test_what_stands_in_padding_is_harmless(name, mask, filler):
    layer, mask, x = ENCODERS[name].build(), MASKS[mask], inputs(name)
    filled = np.where(mask[:, :, None], x, np.float32(filler))
    assert_same(outcome(layer, filled, mask=mask), outcome(layer, x, mask=mask), atol=1e-6)


@pytest.mark.parametrize("name", ENCODERS)
def test_a_mask_that_comes_with_the_input_is_read_and_passed_on(name):
    layer, x = ENCODERS[name].build(), inputs(name).copy()
    x[1, 3:] = 0
    masked = keras.layers.Masking()(x)
    output = layer(masked)
    expected = layer(x, mask=masked._keras_mask)
    np.testing.assert_array_equal(ops.convert_to_numpy(output), ops.convert_to_numpy(expected))
    assert output._keras_mask is not None


@pytest.mark.parametrize("name", ENCODERS)
def test_batch_of_one_equals_batch_of_many(name):
    layer, x = ENCODERS[name].build(), inputs(name)
    many = ops.convert_to_numpy(layer(x))
    for b in range(len(x)):
        one = ops.convert_to_numpy(layer(x[b : b + 1]))
        np.testing.assert_allclose(many[b : b + 1], one, **CLOSE)


@pytest.mark.parametrize("masked", [False, True], ids=["no mask", "mask"])
@pytest.mark.parametrize(("batch", "time"), [(0, 5), (2, 0), (0, 0), (2, 1)])
@pytest.mark.parametrize("name", ENCODERS)
def test_empty_input_is_defined(name, batch, time, masked):
    layer = ENCODERS[name].build()
    x = np.ones((batch, time, inputs(name).shape[-1]), "float32")
    mask = np.ones((batch, time), bool) if masked else None
    output = ops.convert_to_numpy(layer(x, mask=mask))
    assert output.shape[:2] == (batch, time)
    assert np.isfinite(output).all()


@pytest.mark.parametrize("name", COMPILED)
def test_compiled_as_step_by_step(name):
    layer, x, mask = ENCODERS[name].build(), inputs(name), MASKS["empty rows"]
    got = outcome(layer, x, mask=mask, compiled="xla", training=True)
    assert_same(got, outcome(layer, x, mask=mask), rtol=1e-4, atol=1e-5)


@functools.cache
def in_float32(name):
    """Weights, and what comes out."""
    exact = ENCODERS[name].build()
    return exact.get_weights(), outcome(exact, inputs(name), mask=MASKS["empty rows"])


@pytest.mark.parametrize(
    ("name", "policy"),
    [(n, p) for n in ENCODERS for p in POLICIES if n in COMPILED or p.startswith("mixed")],
)
def test_policy(name, policy):
    start, expected = in_float32(name)
    layer = ENCODERS[name].build(dtype=policy)
    layer.set_weights(start)
    variables = "float32" if policy.startswith("mixed") else policy
    assert {str(w.dtype) for w in layer.trainable_variables} == {variables}
    x = inputs(name).astype("float32")
    x[~MASKS["empty rows"]] = np.nan
    narrow = policy.removeprefix("mixed_")
    got = outcome(layer, ops.cast(x, narrow), mask=MASKS["empty rows"])
    for what, value in got.items():
        if what.startswith("result"):
            assert str(value.dtype) == narrow
        scale = np.abs(expected[what]).max()
        error = np.abs(value.astype("float64") - expected[what]).max()
        # Of small values more than half would be lost, were they all zero.
        allowed = min(POLICIES[policy] * max(1.0, scale), 0.6 * scale) + 0.01
        assert error <= allowed, f"{what}: {error} of {scale}"


@FLOAT64
@pytest.mark.parametrize("mask", [None, "holes"])
@pytest.mark.parametrize("name", ENCODERS)
def test_gradient(name, mask):
    """Against finite differences, in float64."""
    layer, x = ENCODERS[name].build(dtype="float64"), inputs(name).astype("float64")
    mask = None if mask is None else MASKS[mask]

    def loss(x):
        output = layer(x, mask=mask)
        factor = ops.convert_to_tensor(random(*output.shape, seed=1), "float64")
        return ops.sum(factor * ops.square(output))

    check_gradients(loss, [x], layer.trainable_variables)
