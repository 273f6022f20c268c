"""Frames in: long, wide, of many kinds; what is wrong is named, and mended only as told."""

import numpy as np
import pandas as pd
import pytest

from seqkit.data import DataError, as_series, audit

NAN, INF = float("nan"), float("inf")


def days(n, start="2024-01-01", **options):
    return pd.date_range(start, periods=n, freq=options.pop("freq", "D"), **options)


def frame(n=6, **columns):
    return pd.DataFrame({"ds": days(n), "y": np.arange(n, dtype=float), **columns})


def long(*lengths):
    parts = [frame(n).assign(unique_id=f"s{k}") for k, n in enumerate(lengths)]
    return pd.concat(parts, ignore_index=True)


# --- what comes in ------------------------------------------------------------------


def test_long():
    series = as_series(long(4, 6))
    assert series.ids == ("s0", "s1")
    assert series.lengths.tolist() == [4, 6]
    assert series.values_of(1)[:, 0].tolist() == [0, 1, 2, 3, 4, 5]
    assert series.freq == "D"
    assert str(series) == "<Series frame: 2 series of y, 10 steps, freq D>"


def test_series_are_not_taken_for_others():
    series = as_series(frame(future=1.0, shop=2.0), future="future", static=["shop"])
    assert as_series(series, future=["future"], target="y") is series
    message = "expected columns for {}: .*Received: series made with {}"
    for use, named, has in (
        ("past", "price", "none"),
        ("future", ["x"], "future"),
        ("target", "z", "y"),
    ):
        with pytest.raises(DataError, match=message.format(use, has)):
            as_series(series, **{use: named})


def test_rows_of_series_may_alternate():
    mixed = long(3, 3).sort_values(["ds", "unique_id"])
    np.testing.assert_array_equal(as_series(mixed).values, as_series(long(3, 3)).values)


def test_wide():
    wide = pd.DataFrame({"a": [1.0, 2, 3], "b": [4, 5, 6]}, index=days(3))
    series = as_series(wide)
    assert series.columns.target == ("a", "b")
    assert series.values.tolist() == [[1, 4], [2, 5], [3, 6]]


def test_covariates_of_three_kinds():
    given = long(4, 4).assign(past=1.0, known=np.arange(8.0), size=[3.0] * 4 + [5.0] * 4)
    series = as_series(given, past="past", future=["known"], static=["size"])
    assert series.columns.target == ("y",)
    assert (series.past.shape, series.future[5, 0]) == ((8, 1), 5.0)
    assert series.static[:, 0].tolist() == [3.0, 5.0]


def test_targets_are_the_columns_of_no_other_use():
    given = frame().rename(columns={"y": "a"}).assign(b=range(6), price=2.0)
    assert as_series(given, future="price").columns.target == ("a", "b")
    assert as_series(given, target="b").columns.target == ("b",)


def test_a_pandas_series_periods_and_a_file(tmp_path):
    values = pd.Series([1.0, 2.0, 3.0], index=pd.period_range("2024-01", periods=3, freq="M"))
    series = as_series(values)
    assert (series.freq, series.times[1]) == ("MS", pd.Timestamp("2024-02-01"))
    frame().to_csv(tmp_path / "days.csv", index=False)
    assert as_series(tmp_path / "days.csv").values[:, 0].tolist() == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("dtype", ["int64", "Int64", "float32", "Float64", "bool", "object"])
def test_numbers_of_every_kind(dtype):
    given = frame().assign(y=pd.Series([1, 0, 1, 1, 0, 1]).astype(dtype))
    assert as_series(given).values[:, 0].tolist() == [1, 0, 1, 1, 0, 1]


def test_there_and_back():
    given = long(3, 4).assign(price=2.0)[["unique_id", "ds", "y", "price"]]
    pd.testing.assert_frame_equal(
        as_series(given, future="price").to_frame(), given, check_dtype=False
    )


# --- what is wrong: at least thirty ways ----------------------------------------------


def with_row(given, row, **values):
    given = given.copy()
    for column, value in values.items():
        if isinstance(value, str):
            given[column] = given[column].astype(object)
        given.loc[row, column] = value
    return given


