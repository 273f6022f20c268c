"""Rows of ids -> batches bucketed by length: few shapes, little padding, each row once.

Shapes: B rows of a batch, T its width.
"""

import dataclasses

import numpy as np
import tensorflow as tf

from seqkit.checks import positive_int
from seqkit.data.boundaries import best_boundaries
from seqkit.data.plan import Plan

__all__ = ["Batches", "Report", "batches"]


def batches(
    ids,
    labels=None,
    weights=None,
    *,
    targets=None,
    batch_size=32,
    shuffle=False,
    seed=None,
    buckets=16,
    drop_remainder=False,
):
    """Batches of padded rows, rows of like length together.

    Args:
        ids: The rows, tokenised once: an int `tf.RaggedTensor` (rows, None), a pair of NumPy
            arrays (flat ids, row offsets), or a list of lists of ids.
        labels: Array with one label per row (any trailing shape), or `None`.
        weights: Array with one weight per row, or `None`; needs `labels` or `targets`.
        targets: Array with one integer for each id, as flat as the ids of the pair (flat ids,
            offsets); padded with -1. Takes the place of `labels`.
        batch_size: Rows of a batch; the last may have fewer.
        shuffle: Whether rows and batches come in a new random order every epoch. Otherwise the
            order is the same every time and stands in `Batches.order`.
        seed: Makes the sequence of epochs reproducible; `None` draws one.
        buckets: Most widths that occur.
        drop_remainder: Whether to leave out the last batch if it is short (one shape per bucket).
            The rows left out are among the longest, and differ by epoch with `shuffle`.

    Returns:
        `Batches`.

    Raises:
        ValueError: There is no row, or an argument is out of range or of another length.

    Example:
        >>> rows = batches([[5], [5, 6, 7], [8]], [0, 1, 0], batch_size=2, buckets=2)
        >>> [x.shape for x, _ in rows.dataset.as_numpy_iterator()]
        [(2, 1), (1, 3)]
    """
    return Batches(
        ids,
        labels,
        weights,
        targets=targets,
        batch_size=batch_size,
        shuffle=shuffle,
        seed=seed,
        buckets=buckets,
        drop_remainder=drop_remainder,
    )


