"""What any model has to beat: the last value, the last season, exponential smoothing.

Shapes: T steps of history, H horizon, Q levels.
"""

import itertools
import math
import statistics
import warnings

import numpy as np

__all__ = ["BASELINES", "ets", "naive", "seasonal_naive"]

PATHS = 500
RECENT = 40  # seasons that exponential smoothing reads; more would only take longer


def naive(history, horizon, season, levels):
    """The last value, with the spread of a random walk (Hyndman & Athanasopoulos 2021, 5.5).

    Args:
        history: float (T,).
        horizon: H.
        season: steps until a season comes back.
        levels: Q quantiles.

    Returns:
        Mean (H,), quantiles (H, Q).

    Example:
        >>> naive(np.array([1.0, 2.0, 4.0]), 2, 1, [0.5])[0].tolist()
        [4.0, 4.0]
    """
    return seasonal_naive(history, horizon, 1, levels)


def seasonal_naive(history, horizon, season, levels):
    """The value one season ago; arguments as in `naive`.

    Example:
        >>> seasonal_naive(np.array([1.0, 2.0, 3.0, 4.0]), 3, 2, [0.5])[0].tolist()
        [3.0, 4.0, 3.0]
    """
    season = season if len(history) > season else 1
    ahead = np.arange(horizon)
    mean = history[len(history) - season + ahead % season]
    errors = history[season:] - history[:-season]
    spread = np.sqrt(np.mean(np.square(errors))) if len(errors) else 0.0
    spread = spread * np.sqrt(ahead // season + 1)
    normal = np.array([statistics.NormalDist().inv_cdf(level) for level in levels])
    return mean, mean[:, None] + spread[:, None] * normal


def ets(history, horizon, season, levels):
    """Exponential smoothing by statsmodels; the AIC chooses trend (damped?) and season (times?).

    Arguments as in `naive`. A series of one value, or too short, has the naive answer.
    """
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    seasonal = 1 < season <= 366 and len(history) >= 2 * season + 4
    history = history[-RECENT * season :] if seasonal else history[-2000:]
    if len(history) < 10 or np.ptp(history) == 0:
        return naive(history, horizon, season, levels)
    kinds = [{}]
    if seasonal:
        kinds = [{"seasonal": "add", "seasonal_periods": season}]
        if history.min() > 0:
            kinds.append({"seasonal": "mul", "seasonal_periods": season})
    # A start for each step of a long season takes many times as long to estimate.
    start = "estimated" if season <= 12 else "heuristic"
    fits = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of optimisers that stop early: the AIC compares them
        for kind, damped in itertools.product(kinds, (True, False)):
            error = "mul" if kind.get("seasonal") == "mul" else "add"
            options = dict(error=error, trend="add", damped_trend=damped, **kind)
            model = ETSModel(history, initialization_method=start, **options)
            fits.append(model.fit(disp=False, maxiter=200))
        best = min(fits, key=lambda fit: fit.aic if math.isfinite(fit.aic) else math.inf)
        # Drawn here: how its own draws are seeded changes from version to version.
        spread = np.sqrt(np.mean(np.square(np.asarray(best.resid))))
        errors = np.random.default_rng(0).normal(0, spread, (horizon, PATHS))
        drawn = best.simulate(horizon, anchor="end", repetitions=PATHS, random_errors=errors)
        paths = np.asarray(drawn).reshape(horizon, PATHS)
        mean = np.asarray(best.forecast(horizon))
    return mean, np.quantile(paths, levels, axis=1).T


BASELINES = {"naive": naive, "seasonal naive": seasonal_naive, "ets": ets}
