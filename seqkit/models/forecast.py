"""What `forecast` gives to people.

Shapes: S series, H horizon, C targets, Q levels, N samples.
"""

import numpy as np

from seqkit.checks import int_from

__all__ = ["Forecast"]

SAMPLES = 100


class Forecast:
    """What a model says of the steps after the end of each series, on the scale of the data.

    Made by `Forecaster.forecast`.

    Args:
        model: `Forecaster`.
        history: `seqkit.data.Series`, the series whose future it is.
        values: float32 (S, L, C), the scaled windows that were read.
        parameters: float32 (S, H, C, P), what the model made of them.

    Attributes:
        ids: names of the series.
        times: list of S `DatetimeIndex`, with zone and frequency of the series.
        mean: float64 (S, H, C).

    Example:
        >>> forecast = model.forecast(frame)  # doctest: +SKIP
        >>> forecast.quantile(0.9).shape, forecast.to_frame()  # doctest: +SKIP
    """

    def __init__(self, model, history, values, parameters):
        self._model, self.history = model, history
        self._values, self._parameters = values, parameters
        self._location, self._scale = (
            part[:, None] for part in model.preprocessor.scales(history)
        )  # (S, 1, C)
        horizon = model.preprocessor.horizon
        self.ids, self.targets = history.ids, history.columns.target
        self.times = [history.times_after(i, horizon) for i in range(len(history))]
        self.mean = numpy(model.answering.mean(parameters)) * self._scale + self._location

    def quantile(self, q):
        """Values below which the future lies with probability `q`.

        Args:
            q: a level in (0, 1), or an ascending list of them.

        Returns:
            float64 (S, H, C), or (S, H, C, Q) of a list.

        Raises:
            ValueError: a level is none; or the model says points alone.
        """
        if not self.says_how_sure:
            raise ValueError(
                "Quantiles need a head that knows them, or `model.calibrate(held_back)`. "
                f"Received: a model with the head {type(self._model.head).__name__}"
            )
        levels = [q] if isinstance(q, (int, float)) else list(q)
        order = np.argsort(levels)
        found = numpy(
            self._model.quantiles(self._values, self._parameters, [levels[i] for i in order])
        )
        found = found[..., np.argsort(order)]
        found = found * self._scale[..., None] + self._location[..., None]
        return found[..., 0] if isinstance(q, (int, float)) else found

    @property
    def says_how_sure(self):
        """Whether there are quantiles: by the head, or by calibration."""
        return self._model.answering.probabilistic or bool(self._model.margins.numpy().any())

    def interval(self, coverage=0.9):
        """The pair of quantiles between which the future lies with probability `coverage`."""
        if not 0 < coverage < 1:
            raise ValueError(f"`coverage` must be in (0, 1). Received: coverage={coverage!r}")
        found = self.quantile([0.5 - coverage / 2, 0.5 + coverage / 2])
        return found[..., 0], found[..., 1]

    @property
    def samples(self):
        """Futures drawn at random, float64 (N, S, H, C), the same each time.

        Of an autoregressive model they are its paths. A direct model says each step by itself:
        its samples know nothing of how neighbouring steps go together.
        """
        if self._model.decoder == "autoregressive":
            paths = self._parameters * self._scale[..., None] + self._location[..., None]
            return np.moveaxis(paths, -1, 0)
        grid = (np.arange(99) + 1) / 100
        table = self.quantile(grid.tolist())  # (S, H, C, 99)
        chance = np.random.default_rng(0).uniform(0, 98, (SAMPLES, *table.shape[:-1]))
        low = np.minimum(chance.astype(int), 97)
        below, above = (
            np.take_along_axis(table[None], k[..., None], axis=-1)[..., 0] for k in (low, low + 1)
        )
        return below + (chance - low) * (above - below)

    def to_frame(self, levels=(0.05, 0.5, 0.95)):
        """A row for each series, step and target.

        Args:
            levels: quantiles to write; none where the model says points alone.

        Returns:
            `pandas.DataFrame` with the columns of id and time as the data has them, `target`
            where there are several, `mean`, and `q0.05`, `q0.5`, ...
        """
        import pandas as pd

        columns, frames = self.history.columns, []
        levels = list(levels) if self.says_how_sure else []
        quantiles = self.quantile(levels) if levels else None
        for i, name in enumerate(self.ids):
            for k, target in enumerate(self.targets):
                named = {columns.id: name} if columns.id else {}
                named[columns.time or "ds"] = self.times[i]
                named |= {"target": target} if len(self.targets) > 1 else {}
                named["mean"] = self.mean[i, :, k]
                named |= {f"q{q:g}": quantiles[i, :, k, j] for j, q in enumerate(levels)}
                frames.append(pd.DataFrame(named))
        return pd.concat(frames, ignore_index=True)

    def plot(self, series=None, target=None, *, history=None, coverages=(0.5, 0.8, 0.9)):
        """History, median and a fan of intervals.

        Args:
            series: name of a series; `None` is the first.
            target: name of a target; `None` is the first.
            history: steps of the past to draw; `None` is four horizons.
            coverages: of the intervals, each a shade.

        Returns:
            `matplotlib.figure.Figure`.
        """
        from matplotlib.figure import Figure

        if series in self.targets and series not in self.ids:
            raise ValueError(
                f"`series` must be one of {', '.join(map(str, self.ids))}. Received: {series!r}, "
                f"a target: plot(target={series!r}) draws it"
            )
        i = 0 if series is None else self.history.index_of(series)
        if target is not None and target not in self.targets:
            raise ValueError(
                f"`target` must be one of {', '.join(self.targets)}. Received: {target!r}"
            )
        k = 0 if target is None else self.targets.index(target)
        shown = 4 * len(self.times[i]) if history is None else int_from("history", history, 0)
        figure = Figure(figsize=(8, 3.2), layout="constrained")
        panel = figure.subplots()
        past, times = self.history.values_of(i)[:, k], self.history.times_of(i)
        first = max(0, len(past) - shown)
        panel.plot(times[first:], past[first:], color="#444444", lw=1, label="history")
        middle = self.mean[i, :, k]
        if self.says_how_sure:
            middle = self.quantile(0.5)[i, :, k]
            for coverage in sorted(coverages, reverse=True):
                low, high = self.interval(coverage)
                panel.fill_between(
                    self.times[i],
                    low[i, :, k],
                    high[i, :, k],
                    color="#4878a8",
                    alpha=0.22,
                    lw=0,
                    label=f"{coverage:.0%}",
                )
        label = "median" if self.says_how_sure else "forecast"
        panel.plot(self.times[i], middle, color="#d1495b", lw=1.4, label=label)
        panel.set_title(f"{self.ids[i]}: {self.targets[k]}", loc="left")
        panel.spines[["top", "right"]].set_visible(False)
        panel.legend(frameon=False, fontsize="small", loc="upper left", ncols=5)
        return figure

    def __repr__(self):
        first = self.times[0]
        return (
            f"<Forecast of {len(self.ids)} series of {', '.join(self.targets)}, "
            f"{len(first)} steps from {first[0]} to {first[-1]}>"
        )


def numpy(tensor):
    import keras

    return keras.ops.convert_to_numpy(tensor).astype(np.float64)
