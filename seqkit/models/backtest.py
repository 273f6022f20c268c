"""Forecasts from past moments, beside the baselines, measured.

Shapes: W windows, S series, H horizon, C targets, Q levels.
"""

import dataclasses

import numpy as np

from seqkit.models.baselines import BASELINES
from seqkit.models.scores import METRICS, scores

__all__ = ["Backtest"]

# Shares of 1/20 each; the outer two hold 90%.
LEVELS = tuple(round(0.05 * k, 2) for k in range(1, 20))
AXES = {"window": 0, "series": 1, "step": 2, "target": 3}


@dataclasses.dataclass(frozen=True)
class Backtest:
    """What a model and the baselines said from several past moments, and what came.

    Args:
        truth: float64 (W, S, H, C).
        answers: dict from method to mean (W, S, H, C) and quantiles (W, S, H, C, Q) at
            `LEVELS`, or `None`. The first is the model.
        scale: float64 (W, S, 1, C), what MASE divides by.
        ids, targets: names of the series and the targets.
        moments: the last known time of the first series, for each window.

    Example:
        >>> model.backtest(frame, windows=4).table(by="step")  # doctest: +SKIP
    """

    truth: np.ndarray
    answers: dict
    scale: np.ndarray
    ids: tuple
    targets: tuple
    moments: tuple

    @classmethod
    def of(cls, name, series, parts, said, against):
        """Measures what was said from parts of `series`; fits the baselines on the same parts."""
        from seqkit.data import season

        horizon, period = said.mean.shape[1], season(series.freq)
        truth, scale = [], []
        answers = {method: ([], []) for method in against}
        for past in parts:
            rows = past.ends[:, None] + np.arange(horizon)
            truth.append(series.values[rows])
            scale.append([naive_error(past.values_of(i), period) for i in range(len(past))])
            for method in against:
                found = [
                    [
                        BASELINES[method](past.values_of(i)[:, k], horizon, period, LEVELS)
                        for k in range(truth[-1].shape[-1])
                    ]
                    for i in range(len(past))
                ]
                # (S, C, H) -> (S, H, C)
                mean = np.moveaxis(np.array([[one[0] for one in row] for row in found]), 1, 2)
                spread = np.moveaxis(np.array([[one[1] for one in row] for row in found]), 1, 2)
                answers[method][0].append(mean)
                answers[method][1].append(spread)
        shape = (len(parts), len(series), *said.mean.shape[1:])
        quantiles = None
        if said.says_how_sure:
            quantiles = said.quantile(LEVELS).reshape(*shape, len(LEVELS))
        model = {name: (said.mean.reshape(shape), quantiles)}
        return cls(
            np.stack(truth),
            model | {n: (np.stack(mean), np.stack(q)) for n, (mean, q) in answers.items()},
            np.stack(scale)[:, :, None],
            series.ids,
            series.columns.target,
            tuple(past.times_of(0)[-1] for past in parts),
        )

    def table(self, by=None):
        """The metrics of every method.

        Args:
            by: `None`, "window", "series", "step" or "target": a row for each of them.

        Returns:
            `pandas.DataFrame`, a row for each method (and each of `by`), a column for each of
            MSE, MAE, RMSE, sMAPE, MASE, pinball, CRPS and coverage (of the 90% interval).

        Raises:
            ValueError: `by` is none of these.
        """
        import pandas as pd

        if by is not None and by not in AXES:
            raise ValueError(f"`by` must be None or one of {', '.join(AXES)}. Received: by={by!r}")
        keep = () if by is None else (AXES[by],)
        parts = []
        for method, (mean, quantiles) in self.answers.items():
            found = scores(self.truth, mean, quantiles, LEVELS, self.scale, keep)
            frame = pd.DataFrame({name: np.atleast_1d(found[name]) for name in METRICS})
            frame.insert(0, "method", method)
            if by is not None:
                frame.insert(1, by, self._names(by))
            parts.append(frame)
        return pd.concat(parts, ignore_index=True).set_index(["method"] + ([by] if by else []))

    def _names(self, by):
        if by == "step":
            return list(range(1, self.truth.shape[2] + 1))
        return list({"window": self.moments, "series": self.ids, "target": self.targets}[by])

    def figures(self):
        """Plain values, ready for JSON: the metrics of the model, and of the others by name."""
        table = self.table()
        windows, series, horizon, _ = self.truth.shape
        rows = {
            method: {name: None if np.isnan(v) else float(v) for name, v in row.items()}
            for method, row in table.iterrows()
        }
        own = rows.pop(next(iter(self.answers)))
        return {"windows": windows, "series": series, "steps": horizon, **own, "baselines": rows}

    def plot(self, metric="mae"):
        """A line for each method: the metric over the steps of the horizon.

        Returns:
            `matplotlib.figure.Figure`.
        """
        from matplotlib.figure import Figure

        if metric not in METRICS:
            raise ValueError(f"`metric` must be one of {', '.join(METRICS)}. Received: {metric!r}")
        table = self.table(by="step")[metric]
        figure = Figure(figsize=(6, 3), layout="constrained")
        panel = figure.subplots()
        for k, method in enumerate(self.answers):
            style = {"color": "#d1495b", "lw": 1.8} if k == 0 else {"lw": 1, "ls": "--"}
            panel.plot(table[method].index, table[method].to_numpy(), label=method, **style)
        panel.set(xlabel="steps ahead", ylabel=metric)
        panel.spines[["top", "right"]].set_visible(False)
        panel.legend(frameon=False, fontsize="small")
        return figure

    def unbeaten(self, metric="mase"):
        """Names of the baselines that the model does not beat in `metric`."""
        column = self.table()[metric]
        return [method for method in column.index[1:] if not column.iloc[0] < column[method]]

    def __repr__(self):
        windows, series, horizon, _ = self.truth.shape
        model = next(iter(self.answers))
        lines = [f"{windows} windows of {horizon} steps, {series} series"]
        lines.append(self.table().round(4).to_string())
        better = self.unbeaten()
        if better:
            lines.append(f"{model} does not beat {', '.join(better)} (MASE)")
        return "\n".join(lines)


def naive_error(past, period):
    """Mean absolute error of the seasonal naive method on the past, (C,); never zero."""
    period = period if len(past) > period else 1
    error = np.abs(past[period:] - past[:-period]).mean(axis=0)
    return np.where(error > 0, error, 1.0)
