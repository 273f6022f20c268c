"""What a forecaster answers: from frames with holes, of wide frames, drawn target by target."""

import keras
import numpy as np
import pandas as pd
import pytest

import recipes
from seqkit import models
from seqkit.data import DataError

H, L = 6, 24


def wide(n=120):
    t = np.arange(n)
    times = pd.date_range("2024-01-01", periods=n, freq="h")
    return pd.DataFrame({"a": np.sin(t / 4), "b": np.cos(t / 3), "c": 0.1 * t}, index=times)


@pytest.fixture(scope="module")
def model():
    return recipes.forecasting(wide(), horizon=H, lookback=L, cell=None, seed=1)


def test_gaps_are_mended_where_it_is_told_so(model):
    frame = wide()
    holed = frame.drop(frame.index[50])
    with pytest.raises(DataError, match=r"gaps: .*repair="):
        model.forecast(holed)
    repaired = model.forecast(holed, repair={"gaps": "interpolate"})
    np.testing.assert_allclose(repaired.mean, model.forecast(frame).mean, rtol=1e-6)
    with pytest.raises(DataError, match=r"gaps: .*repair="):
        model.backtest(holed, windows=1, against=())
    table = model.backtest(holed, windows=1, against=(), repair={"gaps": "interpolate"}).table()
    assert np.isfinite(table["mae"].iloc[0])


def test_the_report_is_the_backtest(model):
    report = model.report(wide(), windows=2)
    assert report.figures() == model.backtest(wide(), windows=2).figures()
    assert str(report).startswith("2 windows of 6 steps, 1 series")
    assert "seasonal naive" in str(report)


@pytest.mark.parametrize("method", ["fit", "evaluate", "predict"])
def test_batches_of_nothing_are_refused(model, method):
    with pytest.raises(ValueError, match="`batch_size` must be a positive int"):
        getattr(model, method)(wide(), batch_size=0, verbose=0)


@pytest.mark.parametrize("patch", [0, 2.5, L + 1, 5000])
def test_patches_longer_than_what_is_read_are_refused(patch):
    with pytest.raises(ValueError, match=f"`patch` must be an int from 1 to the lookback, {L}"):
        recipes.forecasting(wide(), horizon=H, lookback=L, cell="gru", patch=patch)


def test_calendar_may_be_one_name():
    made = recipes.forecasting(wide(), horizon=H, lookback=L, cell=None, calendar="hour")
    assert made.preprocessor.calendar == ["hour"]
    with pytest.raises(ValueError, match=r"`calendar` must name features .* Received: 'day'"):
        recipes.forecasting(wide(), horizon=H, lookback=L, cell=None, calendar="day")


def test_a_column_is_raw_data(model):
    column = wide()["a"].rename("y")
    made = recipes.forecasting(column, horizon=H, lookback=L, cell=None, seed=1)
    made.fit(column, verbose=0)
    assert made.predict(column).shape == (len(column) - L - H + 1, H, 1)


@pytest.mark.parametrize("shuffle", [True, False])
def test_training_takes_every_so_many_windows(shuffle):
    made = recipes.forecasting(wide(), horizon=H, lookback=L, cell=None, stride=7, seed=1)
    seen = []
    count = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: seen.append(batch)
    )
    made.fit(wide(), batch_size=1, shuffle=shuffle, callbacks=[count], verbose=0)
    starts = range(0, 120 - L - H + 1, 7)
    assert len(seen) == len(starts)
    assert len(made.predict(wide())) == 120 - L - H + 1


def test_series_are_drawn_by_number_and_so_much_of_them():
    frame = pd.concat(
        [wide()[["a"]].assign(ds=wide().index, unique_id=number) for number in (1, 3)]
    ).rename(columns={"a": "y"})
    made = recipes.forecasting(frame, horizon=H, lookback=L, cell=None, seed=1)
    forecast = made.forecast(frame)
    assert forecast.plot("3").axes[0].get_title(loc="left") == "3: y"
    lengths = [len(forecast.plot(3, history=n).axes[0].lines[0].get_xdata()) for n in (0, 5, 999)]
    assert lengths == [0, 5, 120]
    with pytest.raises(ValueError, match="`history` must be an int from 0 up"):
        forecast.plot(3, history=-1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"encoder": "transformer", "cell": "lstm"}, '`cell` needs `encoder` to be "recurrent"'),
        ({"encoder": None, "units": 8}, "`units` needs `encoder` to be a name"),
        ({"decoder": "autoregressive", "linear": "linear"}, '`linear` needs `decoder` to be "dir'),
    ],
)
def test_what_nothing_would_read_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        recipes.forecasting(wide(), horizon=H, lookback=L, **options)


def test_the_one_series_of_a_wide_frame_is_not_called_by_a_target(model):
    forecast = model.forecast(wide())
    assert forecast.ids == ("series",)
    assert forecast.plot(target="b").axes[0].get_title(loc="left") == "series: b"
    with pytest.raises(ValueError, match=r"Received: 'b', a target: plot\(target='b'\) draws it"):
        forecast.plot("b")


def test_numbers_of_numpy_are_saved(tmp_path):
    size = np.int64(H)
    made = recipes.forecasting(wide(), horizon=size, lookback=4 * size, cell=None, stride=size)
    made.save(tmp_path / "model.keras")
    assert models.load(tmp_path / "model.keras").preprocessor.stride == H
