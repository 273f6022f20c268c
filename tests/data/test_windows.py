"""Windows: which there are, what is in them, and that no part sees what it must not."""

import os
import pathlib
import time

import numpy as np
import pandas as pd
import pytest

from seqkit import data
from seqkit.data import DataError, Forecasting, Windows, as_series, samples
from seqkit.data.calendar import features, features_for
from seqkit.data.windows import seconds


def counting(*lengths, start=0):
    """Series whose values say where they stand: 1000 k + step."""
    parts = [
        pd.DataFrame(
            {
                "unique_id": f"s{k}",
                "ds": pd.date_range("2024-01-01", periods=n, freq="h"),
                "y": 1000.0 * k + np.arange(n),
                "known": -np.arange(float(n)),
            }
        )
        for k, n in enumerate(lengths)
    ]
    return as_series(pd.concat(parts), future=["known"])


def collected(windows):
    parts = [(x["values"], x.get("future"), y) for x, y in windows.dataset]
    return [np.concatenate(column) for column in zip(*parts, strict=True)]


@pytest.mark.parametrize("stride", [1, 3])
def test_every_window_by_brute_force(stride):
    series, (lookback, horizon) = counting(12, 7, 9), (4, 2)
    windows = Windows(series, lookback, horizon, stride=stride, batch_size=5)
    x, known, y = collected(windows)
    expected = [
        series.values_of(i)[start : start + lookback + horizon, 0]
        for i in range(len(series))
        for start in range(0, len(series.values_of(i)) - lookback - horizon + 1, stride)
    ]
    np.testing.assert_array_equal(np.concatenate([x, y], axis=1)[..., 0], expected)
    np.testing.assert_array_equal(-known[..., 0], np.stack(expected) % 1000)
    assert windows.count == len(expected)
    assert len(windows) == -(-len(expected) // 5) == int(windows.dataset.cardinality())
    which, first = windows.places(np.arange(windows.count))
    np.testing.assert_array_equal(series.values[first, 0], np.stack(expected)[:, lookback])
    assert [series.ids[i] for i in which] == [f"s{int(row[0] // 1000)}" for row in expected]


def test_shuffled_windows_are_all_there_in_a_new_order_each_epoch():
    series = counting(40, 33)
    windows = Windows(series, 4, 2, shuffle=True, seed=3, batch_size=8)
    epochs = [collected(windows)[0][:, 0, 0] for _ in range(3)]
    plain = collected(Windows(series, 4, 2))[0][:, 0, 0]
    for epoch in epochs:
        np.testing.assert_array_equal(np.sort(epoch), np.sort(plain))
        assert (epoch != plain).any()
    assert (epochs[0] != epochs[1]).any()
    assert (epochs[1] != epochs[2]).any()
    again = collected(Windows(series, 4, 2, shuffle=True, seed=3, batch_size=8))[0][:, 0, 0]
    np.testing.assert_array_equal(again, epochs[0])


def test_nothing_leaks_across_the_split():
    """From the split on, every value is a giveaway: no training window, no scale has seen one."""
    n, validation, test = 60, 10, 15
    values = np.arange(n, dtype=float)
    values[n - validation - test :] = 1e6
    values[n - test :] = 2e6
    frame = pd.DataFrame({"ds": pd.date_range("2024", periods=n, freq="D"), "y": values})
    parts = as_series(frame).split(validation=validation, test=test)
    numbers = Forecasting.learn(parts.train, horizon=3, lookback=5)
    assert numbers.statistics["mean"][0][0] == values[: n - validation - test].mean()
    by_part = {}
    for name, part in parts.examples.items():
        by_part[name] = inputs_and_targets(part)
    assert by_part["train"][0].max() < 1e6
    assert by_part["train"][1].max() < 1e6
    assert set(by_part["validation"][1].ravel()) == {1e6}  # targets are its own, all of them
    assert set(by_part["test"][1].ravel()) == {2e6}
    assert by_part["test"][0].min() == 1e6  # and it reads what came before
    assert len(by_part["validation"][1]) == validation - 3 + 1
    assert len(by_part["test"][1]) == test - 3 + 1


def inputs_and_targets(part):
    pairs = [(x["values"], y) for x, y in Windows(part, 5, 3).dataset]
    return [np.concatenate(column) for column in zip(*pairs, strict=True)]


# --- scales and calendar --------------------------------------------------------------


@pytest.mark.parametrize("scaling", ["series", "all", None])
def test_scales_and_their_inverse(scaling):
    series = counting(30, 40)
    numbers = Forecasting.learn(series, horizon=2, lookback=4, scaling=scaling)
    mean, std = numbers.scales(series)
    pooled = series.values[:, 0]
    expected = {
        "series": [(series.values_of(i).mean(), series.values_of(i).std()) for i in (0, 1)],
        "all": [(pooled.mean(), pooled.std())] * 2,
        None: [(0, 1)] * 2,
    }[scaling]
    np.testing.assert_allclose(np.stack([mean, std], 1)[..., 0], expected)
    windows = numbers.batches(series, 64)
    *_, y = collected(windows)
    which, _ = windows.places(np.arange(windows.count))
    back = y * std[which][:, None] + mean[which][:, None]
    expected = collected(Windows(series, 4, 2))[2]
    np.testing.assert_allclose(back, expected, rtol=1e-5)


@pytest.mark.parametrize("value", [3.0, 9.99, 0.1, 1.1])
def test_a_series_without_change_is_divided_by_one(value):
    """Though rounding leaves a deviation of 1e-15 of some."""
    frame = pd.DataFrame({"ds": pd.date_range("2024", periods=720, freq="D"), "y": value})
    frame["price"] = value
    how = dict(repair={"constant": "keep"}, future=["price"])
    numbers = Forecasting.learn(frame, horizon=2, lookback=3, **how)
    assert numbers.statistics["std"] == [[1.0]]
    assert numbers.statistics["future"][1] == [1.0]
    x, _ = next(iter(numbers.batches(frame).dataset))
    assert float(abs(x["values"]).numpy().max()) < 1e-6


def test_calendar_against_pandas():
    times = pd.date_range("1999-12-31 23:00", periods=3000, freq="7h")
    waves = features(seconds(times), ["minute", "hour", "weekday", "yearday"]).numpy()
    day_of_year = (times.normalize() - pd.to_datetime(times.year.astype(str) + "-03-01")).days
    # Years begin in March here.
    start = np.where(day_of_year >= 0, times.year, times.year - 1)
    day = (times.normalize() - pd.to_datetime([f"{year}-03-01" for year in start])).days / 366
    phases = np.stack([times.minute / 60, times.hour / 24, times.day_of_week / 7, day], axis=-1)
    exact = (times.hour * 60 + times.minute) / 1440
    phases[:, 1] = exact
    phases[:, 2] = (times.day_of_week + exact) / 7
    expected = np.stack([np.sin(2 * np.pi * phases), np.cos(2 * np.pi * phases)], -1)
    np.testing.assert_allclose(waves, expected.reshape(len(times), -1), atol=1e-5)


def test_the_calendar_goes_by_the_wall_clock():
    times = pd.date_range("2024-03-30", periods=48, freq="h", tz="Europe/Berlin")
    hours = np.arctan2(*features(seconds(times), ["hour"]).numpy().T) / (2 * np.pi) * 24 % 24
    np.testing.assert_allclose(np.round(hours) % 24, times.hour, atol=1e-3)


def test_features_that_fit_a_frequency():
    assert features_for("15min") == ("minute", "hour", "weekday", "yearday")
    assert features_for("h") == ("hour", "weekday", "yearday")
    assert features_for("D") == ("weekday", "yearday")
    assert features_for("MS") == ("yearday",)
    assert features_for("YS") == ()


# --- forecasts from the end -----------------------------------------------------------


def test_context_reads_the_end_and_what_is_known():
    series = counting(30, 20)
    numbers = Forecasting.learn(
        series, horizon=3, lookback=5, scaling=None, future=["known"], calendar=["hour"]
    )
    frame = series.to_frame()
    ahead = pd.concat(
        [
            pd.DataFrame({"unique_id": name, "ds": series.times_after(i, 3), "known": [7.0, 8, 9]})
            for i, name in enumerate(series.ids)
        ]
    )
    inputs = numbers.context(numbers.examples(frame), ahead)
    assert inputs["values"][1, :, 0].tolist() == [1015, 1016, 1017, 1018, 1019]
    mean, std = (part[0] for part in numbers.statistics["future"])
    known = inputs["future"][1, :, 0] * std + mean
    np.testing.assert_allclose(known, [-15, -16, -17, -18, -19, 7, 8, 9], rtol=1e-5)
    assert inputs["future"].shape == (2, 8, 3)


def missing_ahead(series, numbers):
    late = pd.DataFrame({"unique_id": "s0", "ds": series.times_after(0, 2), "known": 1.0})
    return numbers.context(series, pd.concat([late, late.assign(unique_id="s1")]))


@pytest.mark.parametrize(
    ("do", "message"),
    [
        (lambda s, n: n.context(s), "expected `future` with known for the next 3 steps"),
        (missing_ahead, "future covariates: expected 3 steps from .* of series 's0'"),
        (lambda s, n: n.context(counting(30, 4), s), "expected 5 steps or more to forecast from"),
        (lambda s, n: n.batches(counting(30, 7)), "expected 8 steps or more of every series"),
        (lambda s, n: n.scales(counting(30, 30, 30)), "series of the training data.*'s2'"),
        (lambda s, n: n.examples(s, [1]), "targets in the frame"),
        (lambda s, n: n.examples(s.to_frame().drop(columns="known")), "expected a column 'known'"),
        (
            lambda s, n: n.examples(samples.series(2, steps=50)),
            "expected columns for future: known",
        ),
        (
            lambda s, n: Forecasting.learn(s, horizon=40, lookback=5),
            "expected 45 steps or more of every series",
        ),
    ],
)
def test_what_cannot_be_forecast(do, message):
    series = counting(30, 20)
    numbers = Forecasting.learn(series, horizon=3, lookback=5)
    with pytest.raises(DataError, match=message):
        do(series, numbers)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"horizon": 0}, "`horizon` must be a positive int"),
        ({"lookback": 2.5}, "`lookback` must be a positive int"),
        ({"scaling": "window"}, "`scaling` must be one of"),
        ({"calendar": ["moon"]}, "`calendar` must name features among"),
    ],
)
def test_wrong_arguments(options, message):
    with pytest.raises(ValueError, match=message):
        Forecasting.learn(counting(30), **{"horizon": 3, "lookback": 5, **options})


