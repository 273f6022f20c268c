"""How well `recipes.forecasting` forecasts: ETTh1 by the protocol of its papers, and airline.

    SEQKIT_DATA=... python benchmarks/forecasting.py --results forecasting.jsonl
    python benchmarks/forecasting.py --rows linear gru --horizons 96 --seeds 1 2 3
    python benchmarks/forecasting.py --rows airline

ETTh1: 8,640, 2,880 and 2,880 hours to train, validate and test; z-scores of the training part;
all seven columns; windows by one step, all of the test part counted. The look-back is the one of
`LOOKBACKS` with the lowest loss on validation, asked once with seed 1 (`--choose`). Intervals
are calibrated on the validation part. Exponential smoothing, fitted anew for every window, is asked
at every horizon's end alone. Each run appends a line to the results as it ends; runs that
are there already are not made again. Seconds count training, validation included.
"""

import argparse
import functools
import os
import pathlib
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from rows import completed

import recipes
from seqkit import data
from seqkit.models.backtest import LEVELS
from seqkit.models.baselines import ets, seasonal_naive
from seqkit.models.scores import scores

ROWS = {
    "linear": {"cell": None},
    "gru": {"linear": None, "cell": "gru", "units": 128, "patch": 24, "dropout": 0.3},
    "gru + linear": {"cell": "gru", "units": 64, "patch": 24, "dropout": 0.3},
}
SMOOTHING = "exponential smoothing"
PLAIN = ("repeat last", "seasonal naive", SMOOTHING, "keras tutorial")
LOOKBACKS = (336, 512, 720)
CHOSEN = {"linear": 512, "gru": 336, "gru + linear": 336}


def halved(epoch, rate):
    return rate * 0.5 if epoch else rate


def fitted(parts, row, horizon, seed, lookback, epochs):
    model = recipes.forecasting(
        parts.train, horizon=horizon, lookback=lookback, seed=seed, **ROWS[row]
    )
    start = time.monotonic()
    history = model.fit(
        parts.train,
        validation_data=parts.validation,
        epochs=epochs,
        callbacks=[keras.callbacks.LearningRateScheduler(halved)],
        verbose=0,
    )
    seconds = time.monotonic() - start
    return model, min(history.history["val_loss"]), seconds


def measured(model, part):
    """MSE, MAE, CRPS and coverage on the z-scores of all windows of a part."""
    windows = model.preprocessor.batches(part, 128)
    sums, count = {}, 0
    for inputs, y in windows.dataset:
        parameters = model.predict_on_batch(inputs)
        mean = keras.ops.convert_to_numpy(model.answering.mean(parameters))
        quantiles = model.quantiles(inputs["values"], parameters, list(LEVELS))
        found = scores(y.numpy(), mean, keras.ops.convert_to_numpy(quantiles), LEVELS, 1.0)
        for name in ("mse", "mae", "crps", "coverage"):
            sums[name] = sums.get(name, 0.0) + float(found[name]) * len(mean)
        count += len(mean)
    return {name: value / count for name, value in sums.items()} | {"windows": count}


def recipe(parts, row, horizon, seed, lookback, epochs):
    model, loss, seconds = fitted(parts, row, horizon, seed, lookback, epochs)
    before = measured(model, parts.test)["coverage"]
    model.calibrate(parts.validation)
    found = measured(model, parts.test)
    return found | {"validation": loss, "seconds": seconds, "uncalibrated": before}


