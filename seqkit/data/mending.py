"""The ways to mend the series of a frame: duplicates, gaps, missing values.

Shapes: N rows.
"""

import dataclasses

import numpy as np

from seqkit.data import frequency
from seqkit.data.examples import DataError

__all__ = ["filled", "with_gaps_open", "without_duplicates"]


def without_duplicates(table, again, way):
    if way == "last":
        return table.take(np.flatnonzero(~np.r_[again[1:], False]))
    if way == "mean":
        group = np.cumsum(~again) - 1
        kept = table.take(np.flatnonzero(~again))
        known = ~np.isnan(table.values)
        sums, counts = np.zeros_like(kept.values), np.zeros_like(kept.values)
        np.add.at(sums, group, np.where(known, table.values, 0.0))
        np.add.at(counts, group, known)
        with np.errstate(invalid="ignore"):
            kept.values = sums / counts
        return kept
    return table.take(np.flatnonzero(~again))


def with_gaps_open(table, starts, at, freq):
    """A row of NaN for each step that is absent."""
    import pandas as pd

    ends = np.r_[starts[1:], len(at)]
    counts = at[ends - 1] + 1
    offsets = np.r_[0, np.cumsum(counts)]
    codes = np.repeat(table.codes[starts], counts)
    where = offsets[:-1][np.searchsorted(starts, np.arange(len(at)), side="right") - 1] + at
    values = np.full((offsets[-1], table.values.shape[1]), np.nan)
    values[where] = table.values
    rows = np.full(offsets[-1], None, object)
    rows[where] = table.rows
    times = [
        table.times[start:end]
        if end - start == count
        else frequency.times_from(table.times[start], count, freq)
        for start, end, count in zip(starts, ends, counts, strict=True)
    ]
    times = times[0].append(times[1:]) if len(times) > 1 else times[0]
    return dataclasses.replace(
        table, times=pd.DatetimeIndex(times), codes=codes, values=values, rows=rows
    )


def filled(table, missing, gaps, repair):
    """The values without NaN. Absent steps and missing values are filled each in their way."""
    if not (missing or gaps):
        return table.values
    values = table.values.copy()
    opened = np.array([row is None for row in table.rows]) if gaps else np.zeros(len(values), bool)
    starts = np.flatnonzero(np.r_[True, table.codes[1:] != table.codes[:-1]])
    for start, end in zip(starts, np.r_[starts[1:], len(values)], strict=True):
        for column in range(values.shape[1]):
            one, step = values[start:end, column], np.arange(end - start)
            known = ~np.isnan(one)
            if known.all():
                continue
            if not known.any():
                raise DataError(
                    f"{table.name}: expected values in every column. Received: none in column "
                    f"{column} of series {table.ids[table.codes[start]]!r}"
                )
            given = one[known]
            before = np.maximum(np.cumsum(known) - 1, 0)  # what stands first also stands before it
            by_way = {
                "interpolate": lambda: np.interp(step, step[known], given),  # noqa: B023
                "forward": lambda: given[before],  # noqa: B023
                "zero": lambda: np.where(known, one, 0.0),  # noqa: B023
            }
            for kind, rows in (("gaps", opened[start:end]), ("missing", ~opened[start:end])):
                chosen = ~known & rows
                if chosen.any():
                    way = by_way[repair.get(kind, "interpolate")]()
                    values[start:end, column] = np.where(chosen, way, values[start:end, column])
    return values
