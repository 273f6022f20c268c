"""A pandas frame, long or wide, -> `Series`; nothing is mended unless a policy is named.

Shapes: N rows.
"""

import os
import pathlib

import numpy as np

from seqkit.data.audit import Audit, Table, audited, ways
from seqkit.data.examples import DataError
from seqkit.data.frame_columns import numbers_of, times_of
from seqkit.data.frequency import offset_of
from seqkit.data.series import Columns, Series

__all__ = ["as_series", "audit"]

SHOWN = 3


def as_series(
    data,
    *,
    time="ds",
    target=None,
    id="unique_id",
    past=(),
    future=(),
    static=(),
    freq=None,
    repair=None,
    minimum=1,
    name="frame",
):
    """Series from a frame.

    Long: a row for each series and time, with columns `id`, `time` and the targets. Wide: the
    times are a `DatetimeIndex`, every other column is a target of one series.

    Args:
        data: `pandas.DataFrame`, the path of a `.csv` (or `.csv.gz`), or `Series` as they are.
        time: column of the times, where the index does not hold them.
        target: column or columns to forecast; `None` is "y" where there is one, else every
            column of no other use.
        id: column that names the series; where there is none the frame is one series.
        past: covariates known up to now.
        future: covariates known in the future too.
        static: covariates that do not change within a series.
        freq: str as pandas writes it; `None` tells it from the times.
        repair: dict from what may be wrong to how to mend it: "zones": "utc"; "unsorted": "sort";
            "duplicates": "first", "last", "mean"; "infinite": "missing"; "trailing" (last rows
            without a target): "cut"; "gaps" and "missing": "interpolate", "forward", "zero";
            "constant": "keep", "drop"; "short": "drop".
        minimum: fewest steps of a series.
        name: What messages call the data.

    Returns:
        `Series`.

    Raises:
        DataError: A column is absent or holds no numbers; or something is wrong that `repair`
            names no way for; says which rows.
        ValueError: An argument is out of range.

    Example:
        >>> import pandas as pd
        >>> times = pd.date_range("2024-01-01", periods=4, freq="D").delete(2)
        >>> frame = pd.DataFrame({"ds": times, "y": [1.0, 2.0, 4.0]})
        >>> as_series(frame, repair={"gaps": "interpolate"}).values[:, 0].tolist()
        [1.0, 2.0, 3.0, 4.0]
    """
    if isinstance(data, Series):
        return _known(data, minimum, target=target, past=past, future=future, static=static)
    repair = ways(repair)
    frame, columns, name = _frame(data, time, target, id, past, future, static, name)
    table = _table(frame, columns, name)
    table, problems, freq = audited(table, repair, freq=freq, minimum=minimum)
    open_ones = [p for p in problems if p.way is None]
    if open_ones:
        kinds = list(dict.fromkeys(p.kind for p in open_ones))
        said = "; ".join(f"{p.kind}: {p}" for p in open_ones[:SHOWN])
        more = f"; and {len(open_ones) - SHOWN} more" if len(open_ones) > SHOWN else ""
        from seqkit.data.audit import WAYS

        policy = ", ".join(f"{kind!r}: {' or '.join(map(repr, WAYS[kind]))}" for kind in kinds)
        raise DataError(
            f"{name}: expected regular series without gaps and missing values. Received: {said}"
            f"{more}. Mend the frame, or name a policy: repair={{{policy}}}. "
            "`seqkit.data.as_series` takes it, `seqkit.data.audit` lists all."
        )
    if not len(table.codes):
        raise DataError(f"{name}: expected at least one series. Received: none after dropping")
    return _series(table, columns, freq, name)


