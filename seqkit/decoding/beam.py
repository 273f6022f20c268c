"""The beam of one step: which sequences go on, and which are finished.

Shapes: B sentences, K beams, R = B * K rows, V ids, L steps that there is room for, S steps of
the source.
"""

import dataclasses

from keras import ops

__all__ = ["BLOCK", "LOW", "Beam", "advance", "begin", "grow", "highest", "normalised"]

# Below every score that a sequence can have, and far from the end of float32.
LOW = -1e9
# Ids in each of the blocks in which `highest` looks.
BLOCK = 64


@dataclasses.dataclass(frozen=True)
class Beam:
    """What is known of the sequences of each sentence.

    Attributes:
        total: `(B, K)` float32, log-probability of each sequence that goes on.
        ids: `(B, K, L)` int32, its ids; 0 in steps to come.
        covered: `(B, K, S)` float32, what it has read of the source, or `(B, K, 0)`.
        scores: `(B, K)` float32, of the finished sequences, best first; `LOW` where none is.
        finished: `(B, K, L)` int32, their ids; the end is left out.
        done: `(B,)` bool, whether nothing that goes on could still be among the K best.
    """

    total: object
    ids: object
    covered: object
    scores: object
    finished: object
    done: object

    def tensors(self):
        """The attributes in a tuple, as loops carry them."""
        return tuple(getattr(self, field.name) for field in dataclasses.fields(self))


def begin(batch, beams, room, source, *, branches):
    """K sequences of no ids; of equal ones that branch, only the first counts.

    `source`, `(B, S)`, is True at steps that are to be covered; padding is from the start.
    """
    counts = ops.arange(beams) < (1 if branches else beams)
    first = ops.where(counts, 0.0, LOW)
    return Beam(
        total=ops.broadcast_to(ops.cast(first, "float32"), (batch, beams)),
        ids=ops.zeros((batch, beams, room), "int32"),
        covered=ops.repeat(1.0 - ops.cast(source, "float32")[:, None], beams, axis=1),
        scores=ops.full((batch, beams), LOW, "float32"),
        finished=ops.zeros((batch, beams, room), "int32"),
        done=ops.zeros((batch,), "bool"),
    )


def grow(beam, room):
    """The beam with room for that many steps."""
    ids, finished = longer(beam.ids, room), longer(beam.finished, room)
    return dataclasses.replace(beam, ids=ids, finished=finished)


def longer(ids, room):
    """Ids `(B, K, L)` with zeros up to `room` steps."""
    batch, beams, before = ops.shape(ids)
    return ops.concatenate([ids, ops.zeros((batch, beams, room - before), "int32")], axis=2)


def advance(
    beam, logits, log_sum, at, *, end, last, penalties, read=None, required=None, phrases=None
):
    """One step on.

    Of all continuations, those among the K best that end are finished; the K best that do not
    end go on. A sentence is done with K finished sequences of which none would be worse than the
    best that goes on, if that ended now; then they stay as they are.

    Args:
        beam: `Beam`.
        logits: `(B, K, V)` float32, of each next id; `LOW` where it may not stand.
        log_sum: `(B, K)`, so that `logits - log_sum` are log-probabilities.
        at: int32 scalar, number of the step.
        end: int, id of the end.
        last: bool `(B,)`, whether a sentence has to end here.
        penalties: pair of floats, for length and coverage, see `normalised`.
        read: `(B, K, S)`, what this step reads of the source, or None.
        required: `constraints.Required` or None, with its `phrases`.

    Returns:
        The next `Beam`, the ids `(B, K)` to go on with, and for each the beam `(B, K)` that
        it continues.
    """
    beams = beam.total.shape[1]
    before = beam.total - log_sum
    ends = before + logits[:, :, end]
    # K of each beam that do not end are enough, and the end is one id. With one beam the best is:
    # if that is the end, nothing goes on.
    greedy = beams == 1 and required is None
    best, ids = highest(logits, 1 if greedy else min(beams + 1, logits.shape[-1]))
    if required is not None:
        more = required.next(beam.ids, at, phrases)
        known = ops.any(more[..., None] == ids[:, :, None], axis=-1)
        place = ops.arange(ops.shape(more)[-1])  # the same id may begin two phrases
        earlier = ops.logical_and(more[..., None] == more[..., None, :], place < place[:, None])
        known = ops.logical_or(known, ops.any(earlier, axis=-1))
        value = ops.take_along_axis(logits, more, axis=-1)
        value = ops.where(ops.logical_or(known, more == 0), LOW, value)
        best, ids = ops.concatenate([best, value], -1), ops.concatenate([ids, more], -1)
        complete = required.complete(beam.ids, at, phrases)
        ends = ops.where(ops.logical_or(complete, last[:, None]), ends, LOW)
        ends = ops.where(complete, ends, ops.maximum(ends + LOW / 4, LOW))
    best = best + before[:, :, None]
    best = ops.where(ops.logical_or(ids == end, last[:, None, None]), LOW, best)
    choices = ops.shape(best)[2]
    best, ids = (ops.reshape(tensor, (-1, beams * choices)) for tensor in (best, ids))
    if required is None:
        total, place = (best, ops.zeros_like(ids)) if choices == 1 else ops.top_k(best, beams)
    else:
        parents = ops.arange(beams * choices, dtype="int32") // choices
        parents = ops.broadcast_to(parents, ops.shape(ids))
        place = shared_out(
            best, continued(beam.ids, at, ids, parents), at, beams, required, phrases
        )
        total = ops.take_along_axis(best, place, axis=1)
    place = ops.cast(place, "int32")
    token, parent = ops.take_along_axis(ids, place, axis=1), place // choices

    covered = beam.covered if read is None else beam.covered + ops.cast(read, "float32")
    rivals = total
    if required is not None:  # those that still have to say something are no rivals
        going = required.complete(continued(beam.ids, at, token, parent), at + 1, phrases)
        rivals = ops.where(going, total, LOW)
    better = count(rivals[:, None] > ends[:, :, None]) + count(ends[:, None] > ends[:, :, None])
    ending = ops.logical_and(better < beams, ends > LOW / 2)
    ending = ops.logical_and(ending, ops.logical_not(beam.done)[:, None])
    scores = normalised(ends, at + 1, covered, *penalties)
    # What lacks a phrase stays far below all others, however long it is.
    scores = ops.where(ends <= LOW / 8, ends, scores)
    scores = ops.concatenate([beam.scores, ops.where(ending, scores, LOW)], axis=1)
    finished = ops.concatenate([beam.finished, beam.ids], axis=1)
    scores, kept = ops.top_k(scores, beams)
    # Without the coverage, which may still grow. K finished sequences alone are no reason to stop:
    # where a model is sure, its end is among the K best long before anything is said.
    hope = normalised(ops.max(rivals, axis=1), at + 1, None, penalties[0], 0.0)
    worst = scores[:, -1]
    done = ops.logical_or(last, ops.logical_and(worst > LOW / 2, hope <= worst))

    new = Beam(
        total=total,
        ids=continued(beam.ids, at, token, parent),
        covered=take(covered, parent),
        scores=scores,
        finished=take(finished, kept),
        done=ops.logical_or(beam.done, done),
    )
    return new, token, parent


