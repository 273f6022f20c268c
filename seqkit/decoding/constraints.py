"""With what a sequence begins, what it holds, and what it does not hold twice.

A constraint changes the logits of a step; what it needs to know of each sentence is its `own`.

Shapes: B sentences, K beams, V ids, L steps that there is room for, P phrases of at most M ids,
N candidates.
"""

import numpy as np
from keras import ops

from seqkit.decoding.beam import LOW, count

__all__ = ["NoRepeat", "Prefix", "Required", "barred", "padded"]


def padded(rows, width=None):
    """Lists of ids as one int32 array, filled up with zeros."""
    rows = [list(row) for row in rows]
    width = max([1, *map(len, rows)]) if width is None else width
    return np.array([row + [0] * (width - len(row)) for row in rows], "int32")


class Prefix:
    """A sequence begins with these ids.

    Args:
        ids: int `(B, P)`, 0 behind the last of each.
    """

    def __init__(self, ids):
        self.own = ops.convert_to_tensor(ids, "int32")

    def apply(self, logits, ids, at, own):
        """Logits `(B, K, V)`; while there is a next id of the prefix, of that alone."""
        steps = ops.arange(ops.shape(own)[1], dtype="int32")
        wanted = ops.sum(ops.where(steps == at, own, 0), axis=1)[:, None, None]
        free = ops.logical_or(wanted == 0, ops.arange(logits.shape[-1], dtype="int32") == wanted)
        return ops.where(free, logits, LOW)


class NoRepeat:
    """No n ids in a row stand in a sequence twice. Paulus et al. 2018, section 2.5.

    Args:
        size: int n.
    """

    own = ()

    def __init__(self, size):
        self.size = size

    def apply(self, logits, ids, at, own):
        """Logits `(B, K, V)` without the ids that would end an n-gram for the second time."""
        steps = ops.arange(ops.shape(ids)[2], dtype="int32")
        # Whether the n - 1 ids before each step are those before this one.
        same = ops.logical_and(steps >= self.size - 1, steps < at)
        for back in range(1, self.size):
            last = ops.sum(ops.where(steps == at - back, ids, 0), axis=2, keepdims=True)
            shifted = ops.roll(ids, back, axis=2)
            same = ops.logical_and(same, shifted == last)
        return barred(logits, ops.where(same, ids, 0))


def barred(logits, ids):
    """Logits `(B, K, V)` with `LOW` at the ids `(B, K, *)`; 0 bars nothing but padding."""
    flat = ops.reshape(logits, (-1, logits.shape[-1]))
    ids = ops.reshape(ids, (ops.shape(flat)[0], -1))
    rows = ops.broadcast_to(ops.arange(ops.shape(flat)[0])[:, None], ops.shape(ids))
    places = ops.stack([ops.reshape(rows, (-1,)), ops.reshape(ids, (-1,))], axis=-1)
    lows = ops.full((ops.shape(places)[0],), LOW, flat.dtype)
    return ops.reshape(ops.scatter_update(flat, places, lows), ops.shape(logits))


class Required:
    """Every one of the phrases stands in a sequence, in any order.

    Dynamic beam allocation (Post & Vilar 2018): besides what the model would say, each beam may
    go on with the next id of a phrase that is still missing; and the beams are shared out evenly
    among the sequences that have said as much of their phrases, so that those that say more are
    not crowded out before they have a chance. A sequence ends only once it has said all. Where
    they do not fit in, the best sequence stands that has not said all.

    Args:
        phrases: int `(B, P, M)`, ids of each phrase, 0 behind the last; empty ones are said.
    """

    def __init__(self, phrases):
        self.own = ops.convert_to_tensor(phrases, "int32")

    @property
    def most(self):
        """No sequence says more ids of its phrases than this."""
        return self.own.shape[1] * self.own.shape[2]

    def said(self, ids, at, phrases):
        """Of sequences `(B, N, L)` of `at` ids: which phrases are whole, and the start of which.

        Returns:
            bool `(B, N, P)`, whether a sequence holds the phrase; and int `(B, N, P)`, how many
            ids at its end begin the phrase.
        """
        steps = ops.arange(ops.shape(ids)[2], dtype="int32")
        lengths = count(phrases != 0)[:, None]  # (B, 1, P)
        most = phrases.shape[2]
        # matched[m]: at each step, whether the m ids up to it begin the phrase.
        whole, begun = lengths == 0, ops.zeros_like(lengths)
        run = ops.ones_like(ids[:, :, None], "bool")
        matched = ops.logical_and(run, steps < at)
        for m in range(most):
            # The id at distance m from the start of the run, moved to the run's start.
            here = ops.roll(ids, -m, axis=2)[:, :, None]
            inside = ops.logical_and(here == phrases[:, None, :, m, None], steps + m < at)
            matched = ops.logical_and(matched, inside)  # (B, N, P, L), by start of the run
            full = ops.logical_and(lengths == m + 1, ops.any(matched, axis=-1))
            whole = ops.logical_or(whole, full)
            at_end = ops.any(ops.logical_and(matched, steps + m + 1 == at), axis=-1)
            partial = ops.logical_and(at_end, lengths > m + 1)
            begun = ops.where(partial, m + 1, begun)
        return whole, ops.where(whole, 0, begun)

    def met(self, ids, at, phrases):
        """How much a sequence has said: ids of whole phrases, and of the one it is in."""
        whole, begun = self.said(ids, at, phrases)
        lengths = count(phrases != 0)[:, None]
        return ops.sum(ops.where(whole, lengths, 0), axis=-1) + ops.max(begun, axis=-1)

    def complete(self, ids, at, phrases):
        """Bool `(B, N)`."""
        return ops.all(self.said(ids, at, phrases)[0], axis=-1)

    def next(self, ids, at, phrases):
        """The ids `(B, N, P)` that go on with each phrase; 0 where it is whole."""
        whole, begun = self.said(ids, at, phrases)
        steps = ops.arange(phrases.shape[2], dtype="int32")
        wanted = ops.where(steps == begun[..., None], phrases[:, None], 0)
        return ops.where(whole, 0, ops.sum(wanted, axis=-1))