def audit(data, **options):
    """Everything that is wrong with the series of a frame; changes nothing.

    Args:
        data: As `as_series` takes it.
        **options: As `as_series` takes them; what `repair` names is marked as mended.

    Returns:
        `Audit`: `.problems`, a tuple of `Problem`, and `.clean`; prints as a list.

    Raises:
        DataError: The frame cannot be read as series at all.

    Example:
        >>> import pandas as pd
        >>> times = pd.date_range("2024-01-01", periods=4, freq="D").delete(2)
        >>> audit(pd.DataFrame({"ds": times, "y": [1.0, float("nan"), 4.0]}))
        1 series, 4 steps, freq D: 2 found
        missing    series 'y': 1 rows miss a value (1)
        gaps       series 'y': 1 steps of D are absent (after 2024-01-02 00:00:00)
    """
    named = ("time", "target", "id", "past", "future", "static")
    unknown = set(options) - {*named, "freq", "repair", "minimum", "name"}
    if unknown:
        raise TypeError(f"audit() got an unexpected argument {sorted(unknown)[0]!r}")
    defaults = ("ds", None, "unique_id", (), (), ())
    settings = [options.get(n, default) for n, default in zip(named, defaults, strict=True)]
    frame, columns, name = _frame(data, *settings, options.get("name", "frame"))
    table, problems, freq = audited(
        _table(frame, columns, name),
        ways(options.get("repair")),
        freq=options.get("freq"),
        minimum=options.get("minimum", 1),
    )
    return Audit(tuple(problems), len(np.unique(table.codes)), len(table.codes), freq)


def _known(series, minimum, **uses):
    for use, named in uses.items():
        found = getattr(series.columns, use)
        if named not in (None, ()) and _names(named, use) != found:
            raise DataError(
                f"{series.name}: expected columns for {use}: {', '.join(_names(named, use))}. "
                f"Received: series made with {', '.join(found) or 'none'}"
            )
    short = np.flatnonzero(series.lengths < minimum)
    if len(short):
        raise DataError(
            f"{series.name}: expected {minimum} steps or more of every series. Received: "
            f"{int(series.lengths[short[0]])} of series {series.ids[short[0]]!r}"
        )
    return series


def _frame(data, time, target, id, past, future, static, name):
    """The frame, its columns by their use, and what to call it."""
    import pandas as pd

    if isinstance(data, (str, os.PathLike)):
        path = pathlib.Path(data)
        if ".csv" not in path.suffixes or not path.exists():
            raise DataError(f"{path}: expected a .csv file that exists. Received: {str(data)!r}")
        try:
            data, name = pd.read_csv(path), str(path)
        except (ValueError, OSError, EOFError) as error:
            raise DataError(f"{path}: expected a table in CSV. Received: {error}") from None
        header = str(data.columns[0])
        other = next((mark for mark in ";\t|" if mark in header), None)
        if len(data.columns) == 1 and other:
            raise DataError(
                f"{name}: expected columns with commas between them. Received: one column, "
                f"{header!r}. Write it with commas, or read it by "
                f"pandas.read_csv(..., sep={other!r}) and give the frame"
            )
    if isinstance(data, pd.Series):
        data = data.to_frame(data.name or "y")
    if not isinstance(data, pd.DataFrame):
        raise DataError(
            f"{name}: expected a pandas frame, a .csv path or Series. "
            f"Received: {type(data).__name__}"
        )
    if not len(data):
        raise DataError(f"{name}: expected at least one row. Received: none")
    if data.columns.duplicated().any():
        twice = data.columns[data.columns.duplicated()][0]
        raise DataError(f"{name}: expected distinct columns. Received: {twice!r} twice")
    # The names that stand there by default may be absent, a name that is given may not.
    for column, default in ((time, "ds"), (id, "unique_id")):
        if column not in (None, default, *data.columns) and column != data.index.name:
            raise DataError(
                f"{name}: expected a column {column!r}. Received: columns "
                f"{', '.join(map(str, data.columns))}"
            )
    if isinstance(data.index, pd.PeriodIndex) and time not in data.columns:
        data = data.set_axis(data.index.to_timestamp())
    in_index = isinstance(data.index, pd.DatetimeIndex) and time not in data.columns
    if not in_index and time not in data.columns:
        raise DataError(
            f"{name}: expected times in a column {time!r} or as a DatetimeIndex. Received: columns "
            f"{', '.join(map(str, data.columns))}, index {type(data.index).__name__}. "
            "Name the column: time=..."
        )
    given = {"past": past, "future": future, "static": static}
    covariates = {use: _names(value, use) for use, value in given.items()}
    has_id = id is not None and id in data.columns
    used = {
        *sum(covariates.values(), ()),
        *((id,) if has_id else ()),
        *(() if in_index else (time,)),
    }
    if target is None:
        target = "y" if "y" in data.columns else [c for c in data.columns if c not in used]
    target = _names(target, "target")
    if not target:
        raise DataError(f"{name}: expected a target column. Received: {', '.join(data.columns)}")
    columns = Columns(None if in_index else time, id if has_id else None, target, **covariates)
    every = columns.values
    twice = next((c for c in every if every.count(c) > 1 or c in (columns.time, columns.id)), None)
    if twice is not None:
        raise DataError(f"{name}: expected one use of each column. Received: two of {twice!r}")
    absent = [c for c in every if c not in data.columns]
    if absent:
        raise DataError(
            f"{name}: expected a column {absent[0]!r}. "
            f"Received: {', '.join(map(str, data.columns))}"
        )
    return data, columns, name


