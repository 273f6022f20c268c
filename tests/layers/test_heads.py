"""Heads against SciPy: likelihoods, quantiles, means, and CRPS by numerical integration.

CRPS is compared with that of `scoringrules` too.
"""

import numpy as np
import pytest
import scoringrules
from keras import ops
from scipy import integrate, stats

from seqkit.layers import Gaussian, Mixture, NegativeBinomial, Point, Quantiles, StudentT
from seqkit.layers.heads import Paths, level_grid, pinball
from seqkit.layers.special import log_gamma, t_cdf, t_quantile

Y = np.array([-3.0, -0.2, 0.0, 0.7, 9.0])
LEVELS = [0.01, 0.1, 0.5, 0.9, 0.99]


def rows(*columns):
    return np.stack(np.broadcast_arrays(*columns), axis=-1).astype("float32")


def mixture():
    weights, means = np.array([0.2, 0.5, 0.3]), np.array([-1.0, 0.5, 3.0])
    deviations = np.array([0.5, 1.0, 0.2])
    return weights, means, deviations


class MixtureOracle:
    """A mixture out of SciPy's normals."""

    def __init__(self):
        self.weights, means, deviations = mixture()
        self.parts = stats.norm(means, deviations)

    def logpdf(self, y):
        return np.log((self.weights * self.parts.pdf(np.asarray(y)[..., None])).sum(-1))

    def cdf(self, y):
        return (self.weights * self.parts.cdf(np.asarray(y)[..., None])).sum(-1)

    def ppf(self, levels):
        grid = np.linspace(-10, 10, 400_001)
        return np.interp(levels, self.cdf(grid), grid)

    def mean(self):
        return float((self.weights * mixture()[1]).sum())


def mixture_parameters():
    weights, means, deviations = mixture()
    return np.tile(np.r_[np.log(weights), means, deviations], (len(Y), 1)).astype("float32")


CONTINUOUS = {
    "gaussian": (Gaussian(), rows(0.3 + 0 * Y, 1.7), stats.norm(0.3, 1.7)),
    "gaussian narrow": (Gaussian(), rows(0.3 + 0 * Y, 0.4), stats.norm(0.3, 0.4)),
    "student 3": (StudentT(), rows(0.3 + 0 * Y, 1.7, 3.0), stats.t(3, 0.3, 1.7)),
    "student 2.1": (StudentT(), rows(0.0 * Y, 0.5, 2.1), stats.t(2.1, 0.0, 0.5)),
    "student 60": (StudentT(), rows(0.0 * Y, 1.0, 60.0), stats.t(60, 0.0, 1.0)),
    "mixture": (Mixture(3), mixture_parameters(), MixtureOracle()),
}