def highest(scores, count):
    """The best of the last axis, `(B, K, V) -> (B, K, count)`: their scores and int32 places.

    The best stand in the blocks with the best maxima: `top_k` over V is several times as slow.
    """
    width = scores.shape[-1]
    blocks = width // BLOCK
    if blocks <= count:
        best, place = ops.top_k(scores, count)
        return best, ops.cast(place, "int32")
    whole = blocks * BLOCK
    parts = ops.reshape(scores[..., :whole], (-1, BLOCK))
    tops = ops.reshape(ops.max(parts, axis=-1), (*ops.shape(scores)[:2], blocks))
    block = ops.cast(ops.top_k(tops, count)[1], "int32")
    first = ops.arange(ops.shape(parts)[0] // blocks, dtype="int32") * blocks
    rows = ops.reshape(first, (*ops.shape(block)[:2], 1)) + block
    few = (*ops.shape(block)[:2], count * BLOCK)
    some = ops.reshape(ops.take(parts, rows, axis=0), few)
    place = ops.reshape(block[..., None] * BLOCK + ops.arange(BLOCK, dtype="int32"), few)
    if whole < width:
        rest = ops.arange(whole, width, dtype="int32")
        rest = ops.broadcast_to(rest, (*few[:2], width - whole))
        some = ops.concatenate([some, scores[..., whole:]], axis=-1)
        place = ops.concatenate([place, rest], axis=-1)
    best, at = ops.top_k(some, count)
    return best, ops.take_along_axis(place, ops.cast(at, "int32"), axis=-1)


def continued(ids, at, token, parent):
    """Sequences `(B, N, L)`: those of the beams `parent` `(B, N)` with `token` at step `at`."""
    here = ops.arange(ops.shape(ids)[2], dtype="int32") == at
    return ops.where(here, token[:, :, None], take(ids, parent))


def shared_out(scores, ids, at, beams, required, phrases):
    """Places `(B, K)` of the candidates that go on: the best of each bank, then the second best.

    A bank is the candidates that have said as much of their phrases; where there are more banks
    than beams, those that have said most go first.
    """
    bank = required.met(ids, at + 1, phrases)
    # Equal scores are told apart by their place, so that ranks are whole orders.
    place = ops.arange(ops.shape(scores)[1], dtype="int32")
    first = ops.logical_and(scores[:, None] == scores[:, :, None], place < place[:, None])
    ahead = ops.logical_or(scores[:, None] > scores[:, :, None], first)  # (B, N, N)
    rank = count(ops.logical_and(ahead, bank[:, None] == bank[:, :, None]))
    rank = rank + ops.where(scores <= LOW / 2, ops.shape(scores)[1], 0)
    return ops.top_k(bank - rank * (required.most + 1), beams)[1]


def count(conditions):
    """How many of the last axis hold."""
    return ops.sum(ops.cast(conditions, "int32"), axis=-1)


def normalised(total, length, covered, length_penalty, coverage_penalty):
    """`log P / lp + cp`: Wu et al. 2016, equation 14.

    `lp = ((5 + length) / 6)^a`, with the end counted; `cp = b sum_s log(min(covered_s, 1))`.
    """
    length = ops.cast(length, "float32")
    score = total / ((5.0 + length) / 6.0) ** length_penalty
    if coverage_penalty:
        # What was not read at all, as far as float32 can tell, costs much, and not infinitely so.
        seen = ops.clip(covered, 1e-30, 1.0)
        score = score + coverage_penalty * ops.sum(ops.log(seen), axis=-1)
    return score


def take(tensor, beams):
    """Of each sentence the beams with those numbers: `(B, K, L)`, `(B, K')` -> `(B, K', L)`."""
    return ops.take_along_axis(tensor, ops.cast(beams, "int32")[:, :, None], axis=1)
