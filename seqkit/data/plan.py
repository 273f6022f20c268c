"""Which rows go into which batch: sorted by bucket, shuffled within it, batch after batch.

Shapes: R rows, L batches.
"""

import numpy as np
import tensorflow as tf

from seqkit.data.graphed import as_it_is

__all__ = ["Plan"]


class Plan:
    """Rows sorted by bucket and cut into batches one after the other.

    Args:
        bucket: Int array (R,), the bucket of each row.
        starts: Int array (L,): where in the sorted rows each batch begins.
        stops: Int array (L,): where it ends.
        shuffle: Whether the rows of a bucket, and the batches, come in a new random order every
            epoch. A batch takes as many rows of each bucket in every epoch.
        seed: Makes the sequence of epochs reproducible; `None` draws one.

    Attributes:
        order: The row behind each position of the unshuffled stream; `None` when shuffled.
    """

    def __init__(self, bucket, starts, stops, *, shuffle=False, seed=None):
        self.bucket, self.starts, self.stops = bucket, starts, stops
        self.shuffle = bool(shuffle)
        self.seed = np.random.SeedSequence().entropy % 2**31 if seed is None else int(seed)
        self.sorted = np.argsort(bucket, kind="stable")
        self.order = None if self.shuffle else self.sorted[: stops[-1]]

    def __len__(self):
        return len(self.starts)

    def dataset(self, assemble, *columns):
        """The batches of an epoch.

        Args:
            assemble: Function of the rows of a batch, int32 (rows,), and its entries of the
                columns; returns the batch.
            *columns: Arrays (L, ...).

        Returns:
            `tf.data.Dataset`, prefetched, its cardinality known.
        """
        if self.shuffle:
            # One seed per epoch out of one seed for all: no permutation comes back, and the same
            # seed gives the same epochs.
            epochs = tf.data.Dataset.random(self.seed, rerandomize_each_iteration=True).take(1)
            plan = epochs.flat_map(as_it_is(lambda seed: self._epoch(seed, columns)))
        else:
            plan = tf.data.Dataset.from_tensor_slices((*self._table(self.order), *columns))
        plan = plan.apply(tf.data.experimental.assert_cardinality(len(self)))
        return plan.map(
            as_it_is(lambda rows, count, *entries: assemble(rows[:count], *entries)),
            num_parallel_calls=2,
            deterministic=True,
        ).prefetch(8)

    def _epoch(self, seed, columns):
        shuffled = tf.random.experimental.stateless_shuffle
        mixed = shuffled(tf.range(len(self.bucket)), tf.stack([seed, 0]))
        # Distinct keys (bucket, random place) sort by bucket and stay shuffled within it.
        bucket = tf.gather(self.bucket.astype(np.int64), mixed)
        keys = bucket * len(self.bucket) + tf.range(len(self.bucket), dtype=tf.int64)
        order = tf.gather(mixed, tf.argsort(keys))
        batch = shuffled(tf.range(len(self)), tf.stack([seed, 1]))
        table = (*self._table(order), *columns)
        return tf.data.Dataset.from_tensor_slices(tuple(tf.gather(c, batch) for c in table))

    def _table(self, order):
        """Columns over batches: rows (L, most rows), number of rows (L,)."""
        counts = (self.stops - self.starts).astype(np.int32)
        at = self.starts[:, None] + np.arange(counts.max())
        at = np.minimum(at, self.stops[-1] - 1).astype(np.int32)
        return tf.gather(tf.cast(order, tf.int32), at), counts
