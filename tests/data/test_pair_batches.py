"""Batches of pairs: each once, padded right, within the limits asked for."""

import re

import numpy as np
import pytest

from seqkit.data.pair_batches import PairBatches

RNG = np.random.default_rng(0)
SOURCE = [RNG.integers(2, 50, RNG.integers(1, 20)).tolist() for _ in range(150)]
# A target row tells which source it belongs to: 100 + row.
TARGET = [
    [100 + i, *RNG.integers(2, 50, len(s) // 2 + RNG.integers(0, 5)), 99]
    for i, s in enumerate(SOURCE)
]
TARGET = [list(map(int, row)) for row in TARGET]
WEIGHTS = np.arange(150) / 7


def unpadded(row, padding):
    real = row != padding
    assert (np.sort(real)[::-1] == real).all()  # padding only on the right
    return row[real].tolist()


def pairs_of(batch):
    (inputs, labels, *weights) = batch
    for i, row in enumerate(inputs["target"]):
        target = unpadded(row, 0)
        expected = unpadded(labels[i], -1)
        assert target[1:] == expected[:-1]
        yield unpadded(inputs["source"][i], 0), [*target, expected[-1]], *(w[i] for w in weights)


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize(
    "limits", [{}, {"batch_size": 7}, {"tokens": 60}, {"tokens": 90, "batch_size": 5}]
)
def test_every_pair_once(limits, shuffle):
    batches = PairBatches(SOURCE, TARGET, WEIGHTS, shuffle=shuffle, seed=3, **limits)
    found = []
    for batch in batches.dataset.as_numpy_iterator():
        inputs, labels, weights = batch
        assert inputs["target"].shape == labels.shape
        assert {x.dtype for x in (*inputs.values(), labels)} == {np.dtype("int32")}
        assert weights.dtype == np.float32
        rows = len(labels)
        widest = max(inputs["source"].shape[1], labels.shape[1])
        assert rows <= limits.get("batch_size", 32 if not limits else rows)
        assert rows * widest <= limits.get("tokens", rows * widest)
        assert [inputs["source"].shape[1], labels.shape[1]] in batches.widths.tolist()
        found += pairs_of(batch)
    rows = [target[0] - 100 for _, target, _ in found]
    assert sorted(rows) == list(range(150))
    assert batches.order is None if shuffle else batches.order.tolist() == rows
    for row, (source, target, weight) in zip(rows, found, strict=True):
        assert (source, target) == (SOURCE[row], TARGET[row])
        assert weight == np.float32(WEIGHTS[row])
    assert len(batches) == int(batches.dataset.cardinality())


def test_sources_alone():
    batches = PairBatches(SOURCE, batch_size=16)
    rows = [
        unpadded(row, 0) for batch in batches.dataset.as_numpy_iterator() for row in batch["source"]
    ]
    assert rows == [SOURCE[row] for row in batches.order]
    assert batches.widths.shape[1] == 1


def test_new_epochs_and_the_same_from_one_seed():
    def epochs():
        dataset = PairBatches(SOURCE, TARGET, tokens=60, shuffle=True, seed=1).dataset
        return [[b[1][:, 0].tolist() for b in dataset.as_numpy_iterator()] for _ in range(2)]

    first, second = epochs()
    assert first != second
    assert [first, second] == epochs()


def test_a_row_over_the_limit_is_a_batch_of_its_own():
    batches = PairBatches([[2] * 30, *[[2]] * 8], [[1, 2]] * 9, tokens=4)
    shapes = sorted(x["source"].shape for x, _ in batches.dataset.as_numpy_iterator())
    assert shapes == [(1, 30), (4, 1), (4, 1)]


def test_rows_are_dealt_out_evenly():
    batches = PairBatches([[2]] * 100, [[1, 2]] * 100, batch_size=32)
    assert [len(y) for _, y in batches] == [25] * 4


def test_the_report_counts_what_the_stream_holds():
    batches = PairBatches(SOURCE, TARGET, tokens=100, buckets=6)
    report, streamed, real = batches.report(), 0, 0
    shapes = set()
    for inputs, labels in batches.dataset.as_numpy_iterator():
        streamed += inputs["source"].size + labels.size
        real += (inputs["source"] > 0).sum() + (labels >= 0).sum()
        shapes.add((inputs["source"].shape, labels.shape))
    assert (report.bucketed_cells, report.tokens, report.shapes) == (streamed, real, len(shapes))
    assert report.waste_after < report.waste_before < report.waste_longest
    assert "x".join(map(str, batches.widths[0])) in str(report)


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (([],), {}, "`ids` must hold at least one row. Received: none"),
        (
            ([[2]], [[1, 2]] * 2),
            {},
            "`target` must have one entry per row (1). Received: shape (2,)",
        ),
        (([[2]], None, [1.0]), {}, "`weights` need `target`. Received: sources alone"),
        (([[2]],), {"tokens": 0}, "`tokens` must be a positive int. Received: tokens=0"),
        (
            ([[2]],),
            {"batch_size": 2.5},
            "`batch_size` must be a positive int. Received: batch_size=2.5",
        ),
        (([[2]],), {"buckets": None}, "`buckets` must be a positive int. Received: buckets=None"),
    ],
)
def test_bad_input(arguments, options, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        PairBatches(*arguments, **options)
