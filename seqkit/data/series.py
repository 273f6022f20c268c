"""Series in flat arrays: what every frame becomes and every window is cut from.

Shapes: S series, N steps of all of them, C targets, P past, F future and K static covariates.
"""

import dataclasses

import numpy as np

from seqkit.data.examples import DataError
from seqkit.data.frequency import following

__all__ = ["Columns", "Series"]


@dataclasses.dataclass(frozen=True)
class Columns:
    """What the columns of a frame are called, by their part.

    Args:
        time: column of the times; `None` where they are the index.
        id: column that names the series; `None` for one series.
        target: names of what is forecast.
        past: covariates known up to now.
        future: covariates known in the future too.
        static: covariates that do not change within a series.

    Example:
        >>> Columns("ds", None, ("y",)).values
        ('y',)
    """

    time: str | None
    id: str | None
    target: tuple
    past: tuple = ()
    future: tuple = ()
    static: tuple = ()

    @property
    def values(self):
        """The columns of numbers, targets first."""
        return (*self.target, *self.past, *self.future, *self.static)


class Series:
    """One or many series of any length, one after the other in flat arrays.

    Parts (`split`) share the arrays: a part is a range of steps of each series, and the step
    from which on its targets count. What comes before is history that may be read.

    Args:
        times: `pandas.DatetimeIndex` (N,), regular within each series.
        values: float64 (N, C), the targets.
        starts, ends: int64 (S,), the range of each series.
        ids: names of the series.
        freq: str, as pandas writes it.
        columns: `Columns`.
        past: float64 (N, P). future: float64 (N, F). static: float64 (S, K).
        begins: int64 (S,), the first step that counts as a target; `None` for the starts.
        name: What messages call the data.

    Example:
        >>> import pandas as pd
        >>> from seqkit.data import as_series
        >>> times = pd.date_range("2024-01-01", periods=4, freq="D")
        >>> as_series(pd.DataFrame({"ds": times, "y": [1.0, 2.0, 4.0, 3.0]}))
        <Series frame: 1 series of y, 4 steps, freq D>
    """

    unit, labelled_form = "series", "a target column"

    def __init__(
        self,
        times,
        values,
        starts,
        ends,
        *,
        ids,
        freq,
        columns,
        past=None,
        future=None,
        static=None,
        begins=None,
        name="series",
    ):
        self.times, self.values, self.ids = times, values, tuple(ids)
        self.starts, self.ends = np.asarray(starts, np.int64), np.asarray(ends, np.int64)
        self.begins = self.starts if begins is None else np.asarray(begins, np.int64)
        self.freq, self.columns, self.name = freq, columns, name
        steps, count = len(values), len(self.ids)
        self.past = np.zeros((steps, 0)) if past is None else past
        self.future = np.zeros((steps, 0)) if future is None else future
        self.static = np.zeros((count, 0)) if static is None else static

    # A series is its own target, so there is nothing to ask for beside it.
    labels = ()
    label_names = ()

    def bare(self):
        return self

    def __len__(self):
        """Number of series."""
        return len(self.ids)

    @property
    def lengths(self):
        """Steps of each series, int64 (S,)."""
        return self.ends - self.starts

    @property
    def tz(self):
        """The time zone, or `None`."""
        return self.times.tz

    def __repr__(self):
        return (
            f"<Series {self.name}: {len(self)} series of {', '.join(self.columns.target)}, "
            f"{int(self.lengths.sum()):,} steps, freq {self.freq}>"
        )

    def part(self, starts, ends, *, begins=None, keep=None, name=None):
        """These ranges of steps of the series, on the same arrays."""
        keep = np.arange(len(self)) if keep is None else np.asarray(keep)
        begins = starts if begins is None else begins
        return Series(
            self.times,
            self.values,
            np.asarray(starts)[keep],
            np.asarray(ends)[keep],
            ids=[self.ids[i] for i in keep],
            freq=self.freq,
            columns=self.columns,
            past=self.past,
            future=self.future,
            static=self.static[keep],
            begins=np.asarray(begins)[keep],
            name=name or self.name,
        )

    def subset(self, indices, *, name=None):
        """These series, in this order."""
        return self.part(self.starts, self.ends, begins=self.begins, keep=indices, name=name)

    def split(self, *, validation=0, test=0):
        """Cuts each series at the same distance from its end.

        Targets of one part never stand in another. The later parts may read what came before
        them, as they could on the day.

        Args:
            validation, test: how many steps; a share of each series where below 1.

        Returns:
            `Splits` with the parts `train`, and `validation` and `test` where they are asked for.

        Raises:
            ValueError: A size is negative, or nothing is left to train on.

        Example:
            >>> from seqkit.data import samples
            >>> parts = samples.series(3, steps=100).split(validation=10, test=20)
            >>> int(parts.train.lengths[0]), int(parts.test.ends[0] - parts.test.begins[0])
            (70, 20)
        """
        from seqkit.data.examples import Splits

        sizes = []
        for name, size in (("validation", validation), ("test", test)):
            number = isinstance(size, (int, float, np.integer)) and not isinstance(size, bool)
            # 1.0 is everything to some, and one step to others.
            least = 2 if isinstance(size, float) else 1
            whole = number and least <= size < np.inf and size == int(size)
            if not (whole or (number and 0 <= size < 1)):
                raise ValueError(
                    f"`{name}` must be a number of steps, or a share below 1. Received: {size!r}"
                )
            lengths = self.ends - self.begins
            sizes.append(
                (lengths * size).astype(np.int64) if size < 1 else np.full(len(self), int(size))
            )
        ends = self.ends - sizes[1]
        middle = ends - sizes[0]
        left = middle - self.begins
        if len(left) and left.min() < 1:
            worst = int(left.argmin())
            raise ValueError(
                f"`validation` and `test` must leave steps to train on. Received: {validation} and "
                f"{test} of {int(self.lengths[worst])} steps of series {self.ids[worst]!r}"
            )
        cuts = {"train": (middle, self.begins)}
        cuts |= {"validation": (ends, middle)} if validation else {}
        cuts |= {"test": (self.ends, ends)} if test else {}
        parts = {
            name: self.part(self.starts, to, begins=since, name=f"{name} part of {self.name}")
            for name, (to, since) in cuts.items()
        }
        return Splits(parts, name=self.name)

    def until(self, steps):
        """The series without their last `steps` steps."""
        return self.part(
            self.starts, self.ends - steps, begins=np.minimum(self.begins, self.ends - steps)
        )

    def index_of(self, series):
        """The place of a series by its name, also where a number is told as text."""
        told = [str(known) for known in self.ids]
        if series not in self.ids and told.count(series) == 1:
            return told.index(series)
        if series not in self.ids:
            known = ", ".join(map(repr, self.ids[:5])) + (" ..." if len(self) > 5 else "")
            raise DataError(f"{self.name}: expected a series among {known}. Received: {series!r}")
        return self.ids.index(series)

    def times_of(self, index):
        """Times of the series at this place."""
        return self.times[self.starts[index] : self.ends[index]]

    def values_of(self, index):
        """Targets of the series at this place, float64 (steps, C)."""
        return self.values[self.starts[index] : self.ends[index]]

    def times_after(self, index, count):
        """The `count` times that come after the series at this place."""
        return following(self.times[self.ends[index] - 1], count, self.freq)

    def to_frame(self):
        """The steps as a long frame, with the names of the columns as they were read.

        Returns:
            `pandas.DataFrame`.
        """
        import pandas as pd

        columns, frames = self.columns, []
        for i, series in enumerate(self.ids):
            rows = slice(self.starts[i], self.ends[i])
            named = {columns.id or "unique_id": series} if columns.id else {}
            named[columns.time or "ds"] = self.times[rows]
            for part, values in (
                (columns.target, self.values),
                (columns.past, self.past),
                (columns.future, self.future),
            ):
                named |= {name: values[rows, k] for k, name in enumerate(part)}
            named |= {name: self.static[i, k] for k, name in enumerate(columns.static)}
            frames.append(pd.DataFrame(named))
        return pd.concat(frames, ignore_index=True)
