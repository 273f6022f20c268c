"""The best paths through a chain.

No pointers are kept on the way forward: the way back finds again, for one tag only, which
tag before it was the best.

Shapes: B batch, T time, C tags, K paths; `S = C + 1` states, see `potentials.closed`.
"""

from keras import ops

from seqkit.checks import positive_int
from seqkit.layers.chain.potentials import IMPOSSIBLE, closed
from seqkit.layers.chain.walk import walk

__all__ = ["k_best", "viterbi"]


def viterbi(chain):
    """The best path (Viterbi 1967).

    Args:
        chain: `Chain`.

    Returns:
        Tags, int32 `(B, T)`, 0 at steps that do not count; and scores, float `(B,)`, below
        -1e29 where every path is forbidden.

    Example:
        >>> import numpy as np
        >>> from seqkit.layers.chain import Chain
        >>> emissions, none = np.array([[[1.0, 0.0], [0.2, 0.0]]]), np.zeros(2)
        >>> stay_away = np.array([[-5.0, 0.0], [0.0, -5.0]])
        >>> tags, score = viterbi(Chain(emissions, np.ones((1, 2)), stay_away, none, none))
        >>> tags.numpy().tolist(), float(score[0])
        ([[0, 1]], 1.0)
    """
    e, m, moves, first = closed(chain)
    batch, states = ops.shape(e)[1], e.shape[-1]
    into = ops.transpose(moves)

    def forwards(now, product, best):
        # Without `initial` TensorFlow asserts in every step that there is something.
        arrived = ops.max((best + now["e"])[:, None, :] + into, axis=-1, initial=2 * IMPOSSIBLE)
        return [ops.where(now["m"] > 0, arrived, best)]

    start = ops.broadcast_to(first, (batch, states))
    (best,), (last,) = walk(forwards, {"e": e, "m": m}, [start], keep=[True])

    def back(now, product, after):
        towards = ops.take(into, ops.cast(after[:, 0], "int32"), axis=0)
        tag = ops.argmax(now["best"] + towards, axis=-1)[:, None]
        return [ops.where(now["m"] > 0, ops.cast(tag, after.dtype), after)]

    boundary = ops.full((batch, 1), states - 1, dtype=e.dtype)
    (tags,), _ = walk(
        back, {"best": best[:-1] + e, "m": m}, [boundary], keep=[True], backwards=True
    )
    tags = ops.where(m > 0, tags[:-1], 0)
    return ops.cast(ops.transpose(tags[:, :, 0]), "int32"), last[:, -1]


def k_best(chain, k):
    """The `k` best paths, the best first.

    Args:
        chain: `Chain`.
        k: how many, static.

    Returns:
        Tags, int32 `(B, K, T)`, 0 at steps that do not count; and scores, float `(B, K)`,
        `-inf` where a sentence has fewer paths than that.

    Raises:
        ValueError: if `k` is no positive int.

    Example:
        >>> import numpy as np
        >>> from seqkit.layers.chain import Chain
        >>> none = np.zeros(2)
        >>> chain = Chain(np.array([[[2.0, 1.0]]]), np.ones((1, 1)), np.zeros((2, 2)), none, none)
        >>> k_best(chain, 2)[0].numpy().tolist()
        [[[0], [1]]]
    """
    k = positive_int("k", k)
    e, m, moves, first = closed(chain)
    batch, states = ops.shape(e)[1], e.shape[-1]
    into = ops.repeat(ops.transpose(moves), k, axis=1)  # (S, S K)
    e = ops.repeat(e, k, axis=-1)  # a place for each of the K best of a state

    def forwards(now, product, best):
        arrived = ops.top_k((best + now["e"])[:, None, :] + into, k)[0]  # (B, S, K)
        return [ops.where(now["m"] > 0, ops.reshape(arrived, (-1, states * k)), best)]

    start = ops.pad(first[:, None], [[0, 0], [0, k - 1]], constant_values=IMPOSSIBLE)
    start = ops.broadcast_to(ops.reshape(start, (1, -1)), (batch, states * k))
    (best,), (last,) = walk(forwards, {"e": e, "m": m}, [start], keep=[True])

    def back(now, product, after, rank):
        towards = ops.take(into, ops.cast(after, "int32"), axis=0)  # (B, K, S K)
        # The same numbers as on the way forward, so that ties fall alike.
        places = ops.top_k(now["best"][:, None, :] + towards, k)[1]
        place = ops.take_along_axis(places, ops.cast(rank, "int32")[:, :, None], axis=2)[:, :, 0]
        tag, own = ops.cast(place // k, after.dtype), ops.cast(place % k, after.dtype)
        counts = now["m"] > 0
        return [ops.where(counts, tag, after), ops.where(counts, own, rank)]

    boundary = ops.full((batch, k), states - 1, dtype=e.dtype)
    ranks = ops.broadcast_to(ops.arange(k, dtype=e.dtype), (batch, k))
    (tags, _), _ = walk(
        back,
        {"best": best[:-1] + e, "m": m},
        [boundary, ranks],
        keep=[True, False],
        backwards=True,
    )
    tags = ops.cast(ops.where(m > 0, tags[:-1], 0), "int32")
    scores = last[:, -k:]
    scores = ops.where(scores < IMPOSSIBLE / 2, -float("inf"), scores)
    return ops.transpose(tags, (1, 2, 0)), scores
