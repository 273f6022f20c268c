"""What is wrong with the series of a frame, and which way to mend it the user names.

Shapes: N rows, S series.
"""

import dataclasses

import numpy as np

from seqkit.data import frequency
from seqkit.data.examples import DataError
from seqkit.data.mending import filled, with_gaps_open, without_duplicates

__all__ = ["Audit", "Problem", "Table", "audited", "ways"]

FILLS = ("interpolate", "forward", "zero")
# What may be wrong, and how it may be mended. There is no default: nothing is mended unasked.
WAYS = {
    "zones": ("utc",),
    "unsorted": ("sort",),
    "duplicates": ("first", "last", "mean"),
    "infinite": ("missing",),
    "trailing": ("cut",),
    "gaps": FILLS,
    "missing": FILLS,
    "constant": ("keep", "drop"),
    "short": ("drop",),
}
SHOWN = 5


@dataclasses.dataclass(frozen=True)
class Problem:
    """One thing that is wrong with one series.

    Args:
        kind: "zones", "unsorted", "duplicates", "infinite", "trailing", "gaps", "missing",
            "constant", "short".
        series: name of the series.
        rows: labels of the rows of the frame; the times, for gaps.
        text: what is wrong, in words.
        way: how it was mended, or `None`.

    Example:
        >>> print(Problem("gaps", "a", ("after 3 May",), "2 steps are absent"))
        series 'a': 2 steps are absent (after 3 May)
    """

    kind: str
    series: object
    rows: tuple
    text: str
    way: str | None = None

    def __str__(self):
        shown = ", ".join(map(str, self.rows[:SHOWN])) + (" ..." if len(self.rows) > SHOWN else "")
        where = f" ({shown})" if self.rows else ""
        mended = f"; mended: {self.way}" if self.way else ""
        return f"series {self.series!r}: {self.text}{where}{mended}"


@dataclasses.dataclass(frozen=True)
class Audit:
    """What `audit` found in a frame; prints as a list.

    Args:
        problems: tuple of `Problem`.
        series: how many series there are.
        steps: how many steps they have.
        freq: the step between neighbours.

    Example:
        >>> Audit((), 2, 100, "h")
        2 series, 100 steps, freq h: nothing found
    """

    problems: tuple
    series: int
    steps: int
    freq: str

    @property
    def clean(self):
        """Whether nothing was found."""
        return not self.problems

    def __repr__(self):
        head = f"{self.series:,} series, {self.steps:,} steps, freq {self.freq}"
        if self.clean:
            return f"{head}: nothing found"
        lines = [f"{head}: {len(self.problems)} found"]
        return "\n".join([*lines, *(f"{p.kind:<11}{p}" for p in self.problems)])


@dataclasses.dataclass
class Table:
    """Rows of a frame as arrays, not yet in order.

    Args:
        times: `pandas.DatetimeIndex` (N,). codes: int64 (N,), the series of each row.
        ids: names of the series. values: float64 (N, all columns). rows: labels (N,).
        zones: whether the times came in several zones. targets: how many columns are targets.
        name: what messages call the data.
    """

    times: object
    codes: np.ndarray
    ids: list
    values: np.ndarray
    rows: object
    zones: bool
    targets: int
    name: str

    def take(self, order):
        return dataclasses.replace(
            self,
            times=self.times[order],
            codes=self.codes[order],
            values=self.values[order],
            rows=self.rows[order],
        )


def ways(repair):
    """Checks a `repair` argument: a dict from kind of problem to way of mending."""
    if not isinstance(repair, dict) and repair is not None:
        raise ValueError(
            f"`repair` must be a dict such as {{'gaps': 'interpolate'}}. Received: {repair!r}"
        )
    for kind, way in (repair or {}).items():
        if kind not in WAYS:
            raise ValueError(f"`repair` must name {', '.join(WAYS)}. Received: {kind!r}")
        if way not in WAYS[kind]:
            raise ValueError(
                f"`repair[{kind!r}]` must be one of {', '.join(WAYS[kind])}. Received: {way!r}"
            )
    return dict(repair or {})


