"""Columns of a pandas frame as times and as numbers, whatever dtype holds them."""

import re
import warnings

import numpy as np

from seqkit.data.examples import DataError

__all__ = ["numbers_of", "times_of"]

# What the numbers of a date may mean.
ORDERS = ({"dayfirst": False}, {"dayfirst": True}, {"yearfirst": True})
# Of a clock of twelve hours pandas finds no format, and would read each row for itself.
TWELVE_HOURS = [
    {"format": f"{date} {clock} %p"}
    for date in ("%m/%d/%Y", "%d/%m/%Y", "%m-%d-%Y", "%d-%m-%Y")
    for clock in ("%I:%M", "%I:%M:%S", "%I")
]


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
        times, mixed = written(stamps, rows, name)
    absent = np.asarray(times.isna())
    if absent.any():
        row = int(absent.argmax())
        raise DataError(
            f"{name}: expected a time in every row, all written alike. Received: "
            f"{np.asarray(stamps, object)[row]!r} in row {rows[row]!r}, "
            f"{int(absent.sum())} such rows"
        )
    return times.as_unit("ns"), mixed


def written(stamps, rows, name):
    """As `times_of`, of a column of text: one way to read all of it, or an error."""
    from pandas.tseries.api import guess_datetime_format

    iso = {"format": "ISO8601"}
    known = np.asarray(stamps.notna())
    whole = read(stamps, **iso)
    if whole is not None:
        return whole
    first = str(stamps[known].iloc[0])
    # A year that stands first is followed by the month, whatever the country.
    orders = ORDERS[:1] if first[:4].isdigit() else ORDERS
    if re.match(r"\d\d?[/-]\d\d?[/-]\d{4} .* [AP]M$", first, re.IGNORECASE):
        orders = TWELVE_HOURS
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of a day that cannot be a month
        if guess_datetime_format(first) is not None:  # one that takes no heed of `yearfirst`
            orders = orders[:2]
    found = [reading for order in orders if (reading := read(stamps, **order)) is not None]
    if not found:  # the caller says which row the best reading leaves
        ways = (iso, *orders)
        left = [read(stamps, errors="coerce", **way) for way in ways]
        return min(left, key=lambda reading: int(reading[0].isna().sum()))
    times = found[0][0]
    for other, _ in found[1:]:
        differs = known & np.asarray(times != other)
        if differs.any():
            row = int(differs.argmax())
            days = sorted({f"{reading[row]:%Y-%m-%d}" for reading, _ in found})
            raise DataError(
                f"{name}: expected times that can be read in one way. Received: "
                f"{stamps.iloc[row]!r} in row {rows[row]!r}, ambiguous: {' or '.join(days)}. "
                f"Convert the column first: pandas.to_datetime(frame[{stamps.name!r}], "
                "dayfirst=True), or format=..."
            )
    return found[0]


def read(stamps, **how):
    """Times, and whether they came in different zones; `None` where one cannot be read so."""
    import pandas as pd

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pandas warns where it guesses
        for utc in (False, True):
            try:
                return pd.DatetimeIndex(pd.to_datetime(stamps, utc=utc, **how)), utc
            except (ValueError, TypeError, OverflowError):
                continue
    return None


def numbers_of(column, label, rows, name):
    """A column as float64, NaN where it is missing."""
    import pandas as pd

    if pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_complex_dtype(column):
        return column.to_numpy(np.float64, na_value=np.nan)
    known = np.array(
        [
            pd.isna(value)
            or (isinstance(value, (int, float, np.number)) and not isinstance(value, complex))
            for value in column
        ],
        bool,
    )
    if not known.all():
        text = pd.Series([x if isinstance(x, str) else None for x in column[~known]], dtype=object)
        unread = np.asarray(pd.to_numeric(text, errors="coerce").isna())
        row = int(np.flatnonzero(~known)[unread.argmax()])
        hint = "" if unread.any() else ", numbers as text; pandas.to_numeric converts the column"
        raise DataError(
            f"{name}: expected numbers in column {label!r}. "
            f"Received: {column.iloc[row]!r} in row {rows[row]!r}{hint}"
        )
    return pd.to_numeric(column).to_numpy(np.float64, na_value=np.nan)
