"""Bucket widths that cost the least padding, by dynamic programming over the lengths."""

import numpy as np

__all__ = ["best_boundaries"]

# More distinct lengths than this are thinned to quantiles: the table is quadratic in them.
MOST_CANDIDATES = 512


def best_boundaries(lengths, buckets):
    """The at most `buckets` widths with the least padding in total.

    Args:
        lengths: Positive ints, one per row.
        buckets: Most widths to use.

    Returns:
        Ascending tuple of int; the last is the longest length. Optimal for up to 512 distinct
        lengths, and over 512 quantiles of them beyond.

    Example:
        >>> best_boundaries([1, 1, 2, 9, 10], 2)
        (2, 10)
    """
    widths, counts = np.unique(lengths, return_counts=True)
    rows = np.cumsum(counts)  # rows up to each width
    if len(widths) > MOST_CANDIDATES:
        marks = np.linspace(0, rows[-1], MOST_CANDIDATES + 1)[1:]
        kept = np.unique(np.minimum(np.searchsorted(rows, marks), len(widths) - 1))
        widths, rows = widths[kept], rows[kept]
    if len(widths) <= buckets:
        return tuple(widths.tolist())
    # between[i, j]: cells of the rows above width i and up to width j in one bucket; j > i.
    between = (rows[None, :] - rows[:, None]).astype(float) * widths
    between[np.tril_indices(len(widths))] = np.inf
    cells, cut = rows * widths.astype(float), []
    for _ in range(buckets - 1):
        total = cells[:, None] + between
        cut.append(total.argmin(0))
        cells = total.min(0)
    chosen = [len(widths) - 1]
    for before in reversed(cut):
        chosen.append(int(before[chosen[-1]]))
    return tuple(widths[sorted(chosen)].tolist())
