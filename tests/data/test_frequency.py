"""Steps between times: told from a frame, carried into the future, over clock changes."""

import numpy as np
import pandas as pd
import pytest

from seqkit import data
from seqkit.data import as_series, audit


@pytest.mark.parametrize(
    "freq",
    ["s", "10s", "min", "15min", "h", "6h", "D", "2D", "B", "W-WED", "MS", "ME", "QS-FEB",
     "QE-DEC", "YS-JAN", "YE-DEC"],
)  # fmt: skip
def test_frequency_is_told_and_carried_on(freq):
    times = pd.date_range("2023-01-31", periods=40, freq=freq)
    series = as_series(pd.DataFrame({"y": np.arange(39.0)}, index=times[:-1]))
    assert pd.tseries.frequencies.to_offset(series.freq) == pd.tseries.frequencies.to_offset(freq)
    assert series.times_after(0, 1)[0] == times[-1]


@pytest.mark.parametrize("freq", ["h", "D", "W-SUN", "MS"])
def test_a_clock_change_is_no_gap(freq):
    times = pd.date_range("2024-01-07", periods=60 * 24 if freq == "h" else 20, freq=freq)
    if freq == "h":
        times = pd.date_range("2024-03-01", periods=60 * 24, freq="h", tz="Europe/Berlin")
    else:
        times = times.tz_localize("Europe/Berlin")
    given = pd.DataFrame({"y": np.arange(len(times), dtype=float)}, index=times)
    assert audit(given).clean
    series = as_series(given)
    assert str(series.tz) == "Europe/Berlin"
    assert series.freq == freq
    expected = pd.date_range(times[-1], periods=3, freq=freq)[1:]
    assert list(series.times_after(0, 2)) == list(expected)


def test_season():
    seasons = {
        "h": 24,
        "30min": 48,
        "D": 7,
        "B": 5,
        "W-MON": 52,
        "MS": 12,
        "QE-DEC": 4,
        "YS-JAN": 1,
    }
    assert {freq: data.season(freq) for freq in seasons} == seasons