def plain(parts, row, horizon):
    """Methods without training, on the same windows of z-scores."""
    numbers = data.Forecasting.learn(parts.train, horizon=horizon, lookback=336)
    season = 1 if row == "repeat last" else 24
    mean, std = numbers.scales(parts.train)
    history = (parts.train.values_of(0) - mean) / std
    errors = history[season:] - history[:-season]
    spread = np.sqrt(np.square(errors).mean(axis=0))  # (C,)
    ahead = np.arange(horizon)
    normal = seasonal_naive(np.array([0.0, 1.0]), 1, 1, LEVELS)[1][0]  # 1 + quantiles of N(0, 1)
    width = np.sqrt(ahead // season + 1)[:, None] * spread  # (H, C)
    sums, count = {}, 0
    for inputs, y in numbers.batches(parts.test, 128).dataset:
        point = inputs["values"].numpy()[:, 336 - season + ahead % season]
        quantiles = point[..., None] + width[..., None] * (normal - 1)
        found = scores(y.numpy(), point, quantiles, LEVELS, 1.0)
        for name in ("mse", "mae", "crps", "coverage"):
            sums[name] = sums.get(name, 0.0) + float(found[name]) * len(point)
        count += len(point)
    return {name: value / count for name, value in sums.items()} | {"windows": count, "seconds": 0}


def smoothing(parts, horizon, most=None):
    """Exponential smoothing of windows that do not overlap, each from all that came before it."""
    numbers = data.Forecasting.learn(parts.train, horizon=horizon, lookback=336)
    mean, std = numbers.scales(parts.test)
    values = (parts.test.values_of(0) - mean) / std
    begin, start = int(parts.test.begins[0] - parts.test.starts[0]), time.monotonic()
    moments = range(begin, len(values) - horizon + 1, horizon)[:most]
    answers = [
        [ets(values[:moment, k], horizon, 24, LEVELS) for k in range(values.shape[1])]
        for moment in moments
    ]
    point = np.array([[each[0] for each in row] for row in answers])  # (W, C, H)
    quantiles = np.array([[each[1] for each in row] for row in answers])
    truth = np.stack([values[moment : moment + horizon].T for moment in moments])
    found = scores(truth, point, quantiles, LEVELS, 1.0)
    found = {name: float(found[name]) for name in ("mse", "mae", "crps", "coverage")}
    return found | {"windows": len(moments), "seconds": time.monotonic() - start}


def tutorial(parts, horizon, seed, epochs=10):
    """Windows, one LSTM, one dense layer for the horizon, as Keras's guides have it."""
    import tensorflow as tf

    keras.utils.set_random_seed(seed)
    numbers = data.Forecasting.learn(parts.train, horizon=horizon, lookback=120)

    def batches(part, size=256, shuffle=False):
        windows = numbers.batches(part, size, shuffle=shuffle, seed=seed).dataset
        return windows.map(lambda x, y: (x["values"], y), tf.data.AUTOTUNE)

    model = keras.Sequential(
        [
            keras.Input((120, 7)),
            keras.layers.LSTM(32),
            keras.layers.Dense(horizon * 7),
            keras.layers.Reshape((horizon, 7)),
        ]
    )
    model.compile(keras.optimizers.Adam(1e-3), "mse", metrics=["mae"])
    start = time.monotonic()
    history = model.fit(
        batches(parts.train, shuffle=True),
        validation_data=batches(parts.validation),
        epochs=epochs,
        callbacks=[keras.callbacks.EarlyStopping(patience=5, restore_best_weights=True)],
        verbose=0,
    )
    seconds = time.monotonic() - start
    mse, mae = model.evaluate(batches(parts.test), verbose=0)
    best = min(history.history["val_loss"])
    return {"mse": mse, "mae": mae, "validation": best, "seconds": seconds, "windows": 0}


def airline():
    """The last two years in one forecast, and beside it what simple methods say.

    The two years before choose how many epochs; then all ten years are trained on, as the
    baselines read all ten.
    """
    parts, found = data.load("airline"), []
    before = parts.validation.part(parts.validation.starts, parts.validation.ends)

    def made(series, seed):
        return recipes.forecasting(
            series, horizon=24, lookback=36, cell=None, linear="linear", channels="joint",
            scaling="all", learning_rate=0.01, seed=seed,
        )  # fmt: skip

    for seed in (1, 2, 3):
        trial = made(parts.train, seed)
        losses = trial.fit(parts.train, validation_data=parts.validation, epochs=60, verbose=0)
        epochs = int(np.argmin(losses.history["val_loss"])) + 1
        model = made(before, seed)
        model.fit(before, epochs=epochs, verbose=0)
        found.append(model.backtest(parts.test, windows=1))
    print(found[0])
    errors = [backtest.table().loc["forecaster", ["mae", "rmse", "mase"]] for backtest in found]
    print("mean of three seeds (MAE, RMSE, MASE):", np.mean(errors, axis=0).round(3))


def run(row, horizon, seed, parts, epochs):
    keras.utils.clear_session()
    lookback = CHOSEN.get(row)
    if row == "keras tutorial":
        found = tutorial(parts, horizon, seed)
    elif row == SMOOTHING:
        found = smoothing(parts, horizon)
    elif row in PLAIN:
        found = plain(parts, row, horizon)
    else:
        found = recipe(parts, row, horizon, seed, lookback, epochs)
    return {"lookback": lookback, **found}


def table(results):
    """A line for each row and horizon: means over the seeds."""
    lines = [
        f"{'row':<22}{'horizon':>8}{'read':>6}{'seeds':>6}{'MSE':>15}{'MAE':>8}{'CRPS':>8}"
        f"{'coverage':>10}{'before':>8}{'seconds':>9}"
    ]
    keys = dict.fromkeys((r["row"], r["horizon"], r["lookback"]) for r in results)
    for row, horizon, lookback in sorted(keys, key=lambda k: (k[1], k[0], str(k[2]))):
        own = [
            r
            for r in results
            if (r["row"], r["horizon"], r["lookback"]) == (row, horizon, lookback)
        ]
        mean = {
            name: np.mean([r.get(name, np.nan) for r in own])
            for name in ("mse", "mae", "crps", "coverage", "uncalibrated", "seconds")
        }
        lines.append(
            f"{row:<22}{horizon:>8}{lookback or '-':>6}{len(own):>6}{mean['mse']:>8.4f} "
            f"±{np.std([r['mse'] for r in own]):.4f}{mean['mae']:>8.4f}{mean['crps']:>8.4f}"
            f"{mean['coverage']:>10.3f}{mean['uncalibrated']:>8.3f}{mean['seconds']:>9.0f}"
        )
    return "\n".join(lines)


def choose(parts, rows):
    """Loss on validation for each look-back; the test part is not read."""
    for row in rows:
        for lookback in LOOKBACKS:
            keras.utils.clear_session()
            _, loss, seconds = fitted(parts, row, 96, 1, lookback, 8)
            print(f"{row:<22}{lookback:>6} validation {loss:.4f} {seconds:.0f} s", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    every = [*ROWS, *PLAIN, "airline"]
    parser.add_argument("--rows", nargs="+", choices=every, default=every)
    parser.add_argument("--horizons", nargs="+", type=int, default=[96, 192, 336, 720])
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--epochs", type=int, default=8, help="at most; early stopping is on")
    parser.add_argument("--choose", action="store_true", help="compare look-backs, and end")
    parser.add_argument("--results", type=pathlib.Path, default=pathlib.Path("forecasting.jsonl"))
    chosen = parser.parse_args()

    rows = [row for row in chosen.rows if row != "airline"]
    if rows:
        parts = data.load("etth1")
        if chosen.choose:
            return choose(parts, [row for row in rows if row in ROWS])
        tasks = [
            (row, horizon, seed)
            for horizon in chosen.horizons
            for row in rows
            for seed in (chosen.seeds[:1] if row in PLAIN[:3] else chosen.seeds)
        ]
        one = functools.partial(run, parts=parts, epochs=chosen.epochs)
        print(table(completed(chosen.results, ("row", "horizon", "seed"), tasks, one)))
    if "airline" in chosen.rows:
        airline()


if __name__ == "__main__":
    main()
