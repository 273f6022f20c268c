"""Series and their parts: how they are cut, and what is said of a cut that leaves too little."""

import numpy as np
import pandas as pd
import pytest

from seqkit.data import DataError, Windows, as_series


def counting(*lengths):
    """Series of a value for each step."""
    parts = [
        pd.DataFrame(
            {
                "unique_id": f"s{k}",
                "ds": pd.date_range("2024-01-01", periods=n, freq="h"),
                "y": np.arange(float(n)),
            }
        )
        for k, n in enumerate(lengths)
    ]
    return as_series(pd.concat(parts))


def test_parts_share_the_arrays():
    parts = counting(50, 40).split(validation=5, test=0.2)
    arrays = {id(part.values) for part in parts.examples.values()}
    assert len(arrays) == 1
    assert (parts.test.ends - parts.test.begins).tolist() == [10, 8]


@pytest.mark.parametrize(("size", "steps"), [(1, 1), (2.0, 2), (0.1, 5), (np.int64(7), 7)])
def test_sizes(size, steps):
    part = counting(50).split(validation=size).validation
    assert int(part.ends[0] - part.begins[0]) == steps


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"validation": -1}, "`validation` must be a number of steps"),
        ({"validation": 1.0}, "`validation` must be a number of steps, or a share below 1"),
        ({"validation": float("nan")}, "`validation` must be a number of steps"),
        ({"validation": float("inf")}, "`validation` must be a number of steps"),
        ({"validation": True}, "`validation` must be a number of steps"),
        ({"test": 1.5}, "`test` must be a number of steps"),
        ({"test": 50}, "must leave steps to train on"),
    ],
)
def test_wrong_splits(sizes, message):
    with pytest.raises(ValueError, match=message):
        counting(50, 40).split(**sizes)


def test_the_part_that_is_too_short_is_named():
    parts = counting(300).split(validation=0.02)
    message = (
        r"validation part of frame: expected 12 steps .* and 24 before them\. "
        r"Received: 6 after 294 of series 's0'\. Set more steps aside"
    )
    with pytest.raises(DataError, match=message):
        Windows(parts.validation, 24, 12)
    with pytest.raises(
        DataError, match=r"train part of frame: expected 312 steps .* Received: 294"
    ):
        Windows(parts.train, 300, 12)
