"""The scores of a linear chain, the score of one path, and both in one tensor.

Shapes: B batch, T time, C tags.
"""

import dataclasses
from typing import Any

from keras import ops
from keras.backend import standardize_dtype

__all__ = ["FORBIDDEN", "IMPOSSIBLE", "Chain", "closed", "pack", "score", "unpack"]

# A transition this low is one that a scheme forbids: a number in float16 too, and low enough
# that a label which breaks the scheme shows in the loss without drowning it.
FORBIDDEN = -1e4
# What sums and paths read instead: no emission outweighs it, and 10 ** 8 of them are finite.
IMPOSSIBLE = -1e30


@dataclasses.dataclass(frozen=True)
class Chain:
    """A path `y` scores `start[y_1] + Σ_t emissions[t, y_t] + Σ_t transitions[y_t-1, y_t] +
    end[y_T]`, where only the steps under the mask count.

    Lafferty et al. 2001, "Conditional random fields", equation 1, for one sentence each row.

    Attributes:
        emissions: float `(B, T, C)`, the score of each tag at each step.
        mask: bool `(B, T)`, True where a step counts; any pattern.
        transitions: float `(C, C)`, from the tag of the row to that of the column.
        start: float `(C,)`, of the first step that counts.
        end: float `(C,)`, of the last one.

    A start, transition or end of `FORBIDDEN` takes part in no sum and no best path.

    Example:
        >>> import numpy as np
        >>> from seqkit.layers.chain import log_partition
        >>> chain = Chain(np.zeros((1, 2, 3)), np.ones((1, 2)), np.zeros((3, 3)), *np.zeros((2, 3)))
        >>> round(float(np.exp(log_partition(chain)[0])))  # nine paths, each of score 0
        9
    """

    emissions: Any
    mask: Any
    transitions: Any
    start: Any
    end: Any

    def __post_init__(self):
        shape = tuple(self.emissions.shape)
        if len(shape) != 3:
            raise ValueError(f"`emissions` must be (B, T, C). Received: shape {shape}")
        tags = shape[-1]
        for name, expected in (("transitions", (tags, tags)), ("start", (tags,)), ("end", (tags,))):
            received = tuple(getattr(self, name).shape)
            if received != expected:
                raise ValueError(
                    f"`{name}` must be of shape {expected} for emissions {shape}. "
                    f"Received: shape {received}"
                )


def pack(chain):
    """All of a chain as one tensor `(B, 2 + C + T, C + 1)`.

    Rows: start, end, the C of transitions, then the T of emissions. The last column is 1 in
    the rows of steps that count, else 0.
    """
    e, m, transitions, start, end = typed(chain)
    shared = ops.concatenate([start[None], end[None], transitions], axis=0)
    shared = ops.pad(shared, [[0, 0], [0, 1]])
    batch = ops.shape(e)[0]
    shared = ops.broadcast_to(shared[None], (batch, *shared.shape))
    steps = ops.concatenate([e, ops.cast(m, e.dtype)[:, :, None]], axis=-1)
    return ops.concatenate([shared, steps], axis=1)


def unpack(packed):
    """The chain in what `pack` returned."""
    tags = packed.shape[-1] - 1
    # The sum over one row, and not that row: there is none in a batch of none.
    shared = ops.sum(packed[:1, : 2 + tags, :tags], axis=0)
    shared = ops.reshape(shared, (2 + tags, tags))  # in a graph T, and so the cut, is unknown
    steps = packed[:, 2 + tags :]
    return Chain(steps[:, :, :tags], steps[:, :, tags] > 0.5, shared[2:], shared[0], shared[1])


def typed(chain):
    """The fields as tensors of one dtype, with zeros for emissions that do not count."""
    mask = ops.cast(ops.convert_to_tensor(chain.mask), "bool")
    emissions = ops.convert_to_tensor(chain.emissions)
    dtype = "float64" if standardize_dtype(emissions.dtype) == "float64" else "float32"
    emissions = ops.cast(emissions, dtype)
    # `where` and not a product: NaN times zero is NaN.
    emissions = ops.where(mask[:, :, None], emissions, ops.zeros_like(emissions))
    others = (chain.transitions, chain.start, chain.end)
    return emissions, mask, *(ops.cast(ops.convert_to_tensor(x), dtype) for x in others)


def score(chain, tags):
    """Scores of given paths.

    Args:
        chain: `Chain`.
        tags: int `(B, T)`, in `[0, C)` where the mask is True.

    Returns:
        Float `(B,)`; 0 for a row of padding.
    """
    e, m, transitions, start, end = typed(chain)
    classes = e.shape[-1]
    tags = ops.where(m, ops.cast(tags, "int32"), 0)
    # A product with one-hot rows, and no gathering: its gradient would scatter.
    chosen = ops.one_hot(tags, classes, dtype=e.dtype)
    total = ops.sum(chosen * e, axis=(1, 2))  # `typed` put zeros where nothing counts
    tags, counts = gathered(tags, m)
    ends = ops.logical_and(counts, ops.logical_not(ops.pad(counts, [[0, 0], [0, 1]])[:, 1:]))
    moves = ops.take(ops.reshape(transitions, (-1,)), tags[:, :-1] * classes + tags[:, 1:])
    total = total + ops.sum(ops.where(counts[:, 1:], moves, 0), axis=1)
    total = total + ops.sum(ops.where(counts[:, :1], ops.take(start, tags[:, :1]), 0), axis=1)
    return total + ops.sum(ops.where(ends, ops.take(end, tags), 0), axis=1)


def gathered(tags, mask):
    """The tags that count moved to the left, and where they now are."""
    time = ops.shape(tags)[1]
    steps = ops.cumsum(ops.ones_like(tags), axis=1)
    # No two alike, so that it does not matter whether a sort is stable.
    order = ops.argsort(ops.where(mask, steps, steps + time), axis=1)
    length = ops.sum(ops.cast(mask, "int32"), axis=1, keepdims=True)
    return ops.take_along_axis(tags, order, axis=1), steps <= length


def closed(chain, allowed=None):
    """The chain with a boundary as tag C, in front of each sentence and behind it.

    Args:
        chain: `Chain`.
        allowed: bool `(B, T, C)` or None, the tags that a step may have.

    Returns:
        Time major: emissions `(T, B, C + 1)`; 1 or 0 `(T, B, 1)` for whether a step counts;
        the transitions `(C + 1, C + 1)`, with the ends as last column; and the starts
        `(C + 1,)`, with 0 for a sentence of no steps. `IMPOSSIBLE` in all that is forbidden.
    """
    e, m, transitions, start, end = typed(chain)
    if allowed is not None:
        allowed = ops.logical_or(ops.cast(allowed, "bool"), ops.logical_not(m)[:, :, None])
        e = ops.where(allowed, e, IMPOSSIBLE)
    e = ops.pad(ops.transpose(e, (1, 0, 2)), [[0, 0], [0, 0], [0, 1]], constant_values=IMPOSSIBLE)
    m = ops.cast(ops.transpose(m), e.dtype)[:, :, None]
    moves = ops.concatenate([transitions, end[:, None]], axis=1)
    moves = ops.pad(moves, [[0, 1], [0, 0]], constant_values=IMPOSSIBLE)
    first = ops.pad(start, [[0, 1]])
    return e, m, strict(moves), strict(first)


def strict(x):
    return ops.where(x <= FORBIDDEN / 2, ops.full_like(x, IMPOSSIBLE), x)
