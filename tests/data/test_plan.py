"""Plans: every row once, by bucket, in batches of the sizes asked for."""

import numpy as np
import pytest

from seqkit.data.plan import Plan

BUCKET = np.array([2, 0, 1, 0, 2, 0, 1, 0, 0])
STARTS, STOPS = np.array([0, 3, 5, 8]), np.array([3, 5, 8, 9])


def epoch(plan):
    rows = plan.dataset(lambda rows, name: (rows, name), np.arange(len(plan)))
    return [(batch.tolist(), int(name)) for batch, name in rows.as_numpy_iterator()]


def test_batches_in_order():
    plan = Plan(BUCKET, STARTS, STOPS)
    assert epoch(plan) == [([1, 3, 5], 0), ([7, 8], 1), ([2, 6, 0], 2), ([4], 3)]
    assert plan.order.tolist() == [row for batch, _ in epoch(plan) for row in batch]
    assert int(plan.dataset(lambda rows: rows).cardinality()) == len(plan) == 4


@pytest.mark.parametrize("seed", range(5))
def test_shuffled_batches_keep_their_buckets(seed):
    plan = Plan(BUCKET, STARTS, STOPS, shuffle=True, seed=seed)
    dataset = plan.dataset(lambda rows, name: (rows, name), np.arange(4))
    epochs = [[(r.tolist(), int(n)) for r, n in dataset.as_numpy_iterator()] for _ in range(4)]
    for batches in epochs:
        assert sorted(row for rows, _ in batches for row in rows) == list(range(9))
        for rows, name in batches:
            expected = np.sort(BUCKET)[STARTS[name] : STOPS[name]]
            assert sorted(BUCKET[rows]) == expected.tolist()
    assert len({str(batches) for batches in epochs}) > 1
    assert plan.order is None
    again = Plan(BUCKET, STARTS, STOPS, shuffle=True, seed=seed)
    assert epoch(again) == epochs[0]


def test_rows_left_out():
    plan = Plan(BUCKET, STARTS[:2], STOPS[:2])
    assert plan.order.tolist() == [1, 3, 5, 7, 8]