BAD = {
    "no frame": (lambda: [1, 2, 3], {}, "expected a pandas frame, a .csv path or Series"),
    "no rows": (lambda: frame(0), {}, "at least one row"),
    "no such file": (lambda: "nowhere.csv", {}, "expected a .csv file that exists"),
    "no times": (lambda: frame().drop(columns="ds"), {}, "expected times in a column 'ds'"),
    "wrong name of times": (lambda: frame(), {"time": "when"}, "expected a column 'when'"),
    "wrong name beside an index": (
        lambda: frame().set_index("ds"), {"time": "when"}, "expected a column 'when'"
    ),
    "wrong name of the series": (
        lambda: long(4, 4), {"id": "store"}, "expected a column 'store'.*unique_id"
    ),
    "numbers for times": (lambda: frame().assign(ds=range(6)), {}, "expected timestamps"),
    "words for times": (
        lambda: frame().assign(ds=["1 May", "soon", "x", "y", "z", "?"]), {}, "a time in every row"
    ),
    "a missing time": (lambda: with_row(frame(), 2, ds=pd.NaT), {}, "a time in every row.*row 2"),
    "no target": (lambda: frame()[["ds"]], {}, "expected a target column"),
    "unknown target": (lambda: frame(), {"target": "z"}, "expected a column 'z'"),
    "unknown covariate": (lambda: frame(), {"past": ["p"]}, "expected a column 'p'"),
    "two uses of a column": (lambda: frame(), {"past": ["y"]}, "one use of each column"),
    "a column twice": (
        lambda: pd.concat([frame(), frame()[["y"]]], axis=1), {}, "distinct columns.*'y' twice"
    ),
    "a column of strings": (
        lambda: frame().assign(y=list("abcdef")), {}, "numbers in column 'y'.*'a' in row 0"
    ),
    "one string": (lambda: with_row(frame(), 3, y="n/a"), {}, "numbers in column 'y'.*row 3"),
    "complex numbers": (lambda: frame().assign(y=1j * np.arange(6)), {}, "numbers in column 'y'"),
    "a missing name": (
        lambda: with_row(long(3, 3), 4, unique_id=None), {}, "a value in column 'unique_id', row 4"
    ),
    "a gap": (lambda: frame().drop(3), {}, "gaps: .*1 steps of D are absent.*2024-01-03"),
    "a duplicate": (
        lambda: with_row(frame(), 3, ds=days(6)[2]), {"freq": "D"}, "duplicates: .*1 rows.*\\(3\\)"
    ),
    "unsorted": (lambda: frame().iloc[[0, 2, 1, 3, 4, 5]], {}, "unsorted: .*1 rows are earlier"),
    "a missing value": (lambda: with_row(frame(), 2, y=NAN), {}, "missing: .*1 rows.*\\(2\\)"),
    "an infinite value": (lambda: with_row(frame(), 2, y=INF), {}, "infinite: .*\\(2\\)"),
    "a missing covariate": (
        lambda: frame().assign(p=[1, 2, NAN, 4, 5, 6]), {"past": "p"}, "missing: .*\\(2\\)"
    ),
    "only missing values": (lambda: frame().assign(y=NAN), {}, "values in every column"),
    "a constant series": (lambda: frame().assign(y=7.0), {}, "constant: .*same value \\[7.0\\]"),
    "a short series": (lambda: long(6, 2), {"minimum": 4}, "short: series 's1': 2 steps"),
    "mixed zones": (
        lambda: frame(2).assign(ds=["2024-01-01T00:00+01:00", "2024-01-02T00:00+02:00"]),
        {"freq": "h"}, "zones: .*different zones"
    ),
    "no frequency": (lambda: frame(1), {}, "no frequency can be told"),
    "unknown frequency": (lambda: frame(), {"freq": "often"}, "`freq` must be a step"),
    "off the grid": (
        lambda: with_row(frame(), 3, ds=pd.Timestamp("2024-01-04 05:00")), {}, "whole steps of D"
    ),
    "a static column that changes": (
        lambda: long(3).assign(size=[1, 1, 2]), {"static": "size"}, "one value of static column"
    ),
    "several at once": (
        lambda: with_row(frame().drop(4), 1, y=NAN), {}, "repair=\\{'missing': .*, 'gaps': "
    ),
    "nothing left": (
        lambda: long(2, 2), {"minimum": 4, "repair": {"short": "drop"}}, "none after dropping"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_frames(name):
    make, options, message = BAD[name]
    with pytest.raises(DataError, match=f"(?s){message}"):
        as_series(make(), **options)


def test_there_are_thirty_cases_and_more():
    assert len(BAD) >= 30


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"repair": "all"}, "`repair` must be a dict"),
        ({"repair": {"holes": "zero"}}, "`repair` must name zones, unsorted"),
        ({"repair": {"gaps": "drop"}}, "must be one of interpolate, forward, zero"),
        ({"past": 3}, "`past` must be a column or a list of columns"),
    ],
)
def test_wrong_arguments(options, message):
    with pytest.raises(ValueError, match=message):
        as_series(frame(), **options)


