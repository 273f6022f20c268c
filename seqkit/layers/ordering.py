"""Masks, without a mask in the loop: valid steps first, then everything put back.

A step of a row counts as padding where the mask is False. The loop runs over each row's
valid steps, moved together and in order, so it never meets padding; outputs and last
states are then read off at the places they belong to.

Shapes: B batch, T time, D features, N units.
"""

from keras import ops

__all__ = ["Ordering", "travelling", "without_padding"]


def travelling(mask, x):
    """`mask`, or else the one that came along with `x`: beside a second tensor Keras drops it."""
    return getattr(x, "_keras_mask", None) if mask is None else mask


def without_padding(x, mask):
    """Zeros in masked steps of `(B, T, D)`. `where` and not a product: NaN times zero is NaN."""
    if mask is None or len(x.shape) < 3:
        return x
    return ops.where(ops.cast(mask, "bool")[:, :, None], x, 0)


class Ordering:
    """Where each step of a masked batch goes, and comes back from.

    Args:
        mask: bool `(B, T)`, any pattern: padding right, left, in between, or everywhere.
    """

    def __init__(self, mask):
        mask = ops.cast(ops.cast(mask, "bool"), "int32")  # of whole numbers, all but 0 count
        self.batch, self.time = ops.shape(mask)[0], ops.shape(mask)[1]
        self.rows = ops.expand_dims(ops.arange(self.batch, dtype="int32"), 1)
        # How many valid steps a row has had, this one included.
        self.rank = ops.cumsum(mask, axis=1)
        self.lengths = ops.sum(mask, axis=1)
        self.valid = ops.cast(mask, "bool")

    @property
    def steps(self):
        """The longest row's number of valid steps: a scalar."""
        return ops.max(self.lengths, initial=0)

    def gather(self, x):
        """`(B, T, D) -> (T, B, D)`: each row's valid steps first, zeros behind them."""
        moved = ops.where(self.valid, self.rank - 1, self.time)  # padding goes past the end
        flat = ops.reshape(moved * self.batch + self.rows, (-1,))
        source = ops.reshape(self.rows * self.time + ops.arange(self.time, dtype="int32"), (-1,))
        size = (self.time + 1) * self.batch
        # The place each step comes from; one past the end of `x` where there is none.
        places = ops.scatter(ops.expand_dims(flat, 1), source + 1, (size,))
        places = places[: self.time * self.batch] - 1
        rows = ops.take(ops.reshape(x, (-1, x.shape[-1])), ops.maximum(places, 0), axis=0)
        rows = ops.where(ops.expand_dims(places >= 0, 1), rows, ops.zeros_like(rows))
        return ops.reshape(rows, (self.time, self.batch, x.shape[-1]))

    def running(self):
        """Bool `(T, B, 1)`: whether a row still has steps to go, in the moved order."""
        steps = ops.expand_dims(ops.arange(self.time, dtype="int32"), 1)
        return ops.expand_dims(steps < ops.expand_dims(self.lengths, 0), 2)

    def scatter(self, history, zero_output_for_mask):
        """`(T + 1, B, N) -> (B, T, N)`: padding repeats the output before it, or gives zeros.

        The first entry of a history is the initial state.
        """
        outputs = self.look_up(history, self.rank * self.batch + self.rows)
        known = self.valid if zero_output_for_mask else self.rank > 0
        return ops.where(ops.expand_dims(known, 2), outputs, ops.zeros_like(outputs))

    def last(self, history):
        """`(T + 1, B, N) -> (B, N)`: the state after each row's last valid step."""
        return self.look_up(history, self.lengths * self.batch + self.rows[:, 0])

    def look_up(self, history, places):
        rows = ops.reshape(history, (-1, history.shape[-1]))
        found = ops.take(rows, ops.reshape(places, (-1,)), axis=0)
        return ops.reshape(found, (*ops.shape(places), history.shape[-1]))
