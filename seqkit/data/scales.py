"""Means and deviations of training data, as plain lists that a config holds."""

import numpy as np

__all__ = ["learned"]


def learned(series, scaling):
    """Scales of targets and covariates.

    Args:
        series: `Series` of the training data.
        scaling: "series", "all" or `None`, as `Forecasting` takes it.

    Returns:
        Dict: `ids`, `mean` and `std` of the targets (a row for each series, or one for all), and
        a pair of lists for each of "past", "future", "static" that there is. What never changes
        has the deviation 1.
    """
    steps = np.concatenate(
        [np.arange(a, b) for a, b in zip(series.starts, series.ends, strict=True)]
    )
    if scaling == "series":
        parts = [series.values_of(i) for i in range(len(series))]
    else:
        parts = [series.values[steps]]
    found = {
        "ids": [str(i) for i in series.ids] if scaling == "series" else [],
        "mean": [part.mean(axis=0).tolist() for part in parts],
        "std": [deviations(part) for part in parts],
    }
    for name in ("past", "future", "static"):
        values = getattr(series, name)
        if values.shape[1]:
            values = values if name == "static" else values[steps]
            found[name] = [values.mean(axis=0).tolist(), deviations(values)]
    return found


def deviations(values):
    """1 for what does not change: rounding alone may leave a little more than 0."""
    found = values.std(axis=0)
    still = (values.min(axis=0) == values.max(axis=0)) | (found == 0)
    return np.where(still, 1.0, found).tolist()
