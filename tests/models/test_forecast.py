"""What a forecaster answers: from frames with holes, of wide frames, drawn target by target."""

import numpy as np
import pandas as pd
import pytest

import recipes
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


def test_the_one_series_of_a_wide_frame_is_not_called_by_a_target(model):
    forecast = model.forecast(wide())
    assert forecast.ids == ("series",)
    assert forecast.plot(target="b").axes[0].get_title(loc="left") == "series: b"
    with pytest.raises(ValueError, match=r"Received: 'b', a target: plot\(target='b'\) draws it"):
        forecast.plot("b")
