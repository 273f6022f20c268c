"""The forecaster: learns what there is to learn, says how sure it is, and refuses bad input."""

import keras
import numpy as np
import pandas as pd
import pytest

import recipes
from seqkit import data, layers
from seqkit.data import DataError
from seqkit.models import Forecaster
from seqkit.testing.examples import FORECASTERS

H, L = 6, 24


def waves(n=2, steps=240, noise=0.0, seed=0):
    """Sines of period 12 with levels of their own; a linear model can know them exactly."""
    chance, t = np.random.default_rng(seed), np.arange(steps)
    parts = [
        pd.DataFrame(
            {
                "unique_id": f"w{k}",
                "ds": pd.date_range("2024-01-01", periods=steps, freq="h"),
                "y": 100 * k + 5 * np.sin(2 * np.pi * (t + k) / 12)
                + noise * chance.normal(size=steps),
            }
        )
        for k in range(n)
    ]  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def linear(frame, **options):
    given = {"horizon": H, "lookback": L, "cell": None, "learning_rate": 0.01, "seed": 1}
    return recipes.forecasting(frame, **{**given, **options})


@pytest.fixture(scope="module")
def trained():
    frame = waves(noise=1.0)
    parts = data.as_series(frame).split(validation=60)
    model = linear(parts.train, head="gaussian")
    model.fit(parts.train, validation_data=parts.validation, epochs=12, verbose=0)
    return frame, parts, model


def test_a_wave_is_learned():
    frame = waves()
    model = linear(frame, head="mse")
    model.fit(frame, epochs=15, verbose=0)
    short = frame.groupby("unique_id").head(200)
    truth = frame.groupby("unique_id").nth(range(200, 200 + H))["y"].to_numpy().reshape(2, H)
    np.testing.assert_allclose(model.forecast(short).mean[..., 0], truth, atol=0.5)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
@pytest.mark.parametrize(
    "kind",
    [
        {"cell": None},
        {"cell": "gru", "linear": "linear"},
        {"cell": "lstm", "decoder": "autoregressive", "head": "gaussian"},
    ],
    ids=["linear", "beside a net", "step by step"],
)
def test_policies(kind, policy, tmp_path):
    """Around 100,000 the waves of a few hundred are one number in half precision."""
    frame = waves(steps=120)
    frame["y"] = 100 * frame["y"] + 100_000
    options = {"horizon": H, "lookback": L, "units": 8, "seed": 1, "learning_rate": 0.01, **kind}
    before = keras.config.dtype_policy()
    try:
        keras.config.set_dtype_policy(policy)
        model = recipes.forecasting(frame, **options)
        model.fit(frame, epochs=2, verbose=0)
        model.calibrate(frame)
    finally:
        keras.config.set_dtype_policy(before)
    found = model.forecast(frame).mean
    last = frame.groupby("unique_id")["y"].last().to_numpy()[:, None, None]
    assert np.abs(found - last).max() < 2000
    assert np.ptp(found, axis=1).min() > 10, "no wave"
    model.save(tmp_path / "half.keras")
    loaded = keras.models.load_model(tmp_path / "half.keras")  # under another policy
    np.testing.assert_allclose(loaded.forecast(frame).mean, found, rtol=1e-6)


def test_the_future_covariate_is_read():
    frame = data.samples.series(4, steps=400, as_frame=True)
    dips = {}
    for name, columns in (("told", {"future": ["maintenance"]}), ("not told", {})):
        model = recipes.forecasting(
            frame, horizon=H, lookback=L, cell="gru", units=8, seed=1, head="mse",
            target="y", learning_rate=0.01, **columns,
        )  # fmt: skip
        model.fit(frame, epochs=4, verbose=0)
        ahead = [
            pd.DataFrame(
                {
                    "unique_id": f"plant {k}",
                    "ds": pd.date_range("2024-01-17 16:00", periods=H, freq="h"),
                }
            )
            for k in range(4)
        ]
        ahead = pd.concat(ahead)
        quiet, busy = (
            model.forecast(frame, future=ahead.assign(maintenance=value)).mean for value in (0, 1)
        )
        dips[name] = float((quiet - busy).mean())
    assert dips["not told"] == 0
    assert dips["told"] > 5  # of 15 in truth


def test_no_gradient_and_no_value_goes_back_in_time():
    """Changing what comes after a window's end changes nothing of its forecast."""
    for name in ("Forecaster", "Forecaster paths"):
        model = FORECASTERS[name].make()
        model.build()
        series = data.samples.series(2, steps=60)
        part = series.until(10)
        inputs = model.preprocessor.context(part, series)
        before = model.parameters(inputs)
        steps = np.arange(len(series.values))[:, None] % 60
        for first in (50, 49):  # of which 49 is read
            changed = data.Series(
                series.times, np.where(steps < first, series.values, 1e9), series.starts,
                series.ends, ids=series.ids, freq=series.freq, columns=series.columns,
                future=series.future,
            )  # fmt: skip
            inputs = model.preprocessor.context(changed.until(10), changed)
            assert np.array_equal(model.parameters(inputs), before) == (first == 50)


