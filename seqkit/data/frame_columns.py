"""Columns of a pandas frame as times and as numbers, whatever dtype holds them."""

import warnings

import numpy as np

from seqkit.data.examples import DataError

__all__ = ["numbers_of", "times_of"]


def times_of(stamps, rows, name):
    """`DatetimeIndex`, and whether the times came in different zones."""
    import pandas as pd

    if isinstance(stamps, pd.DatetimeIndex) or isinstance(stamps.dtype, pd.DatetimeTZDtype):
        times, mixed = pd.DatetimeIndex(stamps), False
    elif isinstance(stamps.dtype, pd.PeriodDtype):
        times, mixed = pd.PeriodIndex(stamps).to_timestamp(), False
    elif pd.api.types.is_numeric_dtype(stamps.dtype):
        raise DataError(
            f"{name}: expected timestamps. Received: numbers in column {stamps.name!r}; "
            "pandas.to_datetime tells them what they count"
        )
    else:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # no one format: read one by one
                times, mixed = pd.DatetimeIndex(pd.to_datetime(stamps)), False
        except (ValueError, TypeError, OverflowError):
            times = pd.to_datetime(stamps, utc=True, errors="coerce", format="mixed")
            times, mixed = pd.DatetimeIndex(times), True
    absent = np.asarray(times.isna())
    if absent.any():
        row = int(absent.argmax())
        raise DataError(
            f"{name}: expected a time in every row. Received: "
            f"{np.asarray(stamps, object)[row]!r} in row {rows[row]!r}, "
            f"{int(absent.sum())} such rows"
        )
    return times.as_unit("ns"), mixed


def numbers_of(column, label, rows, name):
    """A column as float64, NaN where it is missing."""
    import pandas as pd

    if pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_complex_dtype(column):
        return column.to_numpy(np.float64, na_value=np.nan)
    for row, value in zip(rows, column, strict=True):
        known = isinstance(value, (int, float, np.number)) and not isinstance(value, complex)
        if not (known or pd.isna(value)):
            raise DataError(
                f"{name}: expected numbers in column {label!r}. Received: {value!r} in row {row!r}"
            )
    return pd.to_numeric(column).to_numpy(np.float64, na_value=np.nan)