class Batches:
    """Bucketed batches; made by `batches`, which explains the arguments.

    Rows are sorted by bucket (at random within one) and cut into batches one after the other, so
    that a batch may reach over into the next bucket, whose width it then takes: only the last
    batch of all is short. The order of the batches is shuffled afterwards.

    Attributes:
        dataset: `tf.data.Dataset` of ids (B, T) int32, padded with 0 on the right; with labels
            (ids, label), with weights (ids, label, weight); with targets these (B, T) int32 in
            the place of the label. Prefetched, cardinality known.
        boundaries: The widths, ascending; each row lies in the first that holds it.
        lengths: Length of each row.
        order: The row behind each position of the unshuffled stream:
            `restored[order] = predictions`; `None` when shuffled.
    """

    def __init__(
        self,
        ids,
        labels=None,
        weights=None,
        *,
        targets=None,
        batch_size=32,
        shuffle=False,
        seed=None,
        buckets=16,
        drop_remainder=False,
    ):
        for name, value in (("batch_size", batch_size), ("buckets", buckets)):
            positive_int(name, value)
        self.flat, self.offsets = flat_rows(ids)
        self.lengths = np.diff(self.offsets)
        rows = len(self.lengths)
        self.labels = column(labels, "labels", rows)
        self.weights = column(weights, "weights", rows)
        self.targets = column(targets, "targets", len(self.flat), "id")
        if self.labels is not None and self.targets is not None:
            raise ValueError("`targets` take the place of `labels`. Received: both")
        if self.labels is None and self.targets is None and self.weights is not None:
            raise ValueError("`weights` need `labels` or `targets`. Received: neither")
        self.batch_size = int(batch_size)
        self.drop_remainder = bool(drop_remainder)
        # A row of no ids still is a row: one step of padding.
        self.boundaries = best_boundaries(np.maximum(self.lengths, 1), int(buckets))
        self._bucket = np.searchsorted(self.boundaries, self.lengths)
        starts = np.arange(0, rows, self.batch_size)
        if self.drop_remainder:
            starts = starts[: rows // self.batch_size]
            if not len(starts):
                raise ValueError(
                    f"`drop_remainder` leaves no batch. Received: {rows} rows, "
                    f"batch_size={self.batch_size}"
                )
        stops = np.minimum(starts + self.batch_size, rows)
        plan = Plan(self._bucket, starts, stops, shuffle=shuffle, seed=seed)
        self.shuffle, self.seed, self.order = plan.shuffle, plan.seed, plan.order
        self._counts, self._kept = stops - starts, plan.sorted[: stops[-1]]
        # As many rows of each bucket in every epoch: the widths stand before any shuffle.
        last = self._bucket[plan.sorted[stops - 1]]
        self._widths = np.asarray(self.boundaries, np.int32)[last]
        self.dataset = plan.dataset(self._assemble, self._widths)

    def __len__(self):
        """Number of batches of an epoch."""
        return len(self._counts)

    def __iter__(self):
        return iter(self.dataset)

    def report(self):
        """Padding before and after bucketing: a `Report`, which prints as a table."""
        given = [
            self.lengths[start : start + self.batch_size]
            for start in range(0, len(self.lengths), self.batch_size)
        ]
        return Report(
            rows=len(self.lengths),
            batches=len(self),
            tokens=int(self.lengths.sum()),
            longest_cells=len(self.lengths) * max(1, int(self.lengths.max())),
            given_cells=sum(len(batch) * max(1, int(batch.max())) for batch in given),
            given_shapes=len({(len(batch), max(1, int(batch.max()))) for batch in given}),
            bucketed_tokens=int(self.lengths[self._kept].sum()),
            bucketed_cells=int((self._counts * self._widths).sum()),
            shapes=len(set(zip(self._counts, self._widths, strict=True))),
            boundaries=self.boundaries,
            examples=tuple(np.bincount(self._bucket, minlength=len(self.boundaries)).tolist()),
        )

    def _assemble(self, rows, width):
        starts, lengths = tf.gather(self.offsets[:-1], rows), tf.gather(self.lengths, rows)
        step = tf.range(tf.cast(width, tf.int64))
        at = tf.minimum(starts[:, None] + step, max(len(self.flat) - 1, 0))
        ids = padded(self.flat, at, step < lengths[:, None], 0)
        columns = [
            tf.gather(values, rows) for values in (self.labels, self.weights) if values is not None
        ]
        if self.targets is not None:
            columns.insert(0, padded(self.targets, at, step < lengths[:, None], -1))
        return (ids, *columns) if columns else ids


@dataclasses.dataclass(frozen=True)
class Report:
    """What padding costs. A cell is one step of one row; waste is the share of padded cells."""

    rows: int
    batches: int
    tokens: int
    longest_cells: int
    given_cells: int
    given_shapes: int
    bucketed_tokens: int
    bucketed_cells: int
    shapes: int
    boundaries: tuple
    examples: tuple

    @property
    def waste_longest(self):
        """Every row padded to the longest of all."""
        return 1 - self.tokens / self.longest_cells

    @property
    def waste_before(self):
        """Rows in the order given, each batch padded to its longest."""
        return 1 - self.tokens / self.given_cells

    @property
    def waste_after(self):
        """Rows bucketed by length."""
        return 1 - self.bucketed_tokens / self.bucketed_cells

    def __str__(self):
        lines = [
            f"{self.rows:,} rows, {self.tokens:,} tokens, {self.batches:,} batches",
            f"{'padded':<28}{'cells':>14}{'waste':>8}{'shapes':>8}",
        ]
        table = (
            ("to the longest of all", self.longest_cells, self.waste_longest, 2),
            ("per batch, order as given", self.given_cells, self.waste_before, self.given_shapes),
            ("bucketed by length", self.bucketed_cells, self.waste_after, self.shapes),
        )
        lines += [
            f"{name:<28}{cells:>14,}{waste:>8.1%}{shapes:>8}"
            for name, cells, waste, shapes in table
        ]
        names = ("x".join(f"{w:,}" for w in np.atleast_1d(width)) for width in self.boundaries)
        lines.append("width  " + "".join(f"{name:>9}" for name in names))
        lines.append("rows   " + "".join(f"{rows:>9,}" for rows in self.examples))
        return "\n".join(lines)


def flat_rows(ids):
    """Flat int32 ids and int64 offsets of the rows, whatever holds them."""
    if isinstance(ids, tf.RaggedTensor):
        flat, offsets = ids.flat_values.numpy(), ids.row_splits.numpy()
    elif isinstance(ids, tuple):
        flat, offsets = (np.asarray(part) for part in ids)
    else:
        ids = [np.asarray(row, np.int32).reshape(-1) for row in ids]
        flat = np.concatenate(ids) if ids else np.zeros(0, np.int32)
        offsets = np.cumsum([0, *map(len, ids)])
    if len(offsets) < 2:
        raise ValueError("`ids` must hold at least one row. Received: none")
    if offsets[0] != 0 or offsets[-1] != len(flat) or (np.diff(offsets) < 0).any():
        raise ValueError(
            "`ids` as (flat, offsets) must have ascending offsets from 0 to the number of ids. "
            f"Received: offsets {offsets[0]} to {offsets[-1]} for {len(flat)} ids"
        )
    return flat.astype(np.int32, copy=False), offsets.astype(np.int64, copy=False)


def padded(flat, at, real, padding):
    flat = flat if len(flat) else np.full(1, padding, np.int32)
    return tf.where(real, tf.gather(flat, at), padding)


def column(values, name, rows, unit="row"):
    if values is None:
        return None
    values = np.asarray(values)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim == 0 or len(values) != rows or (name == "weights" and values.ndim > 1):
        raise ValueError(
            f"`{name}` must have one entry per {unit} ({rows}). Received: shape {values.shape}"
        )
    return values.astype({"i": np.int32, "f": np.float32}.get(values.dtype.kind, values.dtype))