@pytest.mark.parametrize("name", FORECASTERS)
def test_every_kind_trains_and_forecasts(name):
    from seqkit.training import ForecastLoss

    model = FORECASTERS[name].make()
    frame = data.samples.series(2, steps=60, as_frame=True)
    # A few steps take less than compiling them.
    model.compile(keras.optimizers.Adam(0.01), ForecastLoss(model.head), run_eagerly=True)
    losses = model.fit(frame, epochs=3, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    known, future = frame.groupby("unique_id").head(50), frame.drop(columns="y")
    forecast = model.forecast(known, future=future)
    assert forecast.mean.shape == (2, 3, 1)
    assert forecast.samples.shape[1:] == (2, 3, 1) if forecast.says_how_sure else True
    series = data.as_series(frame, future=["maintenance"])
    assert model.predict(series).shape == (2 * (60 - 15 + 1), 3, 1)


def test_scaling_is_undone():
    """Forecasts follow their series' level and unit."""
    frame = waves(noise=1.0)
    moved = frame.assign(y=1000 * frame["y"] + 7e5)
    first, second = linear(frame), linear(moved)
    for model in (first, second):
        model.fit(frame if model is first else moved, epochs=1, verbose=0)
    a, b = first.forecast(frame), second.forecast(moved)
    np.testing.assert_allclose(b.mean, 1000 * a.mean + 7e5, rtol=1e-4)
    np.testing.assert_allclose(b.quantile(0.9), 1000 * a.quantile(0.9) + 7e5, rtol=1e-4)


# --- how sure -------------------------------------------------------------------------


@pytest.mark.parametrize("head", ["mse", "gaussian", "quantiles"])
def test_calibrated_intervals_hold_what_they_promise(head):
    """Noise that is not normal, and changes its strength from series to series."""
    chance = np.random.default_rng(3)
    frame = waves(4, steps=900)
    noise = chance.exponential(size=len(frame)) - 1
    frame["y"] += noise * frame["unique_id"].map({"w0": 0.5, "w1": 1.0, "w2": 2.0, "w3": 4.0})
    parts = data.as_series(frame).split(validation=250, test=250)
    model = linear(parts.train, head=head)
    model.fit(parts.train, epochs=3, verbose=0)
    model.calibrate(parts.validation)
    found = model.backtest(parts.test, windows=180, stride=1, against=()).table()
    assert 0.86 < found["coverage"].iloc[0] < 0.94


def test_calibration_is_the_conformal_quantile():
    """By brute force, for one step, target and level of a point model."""
    frame = waves(1, noise=1.0)
    model = linear(frame, head="mse")
    model.fit(frame, epochs=1, verbose=0)
    model.calibrate(frame)
    windows = model.preprocessor.batches(frame, 1000)
    (inputs, y), *_ = list(windows.dataset)
    unit = np.asarray(inputs["values"]).std(axis=1)[:, 0] + 1e-3
    away = np.sort((np.asarray(y)[:, 2, 0] - model.parameters(inputs)[:, 2, 0, 0]) / unit)
    rank = int(np.ceil(0.9 * (len(away) + 1)))
    margins = model.margins.numpy()[:, 2, 0]
    np.testing.assert_allclose(margins[11], away[rank - 1], rtol=1e-4)


def test_a_point_says_nothing_of_its_doubt_until_it_is_calibrated():
    frame = waves(noise=1.0)
    model = linear(frame, head="mae")
    forecast = model.forecast(frame)
    with pytest.raises(ValueError, match=r"Quantiles need a head .* `model.calibrate"):
        forecast.quantile(0.5)
    assert list(forecast.to_frame().columns) == ["unique_id", "ds", "mean"]
    model.calibrate(frame)
    forecast = model.forecast(frame)
    assert (forecast.quantile(0.9) > forecast.quantile(0.1)).all()


# --- what people get ------------------------------------------------------------------


def test_the_frame_has_the_right_times(trained):
    frame, _, model = trained
    found = model.forecast(frame).to_frame(levels=(0.1, 0.9))
    assert list(found.columns) == ["unique_id", "ds", "mean", "q0.1", "q0.9"]
    assert found["unique_id"].tolist() == ["w0"] * H + ["w1"] * H
    expected = pd.date_range(frame["ds"].max(), periods=H + 1, freq="h")[1:]
    assert found["ds"].iloc[:H].tolist() == list(expected)
    assert (found["q0.1"] < found["mean"]).all()


def test_zone_and_frequency_are_kept_across_a_clock_change():
    times = pd.date_range("2024-03-01", periods=31 * 24, freq="h", tz="Europe/Berlin")
    values = np.sin(np.arange(len(times)) / 4)
    wide = pd.DataFrame({"a": values, "b": -values}, index=times)
    model = linear(wide, channels="joint", head="gaussian", calendar="auto")
    found = model.forecast(wide[:-30]).to_frame()
    assert found["target"].tolist() == ["a"] * H + ["b"] * H
    assert list(found["ds"][:H]) == list(times[-30 : -30 + H])


def test_quantiles_in_any_order_and_intervals(trained):
    frame, _, model = trained
    forecast = model.forecast(frame)
    both = forecast.quantile([0.9, 0.1])
    np.testing.assert_allclose(both[..., 0], forecast.quantile(0.9), rtol=1e-6)
    low, high = forecast.interval(0.8)
    np.testing.assert_allclose(np.stack([high, low], -1), both, rtol=1e-6)
    drawn = forecast.samples
    assert drawn.shape == (100, 2, H, 1)
    np.testing.assert_allclose(drawn.mean(axis=0), forecast.mean, atol=0.6)
    with pytest.raises(ValueError, match="`coverage` must be in"):
        forecast.interval(1.5)


def test_plot(trained):
    frame, _, model = trained
    figure = model.forecast(frame).plot("w1", history=48)
    (panel,) = figure.axes
    assert panel.get_title(loc="left") == "w1: y"
    assert [line.get_label() for line in panel.lines] == ["history", "median"]
    assert len(panel.lines[0].get_xdata()) == 48
    assert len(panel.collections) == 3
    with pytest.raises(DataError, match="expected a series among 'w0', 'w1'"):
        model.forecast(frame).plot("w9")
    with pytest.raises(ValueError, match="`target` must be one of y"):
        model.forecast(frame).plot(target="z")


def test_validation_split_is_the_end_of_each_series():
    frame = waves(noise=1.0)
    history = linear(frame).fit(frame, validation_split=0.25, epochs=1, verbose=0)
    assert "val_loss" in history.history


def test_evaluate_counts_every_window(trained):
    _, parts, model = trained
    found = model.evaluate(parts.validation, return_dict=True, verbose=0)
    mean = model.predict(parts.validation)
    windows = model.preprocessor.batches(parts.validation, 4096)
    ((_, y),) = list(windows.dataset)
    location, scale = model.preprocessor.scales(parts.validation)
    which, _ = windows.places(np.arange(windows.count))
    scaled = (mean - location[which][:, None]) / scale[which][:, None]
    assert found["mse"] == pytest.approx(float(np.square(scaled - y).mean()), rel=1e-4)


# --- what is refused ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: f.groupby("unique_id").head(L - 1), f"expected {L} steps or more to forecast"),
        (lambda f: f.assign(unique_id=f["unique_id"] + "x"), "series of the training data"),
        (lambda f: f.drop(columns="y"), "expected a column 'y'"),
        (lambda f: f.assign(y="high"), "expected numbers in column 'y'"),
        (lambda f: f.drop(5), "gaps"),
        (lambda f: f.assign(ds=f["ds"] + pd.to_timedelta(f.index % 2, "min")), "whole steps of h"),
        (lambda f: f.iloc[:0], "at least one row"),
    ],
)
def test_frames_that_cannot_be_forecast(trained, change, message):
    frame, _, model = trained
    with pytest.raises(DataError, match=message):
        model.forecast(change(frame))


