"""Buckets by two lengths against a search through all splits."""

import numpy as np
import pytest

from seqkit.data.pair_buckets import pair_buckets


def cells(lengths, bucket):
    return sum(
        (bucket == b).sum() * lengths[bucket == b].max(0).sum() for b in range(bucket.max() + 1)
    )


def best_of_two(lengths, least):
    """Fewest cells of any split at one length in two parts of `least` rows or more."""
    found = [cells(lengths, np.zeros(len(lengths), int))]
    for k in range(lengths.shape[1]):
        for limit in np.unique(lengths[:, k]):
            tail = (lengths[:, k] > limit).astype(int)
            if min(tail.sum(), (1 - tail).sum()) >= least:
                found.append(cells(lengths, tail))
    return min(found)


@pytest.mark.parametrize("least", [1, 10])
@pytest.mark.parametrize("seed", range(6))
def test_two_buckets_against_brute_force(seed, least):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, 30, (40, 1 + seed % 3))
    bucket, _ = pair_buckets(lengths, 2, lambda widths: np.full(widths.shape[:-1], least))
    assert cells(lengths, bucket) == best_of_two(lengths, least)


@pytest.mark.parametrize("buckets", [1, 3, 8, 100])
def test_each_row_lies_in_a_bucket_that_holds_it(buckets):
    lengths = np.random.default_rng(0).integers(1, 12, (200, 2))
    bucket, widths = pair_buckets(lengths, buckets, lambda widths: 5)
    assert len(widths) <= buckets
    for i, width in enumerate(widths):
        assert (lengths[bucket == i].max(0) == width).all()
        assert (bucket == i).sum() >= 5
    finer, _ = pair_buckets(lengths, buckets + 1, lambda widths: 5)
    assert cells(lengths, finer) <= cells(lengths, bucket)


def test_a_bucket_holds_as_many_rows_as_a_batch():
    lengths = np.array([[1, 1]] * 6 + [[9, 9]] * 3)
    sizes = {3: [6, 3], 4: [9]}
    for room, expected in sizes.items():
        bucket, _ = pair_buckets(lengths, 4, lambda widths, room=room: room)
        assert np.bincount(bucket).tolist() == expected


def test_equal_rows_stay_together():
    bucket, widths = pair_buckets(np.full((10, 2), 4), 5, lambda widths: 1)
    assert bucket.tolist() == [0] * 10
    assert widths.tolist() == [[4, 4]]
