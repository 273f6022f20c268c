"""Beam search and greedy search over any decoder, in one compiled loop.

Not by KerasHub's samplers, which know no penalty for length or coverage, no phrases to require or
to forbid, and compute every sentence until the longest of its batch is done.

Shapes: B sentences, K beams, R = B * K rows, V ids, L steps, S steps of the source.
"""

import dataclasses

import keras
from keras import ops

from seqkit.checks import int_from
from seqkit.decoding import beam as beams_
from seqkit.decoding.beam import Beam

__all__ = ["Search", "search"]

# Room for the first steps, and how much more there is each time it runs out; where shapes are
# fixed, twice as much, since each is a loop of its own.
ROOM = 8


@keras.saving.register_keras_serializable("seqkit")
@dataclasses.dataclass(frozen=True)
class Search:
    """How to look for the most probable sequences.

    Args:
        beams: int K. 1 is greedy search.
        length_penalty: float a, how much longer sequences are favoured; 0 compares plain
            log-probabilities (Wu et al. 2016, equation 14).
        coverage_penalty: float b, what it costs to leave parts of the source unread (the same).
        no_repeat: int n; no sequence holds the same n ids in a row twice. 0 for any.

    Raises:
        ValueError: an argument out of range.

    Example:
        >>> Search(beams=5).beams
        5
    """

    beams: int = 1
    length_penalty: float = 1.0
    coverage_penalty: float = 0.0
    no_repeat: int = 0

    def __post_init__(self):
        for name, least in (("beams", 1), ("no_repeat", 0)):
            object.__setattr__(self, name, int_from(name, getattr(self, name), least))
        for name in ("length_penalty", "coverage_penalty"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not value >= 0:
                raise ValueError(f"`{name}` must not be negative. Received: {name}={value!r}")

    def get_config(self):
        return dataclasses.asdict(self)

    @classmethod
    def from_config(cls, config):
        return cls(**config)

    branches = True  # a sequence may go on in several ways

    def advance(self, beam, logits, log_sum, at, **options):
        """One step on, see `beam.advance`."""
        options.pop("draws")
        penalties = self.length_penalty, self.coverage_penalty
        return beams_.advance(beam, logits, log_sum, at, penalties=penalties, **options)


def search(
    decoder,
    read,
    state,
    *,
    limit,
    how,
    start,
    end,
    longest,
    source=0,
    constraints=(),
    required=None,
    draws=None,
):
    """The K best sequences of each sentence, or K that are drawn.

    The room for ids and caches grows as sequences do. In a TensorFlow graph with open
    shapes, sentences that are done leave the loop once they are the greater part; where
    shapes are fixed they stay until all are done.

    Args:
        decoder: has `step(ids (R,), read, state, at, weights) -> (logits (R, V) float32, state,
            weights (R, S) or None)`, `grow(state, room)` and `reorder(state, rows)`.
        read: structure of tensors, the first axis B; what each step reads.
        state: structure of tensors, the first axis R; what each row carries.
        limit: int32 `(B,)`, most ids of a sequence, the end included.
        how: `Search` or `Sampling`.
        start, end: int, ids of the beginning and the end.
        longest: int, the most that `limit` may be; where shapes are open nothing hangs on it.
        source: bool `(B, S)`, the steps of the source that count, for a coverage penalty.
        constraints: objects with `apply(logits (B, K, V), ids (B, K, L), at, own)` and `own`, a
            structure of tensors with the first axis B.
        required: `constraints.Required`, phrases that have to stand in a sequence, or None.
        draws: `(B, K, L)` float32, uniform in [0, 1), for `Sampling`.

    Returns:
        ids `(B, K, L)` int32, 0 behind the last, and scores `(B, K)` float32, best first. The
        end is left out. Where fewer than K sequences are possible the others score `LOW`.
    """
    beams, batch = how.beams, ops.shape(limit)[0]
    coverage = how.coverage_penalty > 0

    def unfinished(sentences):
        return ops.sum(ops.cast(ops.logical_not(Beam(*sentences[0]).done), "int32"))

    def step(at, sentences, state, tokens):
        tensors, read, limit, own, (phrases, drawn) = sentences[:5]
        beam = Beam(*tensors)
        logits, state, seen = decoder.step(ops.reshape(tokens, (-1,)), read, state, at, coverage)
        log_sum = ops.reshape(ops.logsumexp(logits, axis=-1), (-1, beams))
        logits = ops.reshape(logits, (-1, beams, logits.shape[-1]))
        if coverage and seen is not None:
            seen = ops.reshape(seen, (-1, beams, ops.shape(seen)[-1]))
        for constraint, mine in zip(constraints, own, strict=True):
            logits = constraint.apply(logits, beam.ids, at, mine)
        options = {"end": end, "last": at >= limit - 1, "draws": drawn}
        if how.branches:
            options |= {"read": seen if coverage else None}
            options |= {"required": required, "phrases": phrases}
        beam, tokens, parent = how.advance(beam, logits, log_sum, at, **options)
        if how.branches and beams > 1:
            state = decoder.reorder(state, rows_of(parent, beams))
        return at + 1, (beam.tensors(), *sentences[1:]), state, tokens

    def stretch(room, at, sentences, state, tokens, patience):
        """Runs until the room is used up, or as few as `patience` of the sentences go on."""
        beam = beams_.grow(Beam(*sentences[0]), room)
        sentences, state = (beam.tensors(), *sentences[1:]), decoder.grow(state, room)

        def going_on(at, sentences, *_):
            return ops.logical_and(at < room, unfinished(sentences) > patience)

        return ops.while_loop(going_on, step, (at, sentences, state, tokens))

    nothing = ops.zeros((batch, 0), "int32")
    beam = beams_.begin(batch, beams, 0, source if coverage else nothing, branches=how.branches)
    phrases = nothing if required is None else required.own
    given = (
        read,
        limit,
        [c.own for c in constraints],
        (phrases, nothing if draws is None else draws),
    )
    sentences = (beam.tensors(), *given)
    tokens = ops.full((batch, beams), start, "int32")
    at = ops.convert_to_tensor(0, "int32")
    if isinstance(batch, int):
        room = 0
        while room < longest:
            room = min(max(2 * room, ROOM), longest)
            at, sentences, state, tokens = stretch(room, at, sentences, state, tokens, 0)
        beam = Beam(*sentences[0])
        return beam.finished, beam.scores

    def leave(room, at, sentences, state, tokens, ids, scores):
        few = ops.shape(tokens)[0] // 2
        at, sentences, state, tokens = stretch(room, at, sentences, state, tokens, few)
        beam, place = Beam(*sentences[0]), sentences[-1]
        scores = ops.scatter_update(scores, place[:, None], beam.scores)
        ids = ops.scatter_update(beams_.longer(ids, room), place[:, None], beam.finished)
        left = ops.cast(ops.nonzero(ops.logical_not(beam.done))[0], "int32")
        sentences, tokens = keras.tree.map_structure(
            lambda tensor: ops.take(tensor, left, axis=0), (sentences, tokens)
        )
        rows = left[:, None] * beams + ops.arange(beams, dtype="int32")
        state = decoder.reorder(state, ops.reshape(rows, (-1,)))
        return ops.where(at < room, room, room + ROOM), at, sentences, state, tokens, ids, scores

    room = ops.maximum(batch * 0, ROOM)  # not known to the graph, so that it may change
    sentences = (beams_.grow(beam, room).tensors(), *given, ops.arange(batch))
    state = decoder.grow(state, room)
    ids, scores = Beam(*sentences[0]).finished, Beam(*sentences[0]).scores
    results = ops.while_loop(
        lambda room, at, sentences, state, tokens, *_: ops.shape(tokens)[0] > 0,
        leave,
        (room, at, sentences, state, tokens, ids, scores),
    )
    return results[-2:]


def rows_of(parent, beams):
    """Beams `(B, K)` of each sentence as numbers of rows, `(B * K,)`."""
    first = ops.arange(ops.shape(parent)[0], dtype="int32")[:, None] * beams
    return ops.reshape(first + parent, (-1,))
