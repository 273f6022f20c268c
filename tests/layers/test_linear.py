"""Linear forecasts and reversible norms against NumPy written from the papers."""

import numpy as np
import pytest
from keras import ops

from seqkit.layers import DecompositionLinear, LinearForecast, ReversibleNorm
from seqkit.testing.examples import random

B, L, C, H = 3, 30, 2, 4


def built(layer, x):
    layer.build(x.shape)
    for k, weight in enumerate(layer.weights):
        weight.assign(random(*weight.shape, seed=k))
    return layer


@pytest.mark.parametrize("individual", [False, True])
def test_linear(individual):
    x = random(B, L, C)
    layer = built(LinearForecast(H, individual=individual), x)
    kernel, bias = (w.numpy() for w in layer.weights)
    for c in range(C):
        w, b = (kernel[c], bias[c]) if individual else (kernel, bias)
        np.testing.assert_allclose(layer(x)[:, :, c], x[:, :, c] @ w + b, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("period", "individual"), [(25, False), (3, True), (1, False)])
def test_decomposition(period, individual):
    """The trend is a mean over `period` steps, the ends of the window repeated."""
    x = random(B, L, C)
    layer = built(DecompositionLinear(H, period=period, individual=individual), x)
    seasonal, trend, bias = (w.numpy() for w in layer.weights)
    reach = period // 2
    padded = np.concatenate(
        [np.repeat(x[:, :1], reach, 1), x, np.repeat(x[:, -1:], reach, 1)], axis=1
    )
    mean = np.stack([padded[:, t : t + period].mean(axis=1) for t in range(L)], axis=1)
    for c in range(C):
        s, t, b = (w[c] if individual else w for w in (seasonal, trend, bias))
        expected = (x - mean)[:, :, c] @ s + mean[:, :, c] @ t + b
        np.testing.assert_allclose(layer(x)[:, :, c], expected, rtol=1e-4, atol=1e-4)


def test_numbers_for_each_value():
    x = random(B, L, C)
    layer = built(LinearForecast(H, outputs=5), x)
    assert layer(x).shape == (B, H, C, 5)
    kernel, bias = (w.numpy() for w in layer.weights)
    expected = (x[1, :, 1] @ kernel + bias).reshape(H, 5)
    np.testing.assert_allclose(layer(x)[1, :, 1], expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("mode", ReversibleNorm.modes)
def test_the_inverse_is_exact(mode):
    x = 50 + 7 * random(B, L, C)
    norm = built(ReversibleNorm(mode), x)
    location, scale = norm.statistics(x)
    np.testing.assert_allclose(norm(x) * scale + location, x, rtol=1e-5)


def test_standard_is_kim_2022():
    x = 50 + 7 * random(B, L, C)
    norm = built(ReversibleNorm(), x)
    gain, shift = np.exp(norm.log_gain.numpy()), norm.shift.numpy()
    mean, variance = x.mean(axis=1, keepdims=True), x.var(axis=1, keepdims=True)
    expected = gain * (x - mean) / np.sqrt(variance + 1e-5) + shift
    np.testing.assert_allclose(norm(x), expected, rtol=1e-4, atol=1e-4)
    y = random(B, H, C)  # equation 3: the inverse
    location, scale = norm.statistics(x)
    inverse = np.sqrt(variance + 1e-5) * (y - shift) / gain + mean
    np.testing.assert_allclose(y * scale + location, inverse, rtol=1e-4)


def test_last_and_scale():
    x = np.abs(random(B, L, C))
    location, scale = ReversibleNorm("last").statistics(x)
    np.testing.assert_array_equal(location, x[:, -1:])
    assert (ops.convert_to_numpy(scale) == 1).all()
    location, scale = ReversibleNorm("scale").statistics(x)
    assert (ops.convert_to_numpy(location) == 0).all()
    np.testing.assert_allclose(scale, 1 + x.mean(axis=1, keepdims=True), rtol=1e-6)


def test_a_window_without_change_stays_finite():
    x = np.full((1, L, 1), 3.0, "float32")
    assert np.abs(ops.convert_to_numpy(ReversibleNorm(affine=False)(x))).max() < 1e-3


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: LinearForecast(0), "`horizon` must be a positive int"),
        (lambda: LinearForecast(3, outputs=0), "`outputs` must be a positive int"),
        (lambda: DecompositionLinear(3, period=4), "`period` must be odd. Received: period=4"),
        (lambda: ReversibleNorm("first"), "`mode` must be one of"),
        (lambda: LinearForecast(3).build((None, None, 2)), "must have a known length"),
    ],
)
def test_wrong_arguments(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_windows_of_large_numbers_in_half_precision():
    """The square of 400 is infinite in float16."""
    x = np.array([1000.0, 1400.0, 1800.0], "float32").reshape(1, 3, 1)
    found = np.asarray(ReversibleNorm(dtype="mixed_float16")(x), "float32")
    np.testing.assert_allclose(found[0, :, 0], (x[0, :, 0] - 1400) / x[0].std(), atol=1e-2)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16", "bfloat16"])
def test_windows_are_normalised_before_they_are_rounded(policy):
    """Kelvins of one day are one number in bfloat16; 70,000 is infinite in float16."""
    for start in (293.1, 70000.0):
        x = (start + np.array([0.0, 0.25, 0.5])).astype("float32").reshape(1, 3, 1)
        found = np.asarray(ops.cast(ReversibleNorm(dtype=policy)(x), "float32"))
        np.testing.assert_allclose(found[0, :, 0], [-1.2247, 0, 1.2247], atol=0.02)
