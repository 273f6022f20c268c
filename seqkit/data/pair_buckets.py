"""Buckets of rows that have several lengths each, as pairs have: few shapes, little padding.

Shapes: R rows, K lengths of each.
"""

import heapq
import itertools

import numpy as np

__all__ = ["pair_buckets"]


def pair_buckets(lengths, buckets, room):
    """Splits the rows at one length after the other, wherever that saves the most padding.

    Args:
        lengths: Positive ints (R, K).
        buckets: Most buckets.
        room: Function of widths (..., K) to how many rows of them a batch holds (...); a bucket
            has at least that many rows, unless there are fewer in all.

    Returns:
        Bucket of each row (R,), and the widths of each bucket (buckets, K), its longest lengths.

    Example:
        >>> lengths = np.array([[1, 9], [2, 9], [8, 2], [9, 1]])
        >>> bucket, widths = pair_buckets(lengths, 2, lambda widths: 2)
        >>> bucket.tolist(), widths.tolist()
        ([0, 0, 1, 1], [[2, 9], [9, 2]])
    """
    heap, number = [], itertools.count()

    def offer(rows):
        saved, parts = _best_split(lengths, rows, room)
        # The number breaks ties, so that arrays are never compared.
        heapq.heappush(heap, (-saved, next(number), rows, parts))

    offer(np.arange(len(lengths)))
    while len(heap) < buckets and heap[0][0] < 0:
        for rows in heapq.heappop(heap)[-1]:
            offer(rows)
    groups = [(tuple(lengths[rows].max(0).tolist()), rows) for _, _, rows, _ in heap]
    groups.sort(key=lambda group: (sum(group[0]), group[0]))
    bucket = np.empty(len(lengths), np.int64)
    for i, (_, rows) in enumerate(groups):
        bucket[rows] = i
    return bucket, np.array([widths for widths, _ in groups])


def _best_split(lengths, rows, room):
    """How many cells of padding the best split in two saves, and its two parts."""
    best, parts = 0, None
    whole = len(rows) * int(lengths[rows].max(0).sum())
    heads = np.arange(1, len(rows))
    for k in range(lengths.shape[1]):
        order = rows[np.argsort(lengths[rows, k], kind="stable")]
        steps = lengths[order]
        low = np.maximum.accumulate(steps)[:-1]
        high = np.maximum.accumulate(steps[::-1])[::-1][1:]
        saved = whole - heads * low.sum(1) - heads[::-1] * high.sum(1)
        allowed = steps[:-1, k] < steps[1:, k]
        allowed &= (heads >= room(low)) & (heads[::-1] >= room(high))
        saved = np.where(allowed, saved, 0)
        if len(heads) and saved.max() > best:
            at = int(saved.argmax()) + 1
            best, parts = int(saved[at - 1]), (order[:at], order[at:])
    return best, parts