def _names(value, use):
    if isinstance(value, str):
        return (value,)
    try:
        return tuple(value)
    except TypeError:
        raise ValueError(
            f"`{use}` must be a column or a list of columns. Received: {value!r}"
        ) from None


def _table(frame, columns, name):
    """The frame's rows as arrays."""
    import pandas as pd

    rows = frame.index if columns.time is not None else pd.RangeIndex(len(frame))
    stamps = frame.index if columns.time is None else frame[columns.time]
    times, zones = times_of(stamps, rows, name)
    if columns.id is None:
        ids = list(columns.target) if len(columns.target) == 1 else ["series"]
        codes = np.zeros(len(frame), np.int64)
    else:
        codes, ids = pd.factorize(frame[columns.id], sort=False)
        if (codes < 0).any():
            raise DataError(
                f"{name}: expected a value in column {columns.id!r}, row "
                f"{rows[int((codes < 0).argmax())]!r}. Received: nothing"
            )
        # Rows of one series may stand apart: series in a row, and rows as they came within.
        ids, codes = list(ids), codes.astype(np.int64)
        order = np.argsort(codes, kind="stable")
        frame, rows, codes, times = frame.iloc[order], rows[order], codes[order], times[order]
    values = [numbers_of(frame[column], column, rows, name) for column in columns.values]
    values = np.stack(values, axis=1)
    return Table(times, codes, ids, values, np.asarray(rows), zones, len(columns.target), name)


def _series(table, columns, freq, name):
    starts = np.flatnonzero(np.r_[True, table.codes[1:] != table.codes[:-1]])
    ends = np.r_[starts[1:], len(table.codes)]
    sizes = [len(part) for part in (columns.target, columns.past, columns.future, columns.static)]
    cuts = np.cumsum(sizes)[:-1]
    values, past, future, static = np.split(table.values, cuts, axis=1)
    for k, column in enumerate(columns.static):
        low, high = (f.reduceat(static[:, k], starts) for f in (np.minimum, np.maximum))
        if (low != high).any():
            series = table.ids[table.codes[starts[(low != high).argmax()]]]
            raise DataError(
                f"{name}: expected one value of static column {column!r} in each series. Received: "
                f"several in series {series!r}"
            )
    return Series(
        table.times,
        np.ascontiguousarray(values),
        starts,
        ends,
        ids=[table.ids[code] for code in table.codes[starts]],
        freq=offset_of(freq).freqstr,
        columns=columns,
        past=past,
        future=future,
        static=static[starts],
        name=name,
    )
