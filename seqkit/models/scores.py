"""How far forecasts are from what came, in NumPy; smaller is better, but for coverage.

Shapes: ... any, of values; Q levels.
"""

import numpy as np

__all__ = ["METRICS", "scores"]

METRICS = ("mse", "mae", "rmse", "smape", "mase", "pinball", "crps", "coverage")


def scores(truth, mean, quantiles, levels, scale, keep=()):
    """All metrics, as means over all axes but those in `keep`.

    MSE, MAE and RMSE read the mean; sMAPE is `200 |y - f| / (|y| + |f|)`, in percent (M4); MASE
    divides by the mean error of the seasonal naive method on the past (Hyndman & Koehler 2006);
    pinball is the mean over the levels; CRPS is its double over levels that stand for equal
    shares; coverage is the share of values between the outer levels.

    Args:
        truth, mean: (...).
        quantiles: (..., Q), or `None` for a method that says points alone.
        levels: Q ascending levels, symmetric around 0.5.
        scale: broadcasts to (...): what MASE divides by.
        keep: axes that stay.

    Returns:
        Dict from metric to an array of the kept axes; NaN where there are no quantiles, but for
        CRPS, which is the MAE of a point.

    Example:
        >>> found = scores(np.ones(2), np.zeros(2), None, [], 2.0)
        >>> float(found["mse"]), float(found["mase"]), float(found["crps"])
        (1.0, 0.5, 1.0)
    """
    axes = tuple(k for k in range(truth.ndim) if k not in keep)
    error = np.abs(truth - mean)
    size = np.abs(truth) + np.abs(mean)
    nothing = np.full_like(error, np.nan)
    pinball = coverage = nothing
    crps = error
    if quantiles is not None:
        levels = np.asarray(levels)
        apart = truth[..., None] - quantiles
        losses = np.maximum(levels * apart, (levels - 1) * apart)
        pinball = losses.mean(axis=-1)
        crps = 2 * np.sum(losses * shares(levels), axis=-1)
        coverage = ((apart[..., 0] >= 0) & (apart[..., -1] <= 0)).astype(float)
    found = {
        "mse": np.square(error).mean(axis=axes),
        "mae": error.mean(axis=axes),
        "smape": (200 * error / np.where(size > 0, size, 1.0)).mean(axis=axes),
        "mase": (error / scale).mean(axis=axes),
        "pinball": pinball.mean(axis=axes),
        "crps": crps.mean(axis=axes),
        "coverage": coverage.mean(axis=axes),
    }
    found["rmse"] = np.sqrt(found["mse"])
    return {name: found[name] for name in METRICS}


def shares(levels):
    """What part of (0, 1) each level stands for: up to halfway to its neighbours."""
    edges = np.r_[0.0, (levels[1:] + levels[:-1]) / 2, 1.0]
    return np.diff(edges)
