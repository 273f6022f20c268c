"""Pairs of rows of ids -> batches bucketed by both lengths, by rows or by tokens.

Shapes: B rows of a batch, S its source steps, T its target steps.
"""

import numpy as np
import tensorflow as tf

from seqkit.checks import positive_int
from seqkit.data.bucketing import Report, column, flat_rows, padded
from seqkit.data.pair_buckets import pair_buckets
from seqkit.data.plan import Plan

__all__ = ["PairBatches"]


class PairBatches:
    """Bucketed batches of pairs; `Translation.batches` makes them.

    Rows of like lengths are one bucket, dealt out evenly to as few batches as hold them: a bucket
    has batches of one width, and of at most two numbers of rows.

    Args:
        source: The source rows: an int `tf.RaggedTensor`, a pair of NumPy arrays (flat ids, row
            offsets), or a list of lists. None is empty.
        target: As many target rows, or `None`. A row of T + 1 ids is T steps: all but its last
            are the input, all but its first the labels.
        weights: Array with one weight per row, or `None`.
        batch_size: Most rows of a batch, or `None`; 32 where `tokens` is `None` too.
        tokens: Most steps of a batch, rows times the wider of source and target, or `None`. A row
            longer than that is a batch of its own.
        shuffle: Whether rows and batches come in a new random order every epoch.
        seed: Makes the sequence of epochs reproducible; `None` draws one.
        buckets: Most pairs of widths that occur.

    Attributes:
        dataset: `tf.data.Dataset` of `{"source": (B, S), "target": (B, T)}` int32, padded with 0,
            and labels (B, T) int32, padded with -1; with weights a third, (B,) float32. Without
            targets `{"source": (B, S)}` alone.
        widths: Int array (buckets, 2) of S and T, T being 0 without targets.
        order: The row behind each position of the unshuffled stream:
            `restored[order] = predictions`; `None` when shuffled.

    Raises:
        ValueError: There is no row, or an argument is out of range or of another length.
    """

    def __init__(
        self,
        source,
        target=None,
        weights=None,
        *,
        batch_size=None,
        tokens=None,
        shuffle=False,
        seed=None,
        buckets=16,
    ):
        limits = {"batch_size": batch_size, "tokens": tokens}
        given = {name: value for name, value in limits.items() if value is not None}
        for name, value in {**given, "buckets": buckets}.items():
            positive_int(name, value)
        self.source, self.target = flat_rows(source), None
        rows = len(self.source[1]) - 1
        self.lengths = np.diff(self.source[1])[:, None]
        if target is not None:
            self.target = flat_rows(target)
            steps = column(np.diff(self.target[1]) - 1, "target", rows)
            self.lengths = np.stack([self.lengths[:, 0], steps], axis=1)
        if target is None and weights is not None:
            raise ValueError("`weights` need `target`. Received: sources alone")
        self.weights = column(weights, "weights", rows)
        self.batch_size = batch_size if given else 32
        self.tokens = tokens
        self._bucket, self.widths = pair_buckets(self.lengths, int(buckets), self.room)
        counts = np.bincount(self._bucket, minlength=len(self.widths))
        sizes, widths = self._sizes(counts)
        stops = np.cumsum(sizes)
        plan = Plan(self._bucket, stops - sizes, stops, shuffle=shuffle, seed=seed)
        self.shuffle, self.seed, self.order = plan.shuffle, plan.seed, plan.order
        self._counts, self._widths = sizes, widths
        self.dataset = plan.dataset(self._assemble, widths.astype(np.int64))

    def room(self, widths):
        """How many rows of these widths (..., K) a batch holds (...)."""
        most = np.full(widths.shape[:-1], self.batch_size or np.iinfo(np.int64).max)
        if self.tokens is not None:
            most = np.minimum(most, self.tokens // widths.max(-1))
        return np.maximum(most, 1)

    def _sizes(self, counts):
        """Rows (L,) and widths (L, K) of each batch."""
        batches = -(-counts // self.room(self.widths))
        bucket = np.repeat(np.arange(len(counts)), batches)
        place = np.arange(len(bucket)) - np.repeat(np.cumsum(batches) - batches, batches)
        share, left = counts // batches, counts % batches
        return share[bucket] + (place < left[bucket]), self.widths[bucket]

    def __len__(self):
        """Number of batches of an epoch."""
        return len(self._counts)

    def __iter__(self):
        return iter(self.dataset)

    def report(self):
        """Padding before and after bucketing, of both sides: a `Report`, which prints."""
        rows = len(self.lengths)
        given = np.array_split(self.lengths, len(self))
        widths = [batch.max(0) for batch in given]
        pairs = zip(given, widths, strict=True)
        tokens = int(self.lengths.sum())
        return Report(
            rows=rows,
            batches=len(self),
            tokens=tokens,
            longest_cells=rows * int(self.lengths.max(0).sum()),
            given_cells=sum(len(batch) * int(width.sum()) for batch, width in pairs),
            given_shapes=len({(len(b), *w) for b, w in zip(given, widths, strict=True)}),
            bucketed_tokens=tokens,
            bucketed_cells=int((self._counts * self._widths.sum(1)).sum()),
            shapes=len({(n, *w) for n, w in zip(self._counts, self._widths.tolist(), strict=True)}),
            boundaries=tuple(map(tuple, self.widths.tolist())),
            examples=tuple(np.bincount(self._bucket).tolist()),
        )

    def _assemble(self, rows, widths):
        batch = {"source": _cut(self.source, rows, widths[0], 0)}
        if self.target is None:
            return batch
        batch["target"] = _cut(self.target, rows, widths[1], 0, leave=1)
        labels = _cut(self.target, rows, widths[1], -1, skip=1)
        weights = () if self.weights is None else (tf.gather(self.weights, rows),)
        return (batch, labels, *weights)


def _cut(ids, rows, width, padding, *, skip=0, leave=0):
    """Rows without so many ids at the beginning and the end, padded to the width."""
    flat, offsets = ids
    starts = tf.gather(offsets[:-1], rows) + skip
    lengths = tf.gather(offsets[1:], rows) - starts - leave
    step = tf.range(width)
    at = tf.minimum(starts[:, None] + step, len(flat) - 1)
    return padded(flat, at, step < lengths[:, None], padding)