def audited(table, repair, *, freq=None, minimum=1):
    """Looks for every kind of problem, mending as it goes.

    A problem that `repair` names no way for is reported and mended for the time being, so that
    the problems behind it come to light as well.

    Args:
        table: `Table`.
        repair: dict from kind to way.
        freq: str, or `None` to tell it from the times.
        minimum: fewest steps a series must have.

    Returns:
        The mended `Table`, ordered and regular; the list of `Problem`; the frequency.

    Raises:
        DataError: What no policy mends: times off the grid, a series without any value, no
            frequency.
    """
    problems = []

    def found(kind, mask, text):
        """A problem for each series with rows in `mask`."""
        for own in by_series(table.codes, mask):
            labels = tuple(table.rows[own])
            series = table.ids[table.codes[own[0]]]
            problems.append(
                Problem(kind, series, labels, text.format(n=len(own)), repair.get(kind))
            )

    everywhere = np.ones(len(table.codes), bool)
    if table.zones:
        found("zones", everywhere, "times in different zones")
    same = table.codes[1:] == table.codes[:-1]
    stamps = table.times.as_unit("ns").asi8
    late = np.r_[False, same & (np.diff(stamps) < 0)]
    if late.any() or (np.diff(table.codes) < 0).any():
        found("unsorted", late, "{n} rows are earlier than the row before")
        table = table.take(np.lexsort((stamps, table.codes)))
    stamps = table.times.as_unit("ns").asi8
    again = np.r_[False, (table.codes[1:] == table.codes[:-1]) & (np.diff(stamps) == 0)]
    if again.any():
        found("duplicates", again, "{n} rows with the time of the row before")
        table = without_duplicates(table, again, repair.get("duplicates", "first"))
    infinite = np.isinf(table.values).any(axis=1)
    if infinite.any():
        found("infinite", infinite, "{n} rows hold infinite values")
        table.values = np.where(np.isinf(table.values), np.nan, table.values)
    freq = freq or frequency.infer(table.times, table.codes)
    ends = without_targets(table)
    if ends.any():
        text = "the last {n} rows have no target: cut them off, do not fill them"
        found("trailing", ends, f"{text}, and give what is known of them as `future`")
        table = table.take(~ends)
    missing = np.isnan(table.values).any(axis=1)
    found("missing", missing, "{n} rows miss a value")

    if freq is None:
        raise DataError(
            f"{table.name}: no frequency can be told from the times. Give it, as in freq='D'. "
            f"Received: {len(table.times)} rows in {len(table.ids)} series"
        )
    first = np.r_[True, table.codes[1:] != table.codes[:-1]]
    starts = np.flatnonzero(first)
    at, on_grid = frequency.positions(table.times, table.times[starts][np.cumsum(first) - 1], freq)
    if not on_grid.all():
        row = int(np.flatnonzero(~on_grid)[0])
        raise DataError(
            f"{table.name}: expected times that are whole steps of {freq} apart. Received: "
            f"{table.times[row]} in series {table.ids[table.codes[row]]!r}, row {table.rows[row]}. "
            "Give `freq`, or resample the frame."
        )
    step = np.r_[1, np.diff(at)]
    step[first] = 1
    gaps = step > 1
    if gaps.any():
        for own in by_series(table.codes, gaps):
            before = tuple(f"after {t}" for t in table.times[own[: SHOWN + 1] - 1])
            text = f"{int((step[own] - 1).sum())} steps of {freq} are absent"
            series = table.ids[table.codes[own[0]]]
            problems.append(Problem("gaps", series, before, text, repair.get("gaps")))
        table = with_gaps_open(table, starts, at, freq)
    table.values = filled(table, missing.any(), gaps.any(), repair)
    table = of_a_kind(table, problems, repair, minimum)
    return table, problems, freq


def by_series(codes, mask):
    """The places where `mask` holds, series by series."""
    places = np.flatnonzero(mask)
    return np.split(places, np.flatnonzero(np.diff(codes[places])) + 1) if len(places) else []


def without_targets(table):
    """Rows after the last one that has a target, of series that have any: bool (N,)."""
    known = ~np.isnan(table.values[:, : table.targets]).all(axis=1)
    place = np.arange(len(known))
    last = np.full(len(table.ids), -1)
    np.maximum.at(last, table.codes[known], place[known])
    return (place > last[table.codes]) & (last[table.codes] >= 0)


def of_a_kind(table, problems, repair, minimum):
    """Without the series that are constant or short, where the policy is to drop them."""
    starts = np.flatnonzero(np.r_[True, table.codes[1:] != table.codes[:-1]])
    ends = np.r_[starts[1:], len(table.codes)]
    codes = table.codes[starts]
    targets = table.values[:, : table.targets]
    low, high = (f.reduceat(targets, starts, axis=0) for f in (np.minimum, np.maximum))
    constant = (low == high).all(axis=1)
    short = ends - starts < minimum
    dropped = np.zeros(len(starts), bool)
    for i in np.flatnonzero(constant & (ends - starts > 1)):
        text = f"every one of {ends[i] - starts[i]} steps has the same value {low[i].tolist()}"
        way = repair.get("constant")
        problems.append(Problem("constant", table.ids[codes[i]], (), text, way))
        dropped[i] |= way == "drop"
    for i in np.flatnonzero(short):
        text = f"{ends[i] - starts[i]} steps, expected {minimum} or more"
        way = repair.get("short")
        problems.append(Problem("short", table.ids[codes[i]], (), text, way))
        dropped[i] |= way == "drop"
    return table.take(~dropped[np.repeat(np.arange(len(starts)), ends - starts)])
