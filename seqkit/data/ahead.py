"""What is known of the future: covariates of the steps after the end of each series.

Shapes: S series, H horizon, F covariates.
"""

import numpy as np

from seqkit.data.audit import ways
from seqkit.data.examples import DataError
from seqkit.data.frames import as_series
from seqkit.data.series import Series

__all__ = ["ahead"]


def ahead(numbers, series, future, repair=None):
    """Covariates of the `horizon` steps after each series, float64 (S, H, F).

    Args:
        numbers: `Forecasting`.
        series: `Series`.
        future: raw data of the covariates, or a `Series` of which `series` is a part.
        repair: policies beside those of the training data.

    Raises:
        DataError: a step is not there; says which.
    """
    names = list(numbers.columns["future"])
    if isinstance(future, Series) and future.future is series.future:
        return series.future[series.ends[:, None] + np.arange(numbers.horizon)]
    if future is None:
        raise DataError(
            f"{series.name}: expected `future` with {', '.join(names)} for the next "
            f"{numbers.horizon} steps of each series. Received: none"
        )
    has_id = series.columns.id is not None
    known = as_series(
        future,
        time=numbers.columns["time"],
        target=names,
        id=numbers.columns["id"] if has_id else None,
        freq=numbers.freq,
        repair={"constant": "keep", **numbers.repair, **ways(repair), "trailing": "cut"},
        name="future covariates",
    )
    found = []
    for i, name in enumerate(series.ids):
        j = known.index_of(name) if has_id else 0
        wanted = series.times_after(i, numbers.horizon)
        at = known.times_of(j).get_indexer(wanted)
        if (at < 0).any():
            raise DataError(
                f"future covariates: expected {numbers.horizon} steps from {wanted[0]} on "
                f"of series {name!r}. Received: none for {wanted[int((at < 0).argmax())]}"
            )
        found.append(known.values_of(j)[at])
    return np.stack(found)
