"""Windows over all series, cut when they are asked for: places are computed, nothing is copied.

Shapes: B windows of a batch, S series, L look-back, H horizon, C targets.
"""

import numpy as np
import tensorflow as tf

from seqkit.checks import positive_int
from seqkit.data.calendar import features
from seqkit.data.examples import DataError
from seqkit.data.graphed import as_it_is

__all__ = ["Windows", "seconds"]


class Windows:
    """All windows of `lookback + horizon` steps whose targets count, as batches.

    A window reads `lookback` steps and has the `horizon` steps after them for its targets. The
    steps before `series.begins` are read and never asked for: a part of a split keeps to itself.

    Args:
        series: `Series`.
        lookback, horizon: steps.
        stride: steps from one window of a series to its next.
        mean, std: float64 (S, C), by which targets are scaled; `None` leaves them.
        covariates: dict from "past", "future", "static" to a pair of mean and std.
        calendar: names of calendar features.
        teacher: whether the targets stand among the inputs too, for a model that reads them
            one by one.
        batch_size: windows of a batch.
        shuffle: new order each epoch.
        seed: makes the sequence of epochs reproducible.
        drop_short: leave out series that hold no window, where else they are an error.

    Raises:
        DataError: A series, or all of them, hold no window.
        ValueError: A number is no positive int.

    Attributes:
        dataset: `tf.data.Dataset` of (inputs, targets); inputs are a dict of float32:
            `values` (B, L, C); where there are any `past` (B, L, P), `future` (B, L + H, F and
            calendar), `static` (B, K), `teacher` (B, H, C). Targets are (B, H, C).
        order: place of each window in the stream; `None` when shuffled.

    Example:
        >>> from seqkit.data import samples
        >>> windows = Windows(samples.series(2, steps=50), 20, 5, batch_size=8)
        >>> len(windows), windows.count
        (7, 52)
    """

    def __init__(
        self,
        series,
        lookback,
        horizon,
        *,
        stride=1,
        mean=None,
        std=None,
        covariates=None,
        calendar=(),
        teacher=False,
        batch_size=32,
        shuffle=False,
        seed=None,
        drop_short=False,
    ):
        self.series, self.stride = series, positive_int("stride", stride)
        self.lookback = positive_int("lookback", lookback)
        self.horizon = positive_int("horizon", horizon)
        self.batch_size = positive_int("batch_size", batch_size)
        self.calendar, self.teacher = tuple(calendar), teacher
        self.seed = np.random.SeedSequence().entropy % 2**31 if seed is None else int(seed)
        self.mean, self.std, self.covariates = mean, std, covariates or {}
        self.firsts = np.maximum(series.starts, series.begins - lookback)
        spare = series.ends - self.firsts - lookback - horizon
        counts = np.where(spare >= 0, spare // stride + 1, 0)
        if not counts.all() and not (drop_short and counts.any()):
            i = int(counts.argmin())
            if series.begins[i] > series.starts[i]:
                raise DataError(
                    f"{series.name}: expected {horizon} steps or more of every series (the "
                    f"horizon), and {lookback} before them. Received: "
                    f"{int(series.ends[i] - series.begins[i])} after "
                    f"{int(series.begins[i] - series.starts[i])} of series {series.ids[i]!r}. "
                    "Set more steps aside"
                )
            raise DataError(
                f"{series.name}: expected {lookback + horizon} steps or more of every series "
                f"(lookback {lookback} and horizon {horizon}). Received: "
                f"{int(series.ends[i] - self.firsts[i])} of series {series.ids[i]!r}. "
                "Shorten them, or leave such series out: repair={'short': 'drop'}"
            )
        self.offsets = np.r_[0, np.cumsum(counts)]
        self.count = int(self.offsets[-1])
        self.order = None if shuffle else np.arange(self.count)
        self.dataset = self._dataset(shuffle)

    def __len__(self):
        """Number of batches of an epoch."""
        return -(-self.count // self.batch_size)

    def places(self, windows):
        """(series, first step of the targets) of windows by their numbers, int64 each."""
        which = np.searchsorted(self.offsets, windows, side="right") - 1
        within = (windows - self.offsets[which]) * self.stride
        return which, self.firsts[which] + within + self.lookback

    def _dataset(self, shuffle):
        count = self.count

        def epoch(seed):
            batches = tf.data.Dataset.range(0, count, self.batch_size)
            return batches.map(as_it_is(lambda first: (first, seed)))

        if shuffle:
            # One seed per epoch out of one for all: no order comes back.
            seeds = tf.data.Dataset.random(self.seed, rerandomize_each_iteration=True).take(1)
            plan = seeds.flat_map(as_it_is(epoch))
        else:
            plan = epoch(tf.constant(0, tf.int64))
        plan = plan.apply(tf.data.experimental.assert_cardinality(len(self)))
        assembled = as_it_is(self._assembler(shuffle))
        return plan.map(assembled, num_parallel_calls=2, deterministic=True).prefetch(8)

    def _assembler(self, shuffle):
        """The function that cuts a batch; its arrays become tensors once."""
        series, (steps, count) = self.series, (self.lookback + self.horizon, self.count)
        values, offsets = tf.constant(series.values), tf.constant(self.offsets)
        firsts = tf.constant(self.firsts)
        scales = None if self.mean is None else (tf.constant(self.mean), tf.constant(self.std))
        parts = {
            name: [
                tf.constant(each, tf.float64)
                for each in (array, *self.covariates.get(name, (0.0, 1.0)))
            ]
            for name in ("past", "future", "static")
            if (array := getattr(series, name)).shape[1]
        }
        wall = tf.constant(seconds(series.times)) if self.calendar else None

        def covariate(name, rows):
            array, mean, std = parts[name]
            return tf.cast((tf.gather(array, rows) - mean) / std, tf.float32)

        def assemble(first, seed):
            windows = tf.range(first, tf.minimum(first + self.batch_size, count))
            if shuffle and count > 1:
                # A permutation by its seed, place by place: no list of all windows is shuffled.
                key = tf.stack([seed, seed // 2**31])
                windows = tf.random.experimental.index_shuffle(
                    windows, tf.cast(key % 2**31, tf.int32), tf.constant(count - 1, tf.int64)
                )
            which = tf.searchsorted(offsets, windows, side="right", out_type=tf.int64) - 1
            begin = tf.gather(firsts, which) + (windows - tf.gather(offsets, which)) * self.stride
            rows = begin[:, None] + tf.range(steps, dtype=tf.int64)  # (B, L + H)
            cut = tf.gather(values, rows)
            if scales is not None:
                mean, std = (tf.gather(scale, which)[:, None] for scale in scales)
                cut = (cut - mean) / std
            cut = tf.cast(cut, tf.float32)
            x, y = cut[:, : self.lookback], cut[:, self.lookback :]
            inputs = {"values": x}
            if "past" in parts:
                inputs["past"] = covariate("past", rows[:, : self.lookback])
            known = [covariate("future", rows)] if "future" in parts else []
            if wall is not None:
                known.append(features(tf.gather(wall, rows), self.calendar))
            if known:
                inputs["future"] = tf.concat(known, axis=-1)
            if "static" in parts:
                inputs["static"] = covariate("static", which)
            if self.teacher:
                inputs["teacher"] = y
            return inputs, y

        return assemble


def seconds(times):
    """Wall clock of times in seconds since 1970, int64 (N,)."""
    wall = times.tz_localize(None) if times.tz is not None else times
    return wall.as_unit("ns").asi8 // 1_000_000_000
