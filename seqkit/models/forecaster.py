"""Series to what comes next, with how sure the model is.

Shapes: S series, W windows, L look-back, H horizon, C targets, P parameters, Q levels.
"""

import os

import keras
import numpy as np

from seqkit.checks import positive_int
from seqkit.models import baselines
from seqkit.models.backtest import Backtest
from seqkit.models.forecast import Forecast
from seqkit.models.forecast_network import LEVELS, ForecastNetwork

__all__ = ["Forecaster"]

# Quantiles that an export answers with.
SERVED = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)


@keras.saving.register_keras_serializable("seqkit")
class Forecaster(ForecastNetwork):
    """Normalisation of the window, a linear map and an encoder side by side, and a head.

    `fit`, `evaluate` and `predict` take frames, or `seqkit.data.Series`, and read all their
    windows; `forecast` answers from the end of each series.

    Args:
        preprocessor: `seqkit.data.Forecasting`.
        encoder: layer `(B, T, D) -> (B, T, D)` or `-> (B, D)`; for decoder="autoregressive" a
            forward `Stack` with `return_state=True`; `None` leaves the linear map alone.
        head: "mse", "mae", "huber", "quantiles", "gaussian", "student_t", "negative_binomial",
            "mixture", or a `seqkit.layers.Head`.
        decoder: "direct", the horizon at once; or "autoregressive", step by step, whose
            forecasts are sampled paths. `evaluate` then measures each step after the true ones.
        linear: "linear", "decomposition", or a layer `(B, L, C) -> (B, H, C)` or
            `(B, H, C, P)`, added to what the encoder says; `None` for none.
        norm: "standard", "last", "scale" (see `ReversibleNorm`) or `None`.
        channels: "independent", every target by itself with the same weights; or "joint".
        patch: steps of the window that the encoder reads as one.
        dropout: on what the encoder says.
        paths: how many paths an autoregressive model draws.
        seed: for the order of the windows in training.

    Raises:
        ValueError: if an argument is none of the above, or they do not go together.

    Example:
        >>> from seqkit import data
        >>> from seqkit.training import ForecastLoss
        >>> series = data.samples.series(2, steps=100)
        >>> numbers = data.Forecasting.learn(series, horizon=6, lookback=24)
        >>> model = Forecaster(numbers, linear="linear", head="quantiles")
        >>> model.compile("adam", ForecastLoss(model.head))
        >>> history = model.fit(series, verbose=0)
    """

    @staticmethod
    def is_raw(x):
        """Frames, `Series` and paths; a dict of arrays or a dataset are batches made before."""
        if type(x).__module__.partition(".")[0] == "pandas":
            return True
        return hasattr(x, "begins") or hasattr(x, "columns") or isinstance(x, (str, os.PathLike))

    def batching(self, batch_size):
        return super().batching(batch_size) | {"stride": self.preprocessor.stride}

    def measuring(self, batch_size):
        return super().batching(batch_size)

    @property
    def labels(self):
        """Names of what is forecast."""
        return tuple(self.preprocessor.columns["target"])

    def parts(self):
        """What the model is made of, for `seqkit.inspect.facts`."""
        numbers = self.preprocessor
        return {
            "freq": numbers.freq,
            "horizon": numbers.horizon,
            "lookback": numbers.lookback,
            "encoder": self.encoder,
            "linear": self.straight,
            "head": type(self.head).__name__,
            "decoder": self.decoder,
            "norm": self.norm or "none",
            "channels": self.channels,
            "scaling": numbers.scaling or "none",
            "covariates": [*numbers.columns["past"], *numbers.columns["future"],
                           *numbers.columns["static"], *numbers.calendar],
        }  # fmt: skip

    # --- training -------------------------------------------------------------

    def fit(self, x=None, y=None, *args, validation_split=0.0, validation_data=None, **kwargs):
        """As `Task.fit`; `validation_split` sets the last share of each series aside."""
        if validation_split and validation_data is None and self.is_raw(x):
            parts = self.examples(x, y, "training data").split(validation=validation_split)
            x, validation_data = parts.train, parts.validation
            validation_split = 0.0
        return super().fit(
            x,
            y,
            *args,
            validation_split=validation_split,
            validation_data=validation_data,
            **kwargs,
        )

    def calibrate(self, x, *, batch_size=256):
        """Sets the quantiles right on held-back data: split conformal prediction.

        For each level, step and target, the quantile is moved by as many units of the model's own
        spread as it takes for the right share of the held-back values to lie below it (Romano
        et al. 2019, each side by itself; the spread as in Lei et al. 2018). Point forecasts get
        intervals that way; of a point the unit is the deviation of the window.

        What is promised holds where the future is like the held-back data. Neighbouring windows
        share nearly all their values: a few horizons of data are few observations, however many
        windows they make.

        Args:
            x: raw data that was not trained on; every window of it counts.
            batch_size: windows of a batch.

        Returns:
            The model, calibrated.
        """
        series = self.examples(x, name="calibration data")
        windows = self.preprocessor.batches(series, batch_size)
        self.margins.assign(np.zeros(self.margins.shape, "float32"))
        scores = []
        for inputs, y in windows.dataset:
            inputs = {name: value for name, value in inputs.items() if name != "teacher"}
            parameters = self.parameters(inputs, batch_size)
            values = inputs["values"]
            found = keras.ops.convert_to_numpy(self.quantiles(values, parameters, LEVELS))
            unit = keras.ops.convert_to_numpy(self.spread(values, parameters))
            scores.append((np.asarray(y)[..., None] - found) / unit[..., None])
        scores = np.concatenate(scores)  # (W, H, C, Q)
        count, margins = len(scores), []
        for k, level in enumerate(LEVELS):
            # One more than there are, for the value that is to come.
            rank = np.ceil((count + 1) * level) if level >= 0.5 else np.floor((count + 1) * level)
            at = int(np.clip(rank, 1, count)) - 1
            margins.append(np.partition(scores[..., k], at, axis=0)[at])
        self.margins.assign(np.stack(margins).astype("float32"))
        return self

    # --- use ------------------------------------------------------------------

    def respond(self, batch):
        """A batch of scaled inputs -> `mean` `(B, H, C)`, `quantiles` `(B, H, C, Q)`, `levels`."""
        parameters = self(batch, training=False)
        return {
            "mean": self.answering.mean(parameters),
            "quantiles": self.quantiles(batch["values"], parameters, SERVED),
            "levels": keras.ops.convert_to_tensor(SERVED, "float32"),
        }

    def parameters(self, inputs, batch_size=256):
        """What the network makes of scaled inputs: float32 `(B, H, C, P)`."""
        inputs = {name: np.asarray(value) for name, value in inputs.items()}
        return keras.Model.predict(self, inputs, batch_size=batch_size, verbose=0)

    def predict(self, x, batch_size=None, verbose="auto", **kwargs):
        """Mean forecasts of all windows of raw data, on the scale of the data.

        Args:
            x: raw data, or a dict of arrays as `preprocessor.batches` makes them.
            batch_size: windows of a batch.
            verbose, **kwargs: as in Keras.

        Returns:
            float array `(W, H, C)`; of a dict of arrays the scaled parameters `(W, H, C, P)`.
        """
        if not self.is_raw(x):
            return keras.Model.predict(self, x, batch_size, verbose, **kwargs)
        series = self.examples(x, name="data")
        windows = self.preprocessor.batches(series, 256 if batch_size is None else batch_size)
        inputs = windows.dataset.map(lambda x, y: {n: v for n, v in x.items() if n != "teacher"})
        verbose = 0 if verbose == "auto" else verbose
        parameters = keras.Model.predict(self, inputs, verbose=verbose, **kwargs)
        mean = keras.ops.convert_to_numpy(self.answering.mean(parameters))
        which, _ = windows.places(np.arange(windows.count))
        location, scale = self.preprocessor.scales(series)
        return mean * scale[which][:, None] + location[which][:, None]

    def forecast(self, x, *, future=None, repair=None):
        """What comes after the end of each series.

        Args:
            x: raw data, of `lookback` steps of each series or more; the last ones are read.
            future: frame with the future covariates of the next `horizon` steps, where the
                model has any.
            repair: policies for what is wrong with the frames, beside those of the training
                data; as `seqkit.data.as_series` takes them.

        Returns:
            `Forecast`: `.mean`, `.quantile(q)`, `.samples`, `.to_frame()`, `.plot()`.

        Raises:
            seqkit.data.DataError: a series is too short or unknown, the frame is broken, or
                covariates of the future are missing; says where.
        """
        series = self.examples(x, name="data", repair=repair)
        inputs = self.preprocessor.context(series, future, repair=repair)
        return Forecast(self, series, inputs["values"], self.parameters(inputs))

    def backtest(
        self, x, *, windows=4, stride=None, against=tuple(baselines.BASELINES), repair=None
    ):
        """Forecasts from several past moments, beside what simple methods say from there.

        The model is asked as it is, the others are fitted anew at each moment.

        Args:
            x: raw data; the last `windows` forecasts end at its end, `stride` apart.
            windows: int, how many moments.
            stride: steps between them; `None` is the horizon.
            against: names among "naive", "seasonal naive", "ets".
            repair: as `forecast` takes it.

        Returns:
            `Backtest`: `.table()`, by series, target or step too; prints which baselines the
            model does not beat.
        """
        unknown = [name for name in against if name not in baselines.BASELINES]
        if unknown:
            raise ValueError(
                f"`against` must name {', '.join(baselines.BASELINES)}. Received: {unknown[0]!r}"
            )
        numbers = self.preprocessor
        stride = numbers.horizon if stride is None else stride
        windows, stride = positive_int("windows", windows), positive_int("stride", stride)
        series = self.examples(x, name="data", repair=repair)
        ends = [numbers.horizon + k * stride for k in reversed(range(windows))]
        short = series.lengths - ends[0] < numbers.lookback
        if short.any():
            i = int(short.argmax())
            raise ValueError(
                f"`windows` and `stride` must leave {numbers.lookback} steps before the first "
                f"forecast. Received: windows={windows}, stride={stride} and {series.lengths[i]} "
                f"steps of series {series.ids[i]!r}"
            )
        parts = [series.until(end) for end in ends]
        inputs = [numbers.context(part, series) for part in parts]
        inputs = {name: np.concatenate([each[name] for each in inputs]) for name in inputs[0]}
        # All moments as one long list of series.
        every = series.subset(np.tile(np.arange(len(series)), windows))
        said = Forecast(self, every, inputs["values"], self.parameters(inputs))
        return Backtest.of(self.name, series, parts, said, against)

    def report(self, x, *, windows=4, repair=None):
        """How well the model forecasts the end of raw data: `backtest` beside the baselines.

        Args:
            x: raw data, with `lookback` steps before the first of the `windows` forecasts.
            windows, repair: as `backtest` takes them.

        Returns:
            `Backtest`: prints as a table, `.figures()` for JSON.
        """
        return self.backtest(x, windows=windows, repair=repair)
