"""What a forecaster does to raw series: columns, scales, windows, and the way back.

Shapes: S series, L look-back, H horizon, C targets.
"""

import keras
import numpy as np

from seqkit.checks import positive_int
from seqkit.configured import Configured
from seqkit.data import serving_series
from seqkit.data.ahead import ahead
from seqkit.data.audit import ways
from seqkit.data.calendar import FEATURES, features, features_for
from seqkit.data.examples import DataError
from seqkit.data.frames import as_series
from seqkit.data.scales import learned
from seqkit.data.windows import Windows, seconds

__all__ = ["Forecasting"]

SCALINGS = ("series", "all", None)


@keras.saving.register_keras_serializable("seqkit")
class Forecasting(Configured):
    """Series to windows of scaled numbers, and forecasts back to their scale.

    Args:
        horizon, lookback: steps to forecast, and to read.
        columns: dict with `time`, `id`, `target`, `past`, `future`, `static`, as `as_series`
            takes them.
        freq: str, as pandas writes it.
        scaling: "series": each target of each series has mean 0 and deviation 1 over its training
            data, so that a series must be known to be forecast; "all": each target over all
            series; `None`.
        statistics: dict of means and deviations, learned from training data.
        calendar: names of calendar features: "minute", "hour", "weekday", "yearday"; or one.
        repair: policies for what is wrong with frames, as `as_series` takes them.
        stride: steps from one training window to the next.
        teacher: whether batches hold the targets among the inputs too.

    Raises:
        ValueError: An argument is out of range.

    Example:
        >>> from seqkit.data import samples
        >>> series = samples.series(3, steps=100)
        >>> numbers = Forecasting.learn(series, horizon=5, lookback=20)
        >>> inputs, targets = next(iter(numbers.batches(series, 8).dataset))
        >>> inputs["values"].shape, targets.shape
        (TensorShape([8, 20, 1]), TensorShape([8, 5, 1]))
    """

    def __init__(
        self,
        horizon,
        lookback,
        columns,
        freq,
        *,
        scaling="series",
        statistics=None,
        calendar=(),
        repair=None,
        stride=1,
        teacher=False,
    ):
        self.horizon = positive_int("horizon", horizon)
        self.lookback = positive_int("lookback", lookback)
        self.stride = positive_int("stride", stride)
        if scaling not in SCALINGS:
            raise ValueError(f"`scaling` must be one of {SCALINGS}. Received: {scaling!r}")
        calendar = [calendar] if isinstance(calendar, str) else list(calendar)
        unknown = [name for name in calendar if name not in FEATURES]
        if unknown:
            raise ValueError(
                f"`calendar` must name features among {', '.join(FEATURES)}. "
                f"Received: {unknown[0]!r}"
            )
        self.columns = {
            name: value if value is None or isinstance(value, str) else list(value)
            for name, value in columns.items()
        }
        self.freq, self.scaling, self.teacher = freq, scaling, teacher
        self.statistics = statistics
        self.calendar, self.repair = calendar, ways(repair)
        self._row_of = {name: i for i, name in enumerate((statistics or {}).get("ids", ()))}

    @classmethod
    def learn(
        cls, data, *, horizon, lookback, scaling="series", calendar=(), repair=None, stride=1,
        teacher=False, **options,
    ):  # fmt: skip
        """Reads the training data, and learns the scales from it.

        Args:
            data: Anything `as_series` takes.
            horizon, lookback, scaling, repair, stride, teacher: As above.
            calendar: Names of calendar features; "auto" takes those that fit the frequency.
            **options: Columns and frequency, as `as_series` takes them.

        Returns:
            `Forecasting`.

        Raises:
            DataError: The data cannot be read, or is too short.
        """
        series = as_series(data, repair=repair, **options)
        columns = series.columns
        named = {use: getattr(columns, use) for use in ("target", "past", "future", "static")}
        named |= {"time": columns.time or "ds", "id": columns.id or "unique_id"}
        made = cls(
            horizon,
            lookback,
            named,
            series.freq,
            scaling=scaling,
            statistics=learned(series, scaling),
            calendar=features_for(series.freq) if calendar == "auto" else calendar,
            repair=repair,
            stride=stride,
            teacher=teacher,
        )
        made.batches(series)  # says at once where there is not one window to train on
        return made

    def examples(self, x, y=None, *, name="data", repair=None):
        """Raw data as `Series`, with the columns and policies of the training data, or others."""
        if y is not None:
            raise DataError(f"{name}: expected the targets in the frame. Received: `y` beside it")
        columns = {key: value for key, value in self.columns.items() if value != []}
        # A stretch without change is nothing wrong where nothing is learned from it.
        repair = {"constant": "keep", **self.repair, **ways(repair)}
        series = as_series(x, **columns, freq=self.freq, repair=repair, name=name)
        if series.freq != self.freq:
            raise DataError(
                f"{series.name}: expected series of freq {self.freq}. Received: {series.freq}"
            )
        received = {use: list(getattr(series.columns, use)) for use in ("target", "past", "future")}
        for use, names in received.items():
            if names != list(self.columns[use]):
                raise DataError(
                    f"{series.name}: expected {use} columns {list(self.columns[use])}. "
                    f"Received: {names}"
                )
        return series

    def scales(self, series):
        """Mean and deviation of the targets of each series, float64 (S, C) each.

        Raises:
            DataError: A series was not in the training data, and scales go by series.
        """
        targets = len(self.columns["target"])
        if self.scaling is None:
            return np.zeros((len(series), targets)), np.ones((len(series), targets))
        rows = np.zeros(len(series), np.int64)
        if self.scaling == "series":
            unknown = [i for i in series.ids if str(i) not in self._row_of]
            # A series without a name is the one that was trained on.
            if unknown and not (len(self._row_of) == len(series) == 1 and not series.columns.id):
                raise DataError(
                    f"{series.name}: expected series of the training data, whose scales are known. "
                    f"Received: {unknown[0]!r}. A model with scaling='all' or scaling=None takes "
                    "new series"
                )
            rows = np.array([self._row_of.get(str(i), 0) for i in series.ids], np.int64)
        mean, std = (np.array(self.statistics[name]) for name in ("mean", "std"))
        return mean[rows], std[rows]

    def batches(
        self,
        examples,
        batch_size=32,
        *,
        stride=1,
        shuffle=False,
        seed=None,
        class_weight=None,
        weights=None,
    ):
        """Batches of all windows of the series.

        Args:
            examples: `Series`, or raw data.
            batch_size, stride, shuffle, seed: As in `Windows`.
            class_weight, weights: must be `None`; series have none.

        Returns:
            `Windows`.
        """
        if class_weight is not None or weights is not None:
            raise ValueError(
                "`class_weight` and `sample_weight` are not for series. Received: "
                f"class_weight={class_weight!r}, sample_weight={type(weights).__name__}"
            )
        series = self.examples(examples)
        mean, std = self.scales(series)
        return Windows(
            series,
            self.lookback,
            self.horizon,
            stride=stride,
            mean=mean,
            std=std,
            covariates={
                n: self.statistics[n] for n in ("past", "future", "static") if n in self.statistics
            },
            calendar=self.calendar,
            teacher=self.teacher,
            batch_size=batch_size,
            shuffle=shuffle,
            seed=seed,
            drop_short=self.repair.get("short") == "drop",
        )

    def context(self, series, future=None, *, repair=None):
        """What is known at the end of each series: the inputs of its forecast.

        Args:
            series: `Series`, of `lookback` steps at least.
            future: raw data of the future covariates, for the `horizon` steps after the end of
                each series; or a `Series` of which `series` is a part, and which goes on.
            repair: policies for `future`, beside those of the training data.

        Returns:
            Dict of float32 arrays, as the inputs of a batch, a row for each series.

        Raises:
            DataError: A series is too short, or covariates of the future are missing.
        """
        lengths = series.lengths
        if len(lengths) and lengths.min() < self.lookback:
            i = int(lengths.argmin())
            raise DataError(
                f"{series.name}: expected {self.lookback} steps or more to forecast from. "
                f"Received: {int(lengths[i])} of series {series.ids[i]!r}"
            )
        rows = series.ends[:, None] - self.lookback + np.arange(self.lookback)
        mean, std = self.scales(series)
        inputs = {"values": (series.values[rows] - mean[:, None]) / std[:, None]}
        if series.past.shape[1]:
            inputs["past"] = self.scaled("past", series.past[rows])
        known = []
        if series.future.shape[1]:
            both = np.concatenate(
                [series.future[rows], ahead(self, series, future, repair)], axis=1
            )
            known.append(self.scaled("future", both))
        if self.calendar:
            at = [
                series.times[r].append(series.times_after(i, self.horizon))
                for i, r in enumerate(rows)
            ]
            wall = np.stack([seconds(times) for times in at])
            known.append(np.asarray(features(wall, self.calendar)))
        if known:
            inputs["future"] = np.concatenate(known, axis=-1)
        if series.static.shape[1]:
            inputs["static"] = self.scaled("static", series.static)
        return {name: value.astype(np.float32) for name, value in inputs.items()}

    def scaled(self, name, values):
        """Covariates by their scale."""
        mean, std = self.statistics[name]
        return (values - np.array(mean)) / np.array(std)

    def encode(self, values):
        """Raw recent values of one series, or of any with scales for all, as the model reads them.

        Args:
            values: (B, L, C).

        Returns:
            float32 (B, L, C).
        """
        mean, std = (np.array(self.statistics[name][0]) for name in ("mean", "std"))
        if self.scaling is None:
            mean, std = 0.0, 1.0
        return ((np.asarray(values, np.float64) - mean) / std).astype(np.float32)

    def signatures(self, respond):
        """What an exported forecaster offers; see `seqkit.data.serving_series`.

        Args:
            respond: Callable, a batch of scaled inputs -> dict: `mean` (B, H, C), `quantiles`
                (B, H, C, Q), `levels` (Q,).
        """
        return serving_series.signatures(self, respond)

    def samples(self, given=None):
        """For each signature, inputs that are easy to get wrong, or a dict of those given."""
        return serving_series.samples(self, given)
