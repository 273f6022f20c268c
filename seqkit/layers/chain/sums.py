"""Sums over all paths of a chain: forward and backward, and the gradient taken from them.

The sums run over probabilities, one matrix product a step, each step scaled anew. Where the
scores lie so far apart that float32 could lose a path that counts, which is checked after
the loop, they run once more over logarithms.

Shapes: B batch, T time, C tags; `S = C + 1` states, see `potentials.closed`.
"""

from keras import ops

from seqkit.layers.chain.potentials import FORBIDDEN, IMPOSSIBLE, closed
from seqkit.layers.chain.walk import walk

__all__ = ["log_partition", "marginals"]

TINY = 1e-37
# exp(-80) is a normal number in float32, and still is after a division by 100 tags.
REACH = -80.0


def log_partition(chain, allowed=None):
    """`log Σ_y exp(score(y))` over all paths.

    Its gradient by the emissions is `marginals`, and is computed so: forward, backward.

    Args:
        chain: `Chain`.
        allowed: bool `(B, T, C)` or None. Only paths of tags that are True count; steps
            outside the mask are free.

    Returns:
        Float `(B,)`: 0 for a row of padding, `FORBIDDEN` where no path is left.

    Example:
        >>> import numpy as np
        >>> from seqkit.layers.chain import Chain
        >>> none = np.zeros(2)
        >>> chain = Chain(np.zeros((1, 3, 2)), np.ones((1, 3)), np.zeros((2, 2)), none, none)
        >>> round(float(np.exp(log_partition(chain)[0])))
        8
    """
    e, m, moves, first = closed(chain, allowed)

    @ops.custom_gradient
    def total(e, m, moves, first):
        chances = Chances(e, m, moves, first)
        value = ops.cond(chances.exact, chances.total, lambda: Logs(e, m, moves, first).total())

        def gradient(*upstream, **named):
            (upstream,) = upstream or (named["upstream"],)
            by_e, by_moves, by_first = expectations(chances, upstream)
            return by_e, ops.zeros_like(m), by_moves, by_first

        return value, gradient

    return total(e, m, moves, first)


def marginals(chain):
    """The probability of each tag at each step, over all paths.

    Args:
        chain: `Chain`.

    Returns:
        Float `(B, T, C)`; each step that counts sums to 1, the others are 0.
    """
    e, m, moves, first = closed(chain)
    weight = ops.ones((ops.shape(e)[1],), dtype=e.dtype)
    used = expectations(Chances(e, m, moves, first), weight)[0]
    return ops.transpose(used, (1, 0, 2))[:, :, :-1]


def expectations(chances, weight):
    """How often each emission, move and start is used, paths weighted by probability.

    Args:
        chances: `Chances`.
        weight: float `(B,)`, of each sentence.

    Returns:
        `(T, B, S)`, and summed over the batch `(S, S)` and `(S,)`.
    """
    messages, exact = chances.backward()
    logs = Logs(*chances.given)
    return ops.cond(
        exact,
        lambda: chances.expectations(messages, weight),
        lambda: logs.expectations(weight),
    )


class Chances:
    """Forward and backward over probabilities."""

    def __init__(self, e, m, moves, first):
        self.given = e, m, moves, first
        self.m, self.first = m, first
        self.highest = ops.max(e, axis=-1, keepdims=True, initial=IMPOSSIBLE)
        self.f = odds(e, self.highest)
        self.shift = ops.max(moves)
        self.moves = odds(moves, self.shift)
        self.shift_first = ops.maximum(ops.max(first), 0)
        self.arrivals = self.forward()
        # What a step does with what arrived: weigh by the emission, make it sum to one.
        self.weighed = self.arrivals[:-1] * self.f
        self.scale = ops.maximum(ops.sum(self.weighed, axis=-1, keepdims=True), TINY)
        self.exact = self.nothing_lost()

    def forward(self):
        """What arrives at each step from the steps before it, `(T + 1, B, S)`."""

        def step(now, product, arrived):
            weighed = arrived * now["f"]
            share = weighed / ops.maximum(ops.sum(weighed, axis=-1, keepdims=True), TINY)
            return [ops.where(now["m"] > 0, product("moves", share), arrived)]

        start = odds(self.first, self.shift_first)
        start = ops.broadcast_to(start, (ops.shape(self.f)[1], start.shape[0]))
        inputs = {"f": self.f, "m": self.m}
        (arrivals,), _ = walk(step, inputs, [start], {"moves": self.moves}, keep=[True])
        return arrivals

    def nothing_lost(self):
        """Whether every number that is not zero by right was far from underflow."""
        e, m, moves, first = self.given
        spread_of_moves = self.shift - lowest(moves, self.shift)
        arrived = self.arrivals[:-1]
        counts = ops.logical_and(ops.logical_and(arrived > 0, possible(e)), m > 0)
        share = ops.log(ops.where(counts, arrived, 1)) + ops.where(counts, e - self.highest, 0)
        enough = ops.min(share, initial=0) - spread_of_moves >= REACH
        near = lowest(first, self.shift_first) - self.shift_first >= REACH
        reached = ops.all(self.arrivals[-1, :, -1] > TINY)
        return ops.logical_and(ops.logical_and(enough, near), reached)

    def total(self):
        m = self.m
        steps = ops.sum(m * (ops.log(self.scale) + self.highest + self.shift), axis=0)[:, 0]
        return self.shift_first + steps + ops.log(ops.maximum(self.arrivals[-1, :, -1], TINY))

    def backward(self):
        """What is to come as each step sees it, up to a factor, `(T + 1, B, S)`; exact or not."""
        e, m, moves, _ = self.given

        def step(now, product, message, ahead):
            ahead = product("moves", message)
            new = now["f"] * ahead
            new = new / ops.maximum(ops.max(new, axis=-1, keepdims=True, initial=0), TINY)
            return [ops.where(now["m"] > 0, new, message), ahead]

        size = self.f.shape[-1]
        end = ops.one_hot(size - 1, size, dtype=self.f.dtype)
        end = ops.broadcast_to(end, (ops.shape(self.f)[1], size))
        back = {"moves": ops.transpose(self.moves)}
        inputs = {"f": self.f, "m": self.m}
        (messages, ahead), _ = walk(
            step, inputs, [end, ops.zeros_like(end)], back, keep=[True, True], backwards=True
        )
        counts = ops.logical_and(ops.logical_and(ahead[:-1] > 0, possible(e)), m > 0)
        share = ops.log(ops.where(counts, ahead[:-1], 1)) + ops.where(counts, e - self.highest, 0)
        enough = ops.min(share, initial=0) >= REACH
        smallest = ops.log(ops.min(ops.where(messages > 0, messages, 1), initial=1))
        near = smallest - (self.shift - lowest(moves, self.shift)) >= REACH
        meet = ops.min(ops.sum(self.arrivals * messages, axis=-1), initial=1) > 1e-30
        kept = ops.logical_and(ops.logical_and(enough, near), meet)
        return messages, ops.logical_and(self.exact, kept)

    def expectations(self, messages, weight):
        m, weight = self.m, weight[None, :, None]
        met = self.arrivals * messages
        norm = ops.maximum(ops.sum(met, axis=-1, keepdims=True), TINY)
        used = weight * met / norm
        size = self.f.shape[-1]
        left = ops.reshape(weight * m * self.weighed / self.scale, (-1, size))
        right = ops.reshape((messages / norm)[1:], (-1, size))
        pairs = self.moves * (ops.transpose(left) @ right)
        return m * used[:-1], pairs, ops.sum(used[0], axis=0)


