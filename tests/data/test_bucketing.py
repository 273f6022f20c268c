"""Batches: every row once, few shapes, the promised order, an honest report."""

import collections
import itertools

import numpy as np
import pytest
import tensorflow as tf

from seqkit import data


def rows_of(n, *, seed=0, longest=40):
    """Rows that tell their number: row i holds i + 1 in every place."""
    lengths = np.random.default_rng(seed).geometric(0.12, n).clip(0, longest) - 1
    return [[i + 1] * int(length) for i, length in enumerate(lengths)]


def epoch(made):
    return list(made.dataset.as_numpy_iterator())


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("batch_size", [1, 7, 32, 500])
@pytest.mark.parametrize("buckets", [1, 5])
def test_every_row_once_with_its_label_and_weight(shuffle, batch_size, buckets):
    rows = rows_of(203)
    labels, weights = np.arange(203) * 3, np.arange(203) / 8
    made = data.batches(
        rows,
        labels,
        weights,
        batch_size=batch_size,
        shuffle=shuffle,
        seed=3,
        buckets=buckets,
    )
    for _ in range(2):
        batches = epoch(made)
        assert len(batches) == len(made) == int(made.dataset.cardinality()) == -(-203 // batch_size)
        seen = []
        for ids, label, weight in batches:
            assert (ids.dtype, label.dtype, weight.dtype) == (np.int32, np.int32, np.float32)
            assert len(ids) == len(label) == len(weight)
            for row, number, share in zip(ids, label, weight, strict=True):
                i = number // 3
                assert share == i / 8
                # Padded on the right, with zeros, and cut nowhere.
                assert row.tolist() == rows[i] + [0] * (len(row) - len(rows[i]))
                seen.append(int(i))
        assert sorted(seen) == list(range(203))
        assert sorted(len(batch[0]) for batch in batches)[1:] == [batch_size] * (len(batches) - 1)
        widths = {batch[0].shape[1] for batch in batches}
        assert widths <= set(made.boundaries)
        assert len(made.boundaries) <= buckets
        assert len({batch[0].shape for batch in batches}) <= buckets + 1


@pytest.mark.parametrize("batch_size", [1, 7, 64])
def test_order_restores_what_was_given(batch_size):
    rows = rows_of(100)
    made = data.batches(rows, batch_size=batch_size)
    numbers = np.concatenate([ids[:, 0] for ids in epoch(made)])
    restored = np.empty_like(numbers)
    restored[made.order] = numbers
    assert restored.tolist() == [row[0] if row else 0 for row in rows]


def labels_of(made):
    return [label.tolist() for _, label in epoch(made)]


def test_epochs_differ_and_come_back_with_the_seed():
    rows = rows_of(120)

    def make(seed):
        return data.batches(rows, range(120), batch_size=8, shuffle=True, seed=seed)

    first, again, other = make(5), make(5), make(6)
    epochs = [labels_of(first) for _ in range(4)]
    assert [labels_of(again) for _ in range(4)] == epochs
    assert len({str(e) for e in epochs}) == 4
    # Rows change company and batches change places, not one of both.
    assert len({str(sorted(map(sorted, e))) for e in epochs}) == 4
    assert labels_of(other) != epochs[0]


def test_batches_of_all_widths_are_mixed():
    made = data.batches(rows_of(2000), batch_size=8, shuffle=True, seed=0, buckets=6)
    widths = [ids.shape[1] for ids in epoch(made)]
    assert widths != sorted(widths)
    # In random order neighbours differ about as often as any two batches do.
    share = sum((n / len(widths)) ** 2 for n in collections.Counter(widths).values())
    differing = np.mean([a != b for a, b in itertools.pairwise(widths)])
    assert abs(differing - (1 - share)) < 0.15


def test_a_repeated_dataset_goes_on_shuffling():
    made = data.batches(rows_of(64), range(64), batch_size=8, shuffle=True, seed=1)
    stream = [label.tolist() for _, label in made.dataset.repeat(3).as_numpy_iterator()]
    epochs = [stream[:8], stream[8:16], stream[16:]]
    assert all(sorted(itertools.chain(*e)) == list(range(64)) for e in epochs)
    assert epochs[0] != epochs[1] != epochs[2]


def test_rows_come_as_ragged_as_arrays_and_as_lists():
    rows = [[5, 6], [], [7]]
    expected = [batch.tolist() for batch in epoch(data.batches(rows, batch_size=2))]
    for given in (
        tf.ragged.constant(rows, dtype=tf.int32),
        (np.array([5, 6, 7]), np.array([0, 2, 2, 3])),
        [np.array(row, np.int64) for row in rows],
    ):
        assert [b.tolist() for b in epoch(data.batches(given, batch_size=2))] == expected


def test_rows_of_nothing_are_one_step_of_padding():
    assert [b.tolist() for b in epoch(data.batches([[], []], [1, 0]))[0]] == [[[0], [0]], [1, 0]]


def test_labels_of_more_places():
    labels = np.eye(3)
    (batch,) = epoch(data.batches([[1], [2], [3]], labels))
    assert batch[1].tolist() == labels.tolist()


def test_a_short_batch_can_be_left_out():
    made = data.batches(rows_of(50), range(50), batch_size=16, drop_remainder=True)
    assert [len(ids) for ids, _ in epoch(made)] == [16, 16, 16]
    assert len(made.order) == 48


def test_the_report_leaves_out_what_the_batches_do():
    made = data.batches([[1] * 10] * 3, batch_size=2, shuffle=True, drop_remainder=True)
    assert made.report().waste_after == 0


@pytest.mark.parametrize("shuffle", [False, True])
def test_the_report_counts_what_the_batches_hold(shuffle):
    rows = rows_of(500)
    made = data.batches(rows, batch_size=16, shuffle=shuffle, seed=0, buckets=6)
    report = made.report()
    batches = epoch(made)
    cells = sum(batch.size for batch in batches)
    tokens = sum(map(len, rows))
    assert report.waste_after == pytest.approx(1 - tokens / cells)
    assert report.shapes == len({batch.shape for batch in batches})
    given = [rows[i : i + 16] for i in range(0, 500, 16)]
    before = sum(len(batch) * max(map(len, batch)) for batch in given)
    assert report.waste_before == pytest.approx(1 - tokens / before)
    assert report.waste_longest == pytest.approx(1 - tokens / (500 * max(map(len, rows))))
    assert sum(report.examples) == report.rows == 500
    assert report.waste_after < report.waste_before < report.waste_longest
    table = str(report)
    for value in (report.waste_after, report.waste_before, report.waste_longest):
        assert f"{value:.1%}" in table


def test_shapes_stay_the_same_over_epochs():
    made = data.batches(rows_of(300), batch_size=8, shuffle=True, seed=0, buckets=4)
    traces = []

    @tf.function
    def step(ids):
        traces.append(ids.shape)
        return tf.reduce_sum(ids)

    for _ in range(3):
        for ids in made.dataset:
            step(ids)
    assert 1 < len(traces) <= 5
    assert len(traces) == made.report().shapes


BAD = {
    "no rows": (lambda: data.batches([]), "`ids` must hold at least one row. Received: none"),
    "batch_size": (
        lambda: data.batches([[1]], batch_size=0),
        "`batch_size` must be a positive int. Received: batch_size=0",
    ),
    "buckets": (
        lambda: data.batches([[1]], buckets=-2),
        "`buckets` must be a positive int. Received: buckets=-2",
    ),
    "labels": (
        lambda: data.batches([[1]], [1, 2]),
        "`labels` must have one entry per row (1). Received: shape (2,)",
    ),
    "weights": (
        lambda: data.batches([[1]], [1], [1.0, 2.0]),
        "`weights` must have one entry per row (1). Received: shape (2,)",
    ),
    "weights alone": (
        lambda: data.batches([[1]], None, [1.0]),
        "`weights` need `labels` or `targets`. Received: neither",
    ),
    "offsets": (
        lambda: data.batches((np.array([1, 2]), np.array([0, 3]))),
        "Received: offsets 0 to 3 for 2 ids",
    ),
    "nothing left": (
        lambda: data.batches([[1]], batch_size=2, drop_remainder=True),
        "`drop_remainder` leaves no batch. Received: 1 rows, batch_size=2",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_says_what_was_expected_and_received(case):
    call, message = BAD[case]
    with pytest.raises(ValueError) as error:  # noqa: PT011, the message is compared below
        call()
    assert message in str(error.value)
