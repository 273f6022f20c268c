"""Pooling against NumPy, and against itself on the unpadded rows."""

import keras
import numpy as np
import pytest

from seqkit.layers.pooling import Pooling
from seqkit.testing.gradients import value_and_gradients

LENGTHS = (4, 1, 0, 3)
B, T, D = len(LENGTHS), 4, 3
X = np.random.default_rng(0).normal(size=(B, T, D)).astype("float32")
MASK = np.arange(T) < np.array(LENGTHS)[:, None]
HOLES = np.array([[1, 0, 1, 0], [0, 1, 1, 0], [0, 0, 0, 0], [0, 0, 0, 1]], bool)

ORACLES = {
    "last": lambda rows: rows[-1],
    "mean": lambda rows: rows.mean(axis=0),
    "max": lambda rows: rows.max(axis=0),
}


def pooled(layer, x, mask=None):
    return keras.ops.convert_to_numpy(layer(x, mask=mask))


@pytest.mark.parametrize("mask", [MASK, HOLES], ids=["right-padded", "holes"])
@pytest.mark.parametrize("mode", ORACLES)
def test_equals_numpy_row_by_row(mode, mask):
    expected = [
        ORACLES[mode](x[m]) if m.any() else np.zeros(D) for x, m in zip(X, mask, strict=True)
    ]
    np.testing.assert_allclose(pooled(Pooling(mode), X, mask), expected, atol=1e-6)


@pytest.mark.parametrize("mask", [MASK, HOLES], ids=["right-padded", "holes"])
def test_attention_equals_its_equation(mask):
    layer = Pooling("attention", units=5)
    layer.build((None, None, D))
    w, b, v = layer.get_weights()
    for row, m, own in zip(X, mask, pooled(layer, X, mask), strict=True):
        kept = row[m]
        score = np.exp(np.tanh(kept @ w + b) @ v)
        expected = (score / score.sum() * kept).sum(axis=0) if m.any() else np.zeros(D)
        np.testing.assert_allclose(own, expected, atol=1e-6)


def test_attention_weights_are_shares_of_the_steps():
    _, weights = Pooling("attention")(X, mask=HOLES, return_weights=True)
    weights = keras.ops.convert_to_numpy(weights)
    assert (weights[~HOLES] == 0).all()
    np.testing.assert_allclose(weights.sum(axis=1), HOLES.any(axis=1), atol=1e-6)


@pytest.mark.parametrize("mode", Pooling.modes)
def test_without_mask_every_step_counts(mode):
    layer = Pooling(mode)
    everywhere = np.ones((B, T), bool)
    np.testing.assert_allclose(pooled(layer, X), pooled(layer, X, everywhere), atol=1e-6)


@pytest.mark.parametrize("junk", [np.nan, np.inf, 1e30])
@pytest.mark.parametrize("mode", Pooling.modes)
def test_what_stands_under_the_mask_is_not_read(mode, junk):
    layer = Pooling(mode)
    spoilt = np.where(MASK[:, :, None], X, junk).astype("float32")
    np.testing.assert_array_equal(pooled(layer, spoilt, MASK), pooled(layer, X, MASK))


@pytest.mark.parametrize("mode", Pooling.modes)
def test_gradient_under_the_mask_is_zero_whatever_stands_there(mode):
    layer = Pooling(mode)
    layer.build(X.shape)
    spoilt = np.where(MASK[:, :, None], X, np.nan).astype("float32")
    _, (gradient,), _ = value_and_gradients(
        lambda x: keras.ops.sum(layer(x, mask=MASK) ** 2), [spoilt], []
    )
    assert np.isfinite(gradient).all()
    assert (gradient[~MASK] == 0).all()
    assert (gradient[MASK] != 0).any()


@pytest.mark.parametrize("policy", ["float16", "bfloat16", "mixed_bfloat16"])
@pytest.mark.parametrize("mode", Pooling.modes)
def test_narrow_types(mode, policy):
    layer = Pooling(mode, dtype=policy)
    result = layer(X, mask=MASK)
    assert keras.backend.standardize_dtype(result.dtype) == policy.removeprefix("mixed_")
    wide = Pooling(mode)
    wide.build(X.shape)
    wide.set_weights(layer.get_weights())
    result = keras.ops.convert_to_numpy(keras.ops.cast(result, "float32"))
    np.testing.assert_allclose(result, pooled(wide, X, MASK), atol=0.03)


@pytest.mark.parametrize("policy", ["float16", "bfloat16"])
@pytest.mark.parametrize("mode", ["mean", "attention"])
def test_many_steps_in_narrow_types(mode, policy):
    """In float16 a sum of ones stands still at 2048 of them."""
    result = Pooling(mode, dtype=policy)(keras.ops.full((1, 5000, D), 0.75, policy))
    np.testing.assert_allclose(keras.ops.cast(result, "float32"), np.full((1, D), 0.75), rtol=0.01)


def test_the_highest_of_low_values():
    x = np.array([[[-2e5], [-1e5], [9.0]]], "float32")
    mask = np.array([[True, True, False]])
    assert float(Pooling("max")(x, mask=mask)[0, 0]) == -1e5


@pytest.mark.parametrize("shape", [(2, 0, D), (0, 4, D), (2, 1, D)])
@pytest.mark.parametrize("mode", Pooling.modes)
def test_no_steps_no_rows_one_step(mode, shape):
    layer = Pooling(mode)
    layer.build((None, None, D))
    x = X[: shape[0], : shape[1]]
    result = pooled(layer, x, np.ones(shape[:2], bool))
    assert result.shape == (shape[0], D)
    expected = x[:, 0] if shape[1] == 1 else np.zeros((shape[0], D))
    np.testing.assert_allclose(result, expected, atol=1e-6)


@pytest.mark.parametrize("mode", Pooling.modes)
def test_config_and_shape(mode):
    layer = Pooling.from_config(Pooling(mode, units=7).get_config())
    assert (layer.mode, layer.units) == (mode, 7)
    assert layer.compute_output_shape((None, None, D)) == (None, D)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Pooling("sum"), "one of last, mean, max, attention. Received: 'sum'"),
        (lambda: Pooling("attention", units=0), "Received: units=0"),
        (lambda: Pooling("max")(X, return_weights=True), "Received: mode='max'"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()