class Logs:
    """The same over logarithms: slower, and right wherever the scores lie."""

    def __init__(self, e, m, moves, first):
        self.e, self.m, self.moves, self.first = e, m, moves, first

    def forward(self):
        """What arrives at each step, its highest taken off, `(T + 1, B, S)`; the total."""

        def step(now, product, arrived, scale):
            new = log_sum((arrived + now["e"])[:, :, None] + self.moves, axis=1)
            highest = ops.max(new, axis=-1, keepdims=True, initial=IMPOSSIBLE)
            counts = now["m"] > 0
            return [
                ops.where(counts, new - highest, arrived),
                scale + ops.where(counts, highest, 0),
            ]

        batch = ops.shape(self.e)[1]
        start = ops.broadcast_to(self.first, (batch, self.first.shape[0]))
        scale = ops.zeros((batch, 1), dtype=self.e.dtype)
        inputs = {"e": self.e, "m": self.m}
        (arrivals, _), (_, scale) = walk(step, inputs, [start, scale], keep=[True, False])
        return arrivals, arrivals[-1, :, -1] + scale[:, 0]

    def total(self):
        total = self.forward()[1]
        return ops.where(possible(total), total, ops.full_like(total, FORBIDDEN))

    def expectations(self, weight):
        arrivals, total = self.forward()
        # No path, no gradient: what is left of the scores beside IMPOSSIBLE says nothing.
        weight = (weight * ops.cast(possible(total), weight.dtype))[:, None]
        size = self.e.shape[-1]

        def step(now, product, message, pairs):
            paths = (now["a"] + now["e"])[:, :, None] + self.moves + message[:, None, :]
            used = weight * now["m"] * shares(ops.reshape(paths, (-1, size * size)))
            new = now["e"] + log_sum(self.moves + message[:, None, :], axis=2)
            new = new - ops.max(new, axis=-1, keepdims=True, initial=IMPOSSIBLE)
            return [ops.where(now["m"] > 0, new, message), pairs + used]

        end = ops.where(ops.arange(size) == size - 1, 0.0, IMPOSSIBLE)
        batch = ops.shape(self.e)[1]
        end = ops.broadcast_to(ops.cast(end, self.e.dtype), (batch, size))
        pairs = ops.zeros((batch, size * size), dtype=self.e.dtype)
        inputs = {"a": arrivals[:-1], "e": self.e, "m": self.m}
        (messages, _), (_, pairs) = walk(
            step, inputs, [end, pairs], keep=[True, False], backwards=True
        )
        used = weight * shares(arrivals + messages)
        pairs = ops.reshape(ops.sum(pairs, axis=0), (size, size))
        return self.m * used[:-1], pairs, ops.sum(used[0], axis=0)


def possible(x):
    return x > IMPOSSIBLE / 2


def odds(x, highest):
    """`exp(x - highest)`, and 0 where x is impossible, highest or not."""
    return ops.where(possible(x), ops.exp(ops.where(possible(x), x - highest, 0)), 0)


def lowest(x, highest):
    return ops.min(ops.where(possible(x), x, highest))


def log_sum(x, axis):
    highest = ops.max(x, axis=axis, keepdims=True, initial=IMPOSSIBLE)
    total = ops.log(ops.sum(ops.exp(x - highest), axis=axis))
    return ops.maximum(ops.squeeze(highest, axis) + total, IMPOSSIBLE)


def shares(x):
    """Softmax over the last axis; zeros where all is impossible."""
    chances = ops.exp(x - ops.max(x, axis=-1, keepdims=True, initial=IMPOSSIBLE))
    return chances / ops.maximum(ops.sum(chances, axis=-1, keepdims=True), TINY)