def test_weights_are_not_for_series():
    numbers = Forecasting.learn(counting(30), horizon=3, lookback=5)
    with pytest.raises(ValueError, match="are not for series"):
        numbers.batches(counting(30), weights=[1.0])


def test_series_that_are_too_short_are_left_out_on_request():
    series = counting(30, 6)
    numbers = Forecasting.learn(series, horizon=3, lookback=5, repair={"short": "drop"})
    assert numbers.batches(series).count == 23


# --- speed and memory -----------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.skipif(not os.access("/proc/self/clear_refs", os.W_OK), reason="peaks as on Linux")
def test_ten_thousand_series_of_a_thousand_steps():
    """In less than 1 GiB above the data, at a million window steps a second."""
    frame = pd.DataFrame(
        {
            "unique_id": np.repeat(np.arange(10_000), 1_000),
            "ds": np.tile(pd.date_range("2024-01-01", periods=1_000, freq="h"), 10_000),
            "y": np.random.default_rng(0).normal(size=10_000_000),
        }
    )
    series = as_series(frame)
    pathlib.Path("/proc/self/clear_refs").write_text("5")  # peaks from here on
    before = kilobytes("VmRSS")
    windows = Windows(series, 96, 24, batch_size=256, shuffle=True, seed=0)
    start, steps = time.perf_counter(), 0
    for x, y in windows.dataset.take(2_000):
        steps += x["values"].shape[0] * (x["values"].shape[1] + y.shape[1])
    assert steps / (time.perf_counter() - start) > 1e6
    assert kilobytes("VmHWM") - before < 2**20


def kilobytes(name):
    return int(pathlib.Path("/proc/self/status").read_text().split(f"{name}:")[1].split()[0])


def test_public_series(monkeypatch):
    root = os.environ.get("SEQKIT_DATA")
    if not root or not pathlib.Path(root, "ett").is_dir():
        pytest.skip("SEQKIT_DATA holds no ett")
    etth1 = data.load("etth1")
    numbers = Forecasting.learn(etth1.train, horizon=96, lookback=336)
    windows = numbers.batches(etth1.test, 512)
    assert windows.count == 2_785
    error = [np.square(y - x["values"][:, -1:]).mean(axis=(1, 2)) for x, y in windows.dataset]
    # Zeng et al. 2023, table 2, "Repeat": 1.295 with their rounding of the scales.
    assert abs(np.concatenate(error).mean() - 1.2944) < 5e-4
    assert len(data.load("airline").test.values) == 144
    assert data.load("sunspots").train.lengths.tolist() == [2_340]
