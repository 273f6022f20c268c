"""Columns as times and numbers: one reading of all of a column, or an error that shows a value."""

import numpy as np
import pandas as pd
import pytest

from seqkit.data import DataError, as_series


def written(form, n=500, freq="D"):
    """A frame whose times are text."""
    times = pd.date_range("2024-01-01", periods=n, freq=freq)
    return pd.DataFrame({"ds": times.strftime(form), "y": np.arange(n, dtype=float)}), times


@pytest.mark.parametrize(
    "form",
    ["%Y-%m-%d", "%Y%m%d", "%Y/%m/%d", "%Y-%m-%d %H:%M:%S", "%b %d %Y", "%d %B %Y", "%d/%m/%Y",
     "%m/%d/%Y", "%d.%m.%Y %H:%M", "%m-%d-%Y", "%m/%d/%Y %I:%M %p", "%d-%m-%Y %I:%M:%S %p"],
)  # fmt: skip
def test_times_are_read_in_the_one_way_that_fits_all(form):
    frame, times = written(form)
    series = as_series(frame)
    assert (series.freq, list(series.times)) == ("D", list(times))


@pytest.mark.parametrize("form", ["%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y %H:%M", "%y-%m-%d", "%d/%m/%y",
                                  "%m/%d/%Y %I:%M %p"])  # fmt: skip
def test_times_that_may_be_two_things_are_refused(form):
    frame, _ = written(form, 12, "MS")
    with pytest.raises(DataError, match=r"Received: '.*' in row [01], ambiguous: .* or .*dayfirst"):
        as_series(frame)


def test_the_afternoon_is_not_the_morning():
    frame, times = written("%m/%d/%Y %I:%M %p", 48, "h")
    frame["ds"] = [text.replace("01/01", "01/31") for text in frame["ds"][:24]] * 2
    frame.loc[24:, "ds"] = [text.replace("01/31", "02/01") for text in frame["ds"][24:]]
    assert list(as_series(frame).times) == list(times + pd.Timedelta(days=30))


def test_a_year_that_stands_first_is_not_ambiguous():
    frame = pd.DataFrame({"ds": [f"2024-{k}-1" for k in range(1, 13)], "y": np.arange(12.0)})
    assert as_series(frame).freq == "MS"


@pytest.mark.parametrize("form", ["%Y-%m-%d", "%d/%m/%Y"])
@pytest.mark.parametrize("value", ["n.a.", "2024.01.06T"])
def test_the_row_that_is_no_time_is_named(form, value):
    frame, _ = written(form)
    frame.loc[5, "ds"] = value
    with pytest.raises(DataError, match=f"a time in every row.*'{value}' in row 5, 1 such rows"):
        as_series(frame)


@pytest.mark.parametrize("form", ["2024-01-{:02}T00:00+0{}:00", "{:02}/01/2024 00:00+0{}:00"])
def test_zones_are_kept_and_told_apart(form):
    frame = pd.DataFrame({"ds": [form.format(day, 1) for day in (13, 14, 15)], "y": [1.0, 2, 4]})
    assert str(as_series(frame).tz) == "UTC+01:00"
    frame.loc[1, "ds"] = form.format(14, 2)
    with pytest.raises(DataError, match=r"zones: .*different zones"):
        as_series(frame, freq="h")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["14.03", "15", "n.a.", "16"], r"'n\.a\.' in row 2$"),
        (["14.03", "15,2", "1", "2"], "'15,2' in row 1$"),
        ([1.0, "2", None, "x"], "'x' in row 3$"),
        (["14.03", "15", "16", "17"], r"'14\.03' in row 0, numbers as text; pandas\.to_numeric"),
        ([1, 2, True, "3"], "'3' in row 3, numbers as text"),
    ],
)
def test_the_row_that_is_no_number_is_named(values, message):
    times = pd.date_range("2024-01-01", periods=4, freq="D")
    frame = pd.DataFrame({"ds": times, "y": pd.Series(values, dtype=object)})
    with pytest.raises(DataError, match=f"expected numbers in column 'y'. Received: {message}"):
        as_series(frame)


def test_the_row_of_a_file_that_is_no_number_is_named(tmp_path):
    rows = [f"2024-01-0{k + 1},{14 + k}.03" for k in range(8)]
    rows[5] = "2024-01-06,unknown"
    (tmp_path / "days.csv").write_text("\n".join(["ds,y", *rows]))
    with pytest.raises(DataError, match="Received: 'unknown' in row 5"):
        as_series(tmp_path / "days.csv")


@pytest.mark.parametrize("mark", [";", "\t", "|"])
def test_a_file_without_commas_is_told_so(mark, tmp_path):
    (tmp_path / "days.csv").write_text(f"ds{mark}y\n2024-01-01{mark}1\n2024-01-02{mark}2\n")
    with pytest.raises(DataError, match=r"with commas between them.*one column.*read_csv.*sep="):
        as_series(tmp_path / "days.csv")
