"""Metrics and baselines against their formulas, and what a backtest says."""

import numpy as np
import pandas as pd
import pytest

import recipes
from seqkit.models.baselines import ets, naive, seasonal_naive
from seqkit.models.scores import METRICS, scores

TRUTH = np.array([[1.0, 2.0], [3.0, -4.0]])
MEAN = np.array([[1.5, 2.0], [1.0, 0.0]])


def test_point_metrics_by_hand():
    found = scores(TRUTH, MEAN, None, [], np.array([[2.0], [1.0]]))
    assert list(found) == list(METRICS)
    errors = np.array([0.5, 0.0, 2.0, 4.0])
    assert found["mse"] == np.mean(errors**2)
    assert found["rmse"] == np.sqrt(found["mse"])
    assert found["mae"] == found["crps"] == errors.mean()
    assert found["mase"] == np.mean([0.25, 0.0, 2.0, 4.0])
    assert found["smape"] == pytest.approx(np.mean([200 * 0.5 / 2.5, 0, 200 * 2 / 4, 200]))
    assert np.isnan(found["coverage"])


def test_kept_axes():
    found = scores(TRUTH, MEAN, None, [], 1.0, keep=(1,))
    np.testing.assert_allclose(found["mae"], [1.25, 2.0])
    np.testing.assert_allclose(found["rmse"], [np.sqrt(2.125), np.sqrt(8.0)])


def test_crps_over_levels_nears_that_of_a_normal():
    import statistics

    levels = np.round(np.arange(0.01, 1, 0.01), 2)
    normal = np.array([statistics.NormalDist().inv_cdf(q) for q in levels])
    y = np.random.default_rng(0).normal(size=4000)
    found = scores(y, 0 * y, np.tile(normal, (len(y), 1)), levels, 1.0)
    assert found["crps"] == pytest.approx(1 / np.sqrt(np.pi), abs=0.02)
    assert found["coverage"] == pytest.approx(0.98, abs=0.01)
    assert found["pinball"] == pytest.approx(found["crps"] / 2, abs=0.01)


def test_naive_methods():
    history = np.array([5.0, 1.0, 2.0, 7.0, 3.0, 4.0])
    mean, quantiles = naive(history, 2, 3, [0.5, 0.975])
    spread = np.sqrt(np.mean(np.diff(history) ** 2))
    np.testing.assert_allclose(mean, [4, 4])
    np.testing.assert_allclose(quantiles[:, 1] - 4, 1.95996 * spread * np.sqrt([1, 2]), rtol=1e-4)
    mean, quantiles = seasonal_naive(history, 5, 3, [0.5])
    np.testing.assert_allclose(mean, [7, 3, 4, 7, 3])
    np.testing.assert_allclose(quantiles[:, 0], mean)


def test_exponential_smoothing_follows_a_growing_season():
    t = np.arange(96)
    history = (10 + 0.2 * t) * (1 + 0.3 * np.sin(2 * np.pi * t / 12))
    mean, quantiles = ets(history, 12, 12, [0.05, 0.5, 0.95])
    ahead = np.arange(96, 108)
    truth = (10 + 0.2 * ahead) * (1 + 0.3 * np.sin(2 * np.pi * ahead / 12))
    assert np.abs(mean - truth).mean() < 0.5
    assert (np.diff(quantiles, axis=1) >= 0).all()
    for odd in (np.ones(50), np.arange(5.0)):  # what it cannot fit, the naive method answers
        assert np.isfinite(ets(odd, 3, 12, [0.5])[0]).all()


@pytest.fixture(scope="module")
def backtest():
    t = np.arange(400)
    values = np.sin(2 * np.pi * t / 24) + 0.1 * np.random.default_rng(0).normal(size=(2, 400))
    times = pd.date_range("2024-01-01", periods=400, freq="h")
    frame = pd.concat(
        [pd.DataFrame({"unique_id": f"s{k}", "ds": times, "y": v}) for k, v in enumerate(values)]
    )
    model = recipes.forecasting(
        frame, horizon=12, lookback=48, cell=None, seed=1, learning_rate=0.01
    )
    model.fit(frame, epochs=6, verbose=0)
    return model.backtest(frame, windows=3, stride=6, against=("naive", "seasonal naive"))


def test_backtest_measures_what_was_said(backtest):
    assert backtest.truth.shape == (3, 2, 12, 1)
    mean, quantiles = backtest.answers["forecaster"]
    table = backtest.table()
    expected = np.abs(mean - backtest.truth).mean()
    assert table.loc["forecaster", "mae"] == pytest.approx(expected)
    assert quantiles.shape == (3, 2, 12, 1, 19)
    assert backtest.moments[1] - backtest.moments[0] == pd.Timedelta("6h")
    assert table.loc["naive", "mse"] > 5 * table.loc["forecaster", "mse"]


def test_tables_by_series_step_window_and_target(backtest):
    for by, size in (("series", 2), ("step", 12), ("window", 3), ("target", 1)):
        table = backtest.table(by=by)
        assert len(table) == 3 * size
        np.testing.assert_allclose(
            table.loc["forecaster", "mse"].mean(), backtest.table().loc["forecaster", "mse"]
        )
    with pytest.raises(ValueError, match="`by` must be None or one of"):
        backtest.table(by="month")


def test_it_says_what_it_does_not_beat(backtest):
    assert backtest.unbeaten() == []
    assert "does not beat" not in str(backtest)
    mean, quantiles = backtest.answers["forecaster"]
    worse = type(backtest)(
        backtest.truth,
        {**backtest.answers, "forecaster": (mean + 10, quantiles)},
        backtest.scale,
        backtest.ids,
        backtest.targets,
        backtest.moments,
    )
    assert worse.unbeaten() == ["naive", "seasonal naive"]
    assert "forecaster does not beat naive, seasonal naive (MASE)" in str(worse)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"windows": 0}, "`windows` must be a positive int"),
        ({"windows": 50}, "must leave 48 steps before the first forecast"),
        ({"against": ("oracle",)}, "`against` must name naive"),
    ],
)
def test_wrong_arguments(options, message):
    times = pd.date_range("2024-01-01", periods=200, freq="h")
    frame = pd.DataFrame({"ds": times, "y": np.sin(np.arange(200.0))})
    model = recipes.forecasting(frame, horizon=12, lookback=48, cell=None)
    with pytest.raises(ValueError, match=message):
        model.backtest(frame, **options)
