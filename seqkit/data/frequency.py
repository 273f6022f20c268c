"""How far apart the steps of a series are: told from its times, and carried into the future."""

import numpy as np

from seqkit.data.examples import DataError

__all__ = ["following", "infer", "offset_of", "positions", "season", "times_from"]

DAY = 86_400_000_000_000  # ns
WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


def offset_of(freq):
    """A frequency as pandas's offset.

    Args:
        freq: str as pandas writes it ("h", "15min", "D", "B", "W-MON", "MS", "QE-DEC", "YS", ...).

    Returns:
        `pandas.tseries.offsets.BaseOffset`.

    Raises:
        DataError: It is none that a series can have.
    """
    from pandas.tseries.frequencies import to_offset

    try:
        offset = to_offset(freq)
    except (ValueError, TypeError):
        offset = None
    if offset is None or offset.n < 1 or (_months(offset) is None and _fixed(offset) is None):
        raise DataError(
            "`freq` must be a step of seconds to days, B, W, or month, quarter, year begin or end, "
            f"as pandas writes it (h, 15min, D, W-MON, MS, QE, ...). Received: freq={freq!r}"
        )
    return offset


def infer(times, codes):
    """The step that most neighbours are apart.

    Args:
        times: `pandas.DatetimeIndex` (N,), ascending within each series.
        codes: int array (N,), which series a row is of.

    Returns:
        str, or `None` where no series has two times or no frequency fits.
    """
    import pandas as pd

    wall = times.tz_localize(None) if times.tz is not None else times
    inner = codes[1:] == codes[:-1]
    exact = np.diff(_ns(times))[inner]
    local = np.diff(_ns(wall))[inner]
    exact, local = exact[exact > 0], local[exact > 0]
    if not len(exact):
        return None
    step = _most_common(exact)
    if step < DAY - 2 * 3_600_000_000_000:  # below a day: clock changes do not count
        return pd.tseries.frequencies.to_offset(pd.Timedelta(step)).freqstr
    step = _most_common(local)
    if (
        28 * DAY <= step <= 31 * DAY
        or 89 * DAY <= step <= 92 * DAY
        or step in (365 * DAY, 366 * DAY)
    ):
        index = wall.year.to_numpy() * 12 + wall.month.to_numpy()
        months = _most_common(np.diff(index)[inner & (np.diff(index) > 0)])
        kind = "S" if wall.is_month_start.all() else "E" if wall.is_month_end.all() else None
        if kind and months == 1:
            return f"M{kind}"
        if kind and months == 12:
            return f"Y{kind}-{MONTHS[wall[0].month - 1]}"
        if kind and months == 3:  # the first quarter's begin or the last one's end names them all
            within = (wall[0].month - 1) % 3
            return f"Q{kind}-{MONTHS[within if kind == 'S' else 9 + within]}"
    if step == DAY:
        weekdays = wall.day_of_week.to_numpy()
        return "B" if weekdays.max() < 5 and (local == 3 * DAY).any() else "D"
    if step == 7 * DAY:
        return f"W-{WEEKDAYS[wall[0].day_of_week]}"
    return f"{step // DAY}D" if step % DAY == 0 else None


def positions(times, first, freq):
    """How many steps each time is after the first of its series.

    Args:
        times: `pandas.DatetimeIndex` (N,).
        first: `pandas.DatetimeIndex` (N,), the first time of each row's series.
        freq: str.

    Returns:
        int64 (N,) positions, and bool (N,), whether the time lies on the grid of its series.
    """
    offset = offset_of(freq)
    months = _months(offset)
    wall, start = _wall(times, offset), _wall(first, offset)
    if months is not None:
        apart = _month_index(wall) - _month_index(start)
        on_grid = np.asarray(wall.is_month_start if _at_start(offset) else wall.is_month_end)
        return apart // months, (apart % months == 0) & on_grid
    if offset.rule_code == "B":
        days, begin = (x.to_numpy().astype("datetime64[D]") for x in (wall, start))
        return np.busday_count(begin, days) // offset.n, np.is_busday(days)
    apart, step = _ns(wall) - _ns(start), _fixed(offset)
    return apart // step, apart % step == 0


def times_from(first, count, freq):
    """`count` times of a series from `first` on, the first included."""
    import pandas as pd

    return pd.date_range(first, periods=count, freq=offset_of(freq), unit="ns")


def following(last, count, freq):
    """The `count` times that come after `last`: zone and frequency are kept."""
    return times_from(last, count + 1, freq)[1:]


def season(freq):
    """Steps after which a season of this frequency is expected back: 24 for hours, 12 for months.

    Args:
        freq: str as pandas writes it.

    Returns:
        int; 1 where none is expected.

    Example:
        >>> season("h"), season("MS"), season("W-MON"), season("15min")
        (24, 12, 52, 96)
    """
    offset = offset_of(freq)
    months = _months(offset)
    if months is not None:
        return 12 // months if 12 % months == 0 else 1
    if offset.rule_code == "B":
        return 5
    step = _fixed(offset)
    if step >= 7 * DAY:
        return round(365.25 * DAY / step)
    if step >= DAY:
        return max(1, round(7 * DAY / step))
    if step >= 60_000_000_000:
        return round(DAY / step)
    return round(60_000_000_000 / step) if step >= 1_000_000_000 else 1


def _months(offset):
    """Months of a calendar step, `None` for others."""
    base = offset.rule_code.split("-")[0]
    return {"MS": 1, "ME": 1, "QS": 3, "QE": 3, "YS": 12, "YE": 12}.get(base, 0) * offset.n or None


def _at_start(offset):
    return offset.rule_code.split("-")[0].endswith("S")


def _fixed(offset):
    """Nanoseconds of a fixed step; those of a day or week in wall time. `None` for others."""
    base = offset.rule_code.split("-")[0]
    if base in ("D", "B", "W"):
        return DAY * offset.n * (7 if base == "W" else 1)
    try:
        return int(offset.nanos)
    except ValueError:
        return None


def _wall(times, offset):
    """Wall time for steps of days and more, so that a clock change is no gap."""
    long = _months(offset) is not None or offset.rule_code.split("-")[0] in ("D", "B", "W")
    return times.tz_localize(None) if long and times.tz is not None else times


def _month_index(times):
    return times.year.to_numpy().astype(np.int64) * 12 + times.month.to_numpy()


def _ns(times):
    return times.as_unit("ns").asi8


def _most_common(steps):
    values, counts = np.unique(steps, return_counts=True)
    return int(values[counts.argmax()])