def numbers(**options):
    given = {"horizon": 3, "lookback": 12, **options}
    return data.Forecasting.learn(waves(steps=60), **given)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Forecaster(numbers()), "needs an `encoder` or `linear`"),
        (lambda: Forecaster(numbers(), linear="cubic"), "`linear` must be one of"),
        (lambda: Forecaster(numbers(), linear="linear", head="maybe"), "`head` must be a Head or"),
        (lambda: Forecaster(numbers(), linear="linear", norm="min"), "`norm` must be one of"),
        (lambda: Forecaster(numbers(), linear="linear", channels=2), "`channels` must be one of"),
        (
            lambda: Forecaster(numbers(), linear="linear", decoder="autoregressive"),
            "has no place for `linear`",
        ),
        (
            lambda: Forecaster(numbers(), linear="linear", head="negative_binomial"),
            "A head for counts needs norm='scale'",
        ),
        (
            lambda: Forecaster(
                numbers(), layers.Stack("gru", 4, bidirectional=True), decoder="autoregressive"
            ),
            "reads forward only",
        ),
        (lambda: Forecaster(numbers(), linear="linear", paths=0), "`paths` must be a positive int"),
        (lambda: linear(waves(), scaling="month"), "`scaling` must be one of"),
        (lambda: linear(waves(steps=20)), "expected 30 steps or more of every series"),
        (lambda: linear(waves(), zoneout=0.1), "A linear map takes no options"),
        (lambda: linear(waves(), patch=2), "A linear map takes no options. Received: patch"),
        (
            lambda: linear(waves(), cell="gru", encoder=None, patch=2),
            "A linear map takes no options. Received: patch",
        ),
    ],
)
def test_wrong_arguments(make, message):
    with pytest.raises(ValueError, match=message):
        make()