# --- policies -------------------------------------------------------------------------

HOLED = with_row(frame(7).drop(2), 4, y=NAN)  # 0 1 . 3 nan 5 6


@pytest.mark.parametrize(
    ("gaps", "missing", "expected"),
    [
        ("interpolate", "interpolate", [0, 1, 2, 3, 4, 5, 6]),
        ("forward", "zero", [0, 1, 1, 3, 0, 5, 6]),
        ("zero", "forward", [0, 1, 0, 3, 3, 5, 6]),
    ],
)
def test_gaps_and_missing_values_are_filled_each_in_its_way(gaps, missing, expected):
    series = as_series(HOLED, repair={"gaps": gaps, "missing": missing})
    assert series.values[:, 0].tolist() == expected
    assert list(series.times) == list(days(7))


def test_last_rows_without_a_target_are_cut_and_never_filled():
    given = long(6, 4).assign(y=[0, 1, NAN, 3, NAN, NAN, 0, 1, 2, 3], p=1.0)
    with pytest.raises(
        DataError, match=r"trailing: series 's0': the last 2 rows have no.*\(4, 5\)"
    ):
        as_series(given, past="p", repair={"missing": "forward"})
    series = as_series(given, past="p", repair={"missing": "forward", "trailing": "cut"})
    assert series.values[:, 0].tolist() == [0, 1, 1, 3, 0, 1, 2, 3]
    assert series.times_after(0, 1)[0] == days(6)[4]


@pytest.mark.parametrize(("way", "value"), [("first", 2.0), ("last", 9.0), ("mean", 5.5)])
def test_duplicates(way, value):
    given = pd.concat([frame(), pd.DataFrame({"ds": days(6)[2:3], "y": [9.0]})])
    given = given.sort_values("ds", kind="stable")
    series = as_series(given, repair={"duplicates": way})
    assert series.values[:, 0].tolist() == [0, 1, value, 3, 4, 5]


def test_unsorted_infinite_and_zones():
    given = with_row(frame().iloc[::-1], 2, y=-INF)
    repair = {"unsorted": "sort", "infinite": "missing", "missing": "forward"}
    assert as_series(given, repair=repair).values[:, 0].tolist() == [0, 1, 1, 3, 4, 5]
    times = ["2024-01-01T00:00+01:00", "2024-01-01T01:00+02:00", "2024-01-01T02:00+02:00"]
    mixed = frame(3).assign(ds=times)
    with pytest.raises(DataError, match="duplicates"):  # two of them are the same moment
        as_series(mixed, freq="h", repair={"zones": "utc"})
    series = as_series(mixed, repair={"zones": "utc", "duplicates": "first"}, freq="h")
    assert str(series.tz) == "UTC"
    assert series.times[0] == pd.Timestamp("2023-12-31T23:00Z")


def test_constant_and_short_series_are_dropped():
    given = pd.concat([long(6, 2), frame().assign(unique_id="flat", y=1.0)])
    repair = {"short": "drop", "constant": "drop"}
    assert as_series(given, minimum=4, repair=repair).ids == ("s0",)
    assert as_series(given, repair={"constant": "keep"}).ids == ("s0", "s1", "flat")


def test_audit_lists_everything_and_changes_nothing():
    given = with_row(frame(8).drop(3), 5, y=NAN)
    before = given.copy()
    found = audit(given, minimum=20, repair={"gaps": "zero"})
    assert [p.kind for p in found.problems] == ["missing", "gaps", "short"]
    assert found.problems[0].rows == (5,)
    assert [p.way for p in found.problems] == [None, "zero", None]
    assert not found.clean
    assert "mended: zero" in str(found)
    pd.testing.assert_frame_equal(given, before)
    assert str(audit(frame())) == "1 series, 6 steps, freq D: nothing found"


def test_every_kind_of_problem_is_found_at_once():
    given = long(8, 3)
    given = given.drop(2)
    given.loc[4, "y"] = INF
    given.loc[5, "ds"] = given.loc[4, "ds"]
    kinds = {p.kind for p in audit(given, minimum=5).problems}
    assert kinds == {"duplicates", "infinite", "missing", "gaps", "short"}