@pytest.mark.parametrize("name", CONTINUOUS)
def test_loss_is_minus_the_log_likelihood(name):
    head, parameters, oracle = CONTINUOUS[name]
    loss = head.loss(Y.astype("float32"), parameters)
    np.testing.assert_allclose(loss, -oracle.logpdf(Y), rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize("name", CONTINUOUS)
def test_quantiles_and_mean(name):
    head, parameters, oracle = CONTINUOUS[name]
    quantiles = ops.convert_to_numpy(head.quantile(parameters, LEVELS))
    assert quantiles.shape == (len(Y), len(LEVELS))
    np.testing.assert_allclose(quantiles[0], oracle.ppf(LEVELS), rtol=2e-4, atol=2e-4)
    np.testing.assert_allclose(head.mean(parameters)[0], oracle.mean(), rtol=1e-5)
    one_by_one = [ops.convert_to_numpy(head.at(parameters, level)) for level in LEVELS]
    np.testing.assert_allclose(np.stack(one_by_one, -1), quantiles, rtol=1e-5, atol=1e-5)


def crps_by_integral(oracle, y):
    """`∫ (F(x) - 1[x >= y])^2 dx`, the definition."""
    below, _ = integrate.quad(lambda x: oracle.cdf(x) ** 2, -np.inf, y, limit=400)
    above, _ = integrate.quad(lambda x: (1 - oracle.cdf(x)) ** 2, y, np.inf, limit=400)
    return below + above


@pytest.mark.parametrize("name", CONTINUOUS)
def test_crps_is_the_integral(name):
    head, parameters, oracle = CONTINUOUS[name]
    expected = [crps_by_integral(oracle, y) for y in Y]
    np.testing.assert_allclose(head.crps(Y.astype("float32"), parameters), expected, rtol=3e-3)


def test_crps_as_scoringrules_has_it():
    y = Y.astype("float32")
    weights, means, deviations = mixture()
    many = np.ones((len(Y), 1))
    pairs = {
        "gaussian": scoringrules.crps_normal(Y, 0.3, 1.7),
        "student 3": scoringrules.crps_t(Y, 3.0, 0.3, 1.7),
        "mixture": scoringrules.crps_mixnorm(Y, many * means, many * deviations, many * weights),
    }
    for name, expected in pairs.items():
        head, parameters, _ = CONTINUOUS[name]
        np.testing.assert_allclose(head.crps(y, parameters), expected, rtol=2e-4, err_msg=name)


@pytest.mark.parametrize(
    ("mean", "dispersion"), [(0.5, 2.0), (10.0, 0.1), (200.0, 0.5), (400.0, 0.001)]
)
def test_negative_binomial(mean, dispersion):
    head, counts = NegativeBinomial(), np.array([0.0, 1.0, 7.0, 150.0])
    oracle = stats.nbinom(1 / dispersion, 1 / (1 + dispersion * mean))
    parameters = rows(mean + 0 * counts, dispersion)
    loss = head.loss(counts.astype("float32"), parameters)
    np.testing.assert_allclose(loss, -oracle.logpmf(counts), rtol=1e-3, atol=1e-3)
    levels = [0.013, 0.1, 0.5, 0.9, 0.987]
    found = ops.convert_to_numpy(head.quantile(parameters, levels))[0]
    np.testing.assert_allclose(found, oracle.ppf(levels), atol=1 if mean > 100 else 0)
    k, crps = np.arange(20_000), ops.convert_to_numpy(head.crps(counts, parameters))
    by_hand = [np.square(oracle.cdf(k) - (k >= y)).sum() for y in counts]
    np.testing.assert_allclose(crps, by_hand, rtol=1e-3)
    if dispersion > 0.01:  # nearer to Poisson `scoringrules` says NaN
        theirs = scoringrules.crps_negbinom(counts, 1 / dispersion, 1 / (1 + dispersion * mean))
        np.testing.assert_allclose(crps, theirs, rtol=1e-3)


def test_point_losses():
    y, f = np.array([0.0, 0.0], "float32"), np.array([[0.5], [-3.0]], "float32")
    np.testing.assert_allclose(Point("mse").loss(y, f), [0.25, 9.0])
    np.testing.assert_allclose(Point("mae").loss(y, f), [0.5, 3.0])
    np.testing.assert_allclose(Point("huber").loss(y, f), [0.125, 2.5])
    np.testing.assert_allclose(Point("huber", delta=2.0).loss(y, f), [0.125, 4.0])
    np.testing.assert_allclose(Point().crps(y, f), [0.5, 3.0])


def test_quantiles_never_cross_and_start_as_those_of_a_normal():
    head = Quantiles()
    raw = np.random.default_rng(0).normal(scale=9.0, size=(200, head.size)).astype("float32")
    assert (np.diff(head.constrain(raw), axis=-1) >= 0).all()
    start = ops.convert_to_numpy(head.constrain(np.zeros((1, head.size), "float32")))[0]
    np.testing.assert_allclose(start, stats.norm.ppf(head.levels), atol=1e-5)


def test_quantiles_between_and_beyond_their_levels():
    head = Quantiles([0.1, 0.5, 0.9])
    parameters = np.array([[-2.0, 0.0, 4.0]], "float32")
    found = head.quantile(parameters, [0.05, 0.1, 0.3, 0.5, 0.8, 0.9, 0.99])
    np.testing.assert_allclose(found[0], [-2, -2, -1, 0, 3, 4, 4], atol=1e-5)
    # The mean of that distribution, by its quantile function.
    grid = level_grid(10_000)
    expected = np.interp(grid, head.levels, [-2.0, 0.0, 4.0]).mean()
    np.testing.assert_allclose(head.mean(parameters), [expected], rtol=1e-4)


def test_pinball_is_least_at_the_quantile():
    y = np.random.default_rng(0).normal(size=20_000).astype("float32")
    candidates = np.linspace(0, 3, 61, dtype="float32")
    losses = [float(np.mean(pinball(y, np.full((len(y), 1), c), [0.9]))) for c in candidates]
    assert abs(candidates[int(np.argmin(losses))] - np.quantile(y, 0.9)) < 0.06


@pytest.mark.parametrize("name", ["gaussian", "student 3", "mixture"])
def test_rescaled_parameters_are_those_of_rescaled_values(name):
    head, parameters, _ = CONTINUOUS[name]
    location, scale = np.float32(5.0) + 0 * Y, np.float32(3.0) + 0 * Y
    moved = head.rescale(parameters, ops.cast(location, "float32"), ops.cast(scale, "float32"))
    y = Y.astype("float32")
    np.testing.assert_allclose(
        head.quantile(moved, LEVELS), 3 * np.asarray(head.quantile(parameters, LEVELS)) + 5,
        rtol=1e-4, atol=1e-4,
    )  # fmt: skip
    np.testing.assert_allclose(
        head.loss(3 * y + 5, moved), np.asarray(head.loss(y, parameters)) + np.log(3), rtol=1e-4,
        atol=1e-4,
    )  # fmt: skip


def test_paths_are_an_empirical_distribution():
    drawn = np.random.default_rng(0).normal(size=(4, 101)).astype("float32")
    head = Paths(101)
    np.testing.assert_allclose(
        head.quantile(drawn, LEVELS), np.quantile(drawn, LEVELS, axis=-1).T, atol=1e-5
    )
    np.testing.assert_allclose(head.mean(drawn), drawn.mean(-1), atol=1e-6)
    y = np.array([-3.0, 0.1, 0.5, 4.0], "float32")
    np.testing.assert_allclose(head.crps(y, drawn), scoringrules.crps_ensemble(y, drawn), rtol=1e-5)


def test_special_functions():
    x = np.array([1e-3, 0.4, 1.0, 2.5, 60.0, 1e4], "float32")
    np.testing.assert_allclose(log_gamma(x), special_log_gamma(x), rtol=2e-5, atol=2e-5)
    t = np.linspace(-8, 8, 33).astype("float32")
    for freedom in (1.0, 2.01, 5.0, 100.0):
        expected = stats.t(freedom).cdf(t)
        np.testing.assert_allclose(t_cdf(t, np.float32(freedom) + 0 * t), expected, atol=5e-6)
        levels = np.array([0.001, 0.2, 0.5, 0.8, 0.999], "float32")
        found = t_quantile(levels, np.float32(freedom) + 0 * levels)
        np.testing.assert_allclose(found, stats.t(freedom).ppf(levels), rtol=2e-3, atol=1e-4)


def special_log_gamma(x):
    from scipy.special import gammaln

    return gammaln(x.astype("float64"))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Point("rmse"), "`loss` must be one of"),
        (lambda: Point("huber", delta=0.0), "`delta` must be above 0"),
        (lambda: Quantiles([0.9, 0.1]), "`levels` must ascend"),
        (lambda: Quantiles([0.0, 0.5]), r"Levels must be numbers in \(0, 1\)"),
        (lambda: Mixture(0), "`components` must be a positive int"),
        (lambda: NegativeBinomial(limit=-1), "`limit` must be a positive int"),
        (lambda: Gaussian().quantile(np.zeros((1, 2), "float32"), [1.5]), "Levels must be"),
    ],
)
def test_wrong_arguments(make, message):
    with pytest.raises(ValueError, match=message):
        make()
