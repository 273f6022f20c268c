"""What every decoder offers, so that one search works with all: begin, step, reorder.

Shapes: B memories, R rows that are written (as many for each memory, side by side), S steps
of a memory, D input features, N units.
"""

import keras
from keras import ops

from seqkit.layers.precision import wide

__all__ = ["Decoder"]


class Decoder:
    """Base of the layers that write a sequence while they read a memory.

    A call on a whole sequence, `decoder(x, memory, ...)`, trains it. Step by step it gives
    the same:

        read, state = decoder.begin(memory, memory_mask)
        state = decoder.grow(state, steps=8)            # room for steps 0 to 7
        output, state = decoder.step(x, read, state, 0)
        state = decoder.reorder(state, rows)            # rows that go on, again and again

    `read` is what the memory is to every step: computed once, and for each memory, not for
    each row. `state` is what a row has written: every tensor in it has R rows.
    """

    def begin(self, memory, memory_mask=None, states=None, rows=1):
        """What is read, and the state before the first step.

        Args:
            memory: `(B, S, M)`, outputs of the encoder.
            memory_mask: bool `(B, S)`.
            states: list of what the encoder ended in, or None where it has no states.
            rows: int, how many rows of each memory; `R = B * rows`.

        Returns:
            `(read, state)`, structures of tensors.
        """
        raise NotImplementedError

    def step(self, x, read, state, at):
        """One step: `x` `(R, D)`, number `at` (int, or int32 scalar) -> `(R, N)` and the state."""
        return self.advance(x, read, state, at)[:2]

    def advance(self, x, read, state, at, weights=False):
        """`step`, which also gives what is read, `(R, S)`, or None: no attention, not asked."""
        raise NotImplementedError

    def compute_output_spec(self, x, memory, *_, return_weights=False, **__):
        shape = self.compute_output_shape(x.shape)
        output = keras.KerasTensor(shape, dtype=self.compute_dtype)
        if not return_weights:
            return output
        return output, self.weights_spec(x, memory)

    def weights_spec(self, x, memory):
        """What `return_weights` adds for an `x` and a `memory` without values."""
        shape = (*x.shape[:2], memory.shape[1])
        return keras.KerasTensor(shape, dtype=wide(self.compute_dtype))

    def grow(self, state, steps):
        """The state with room for that many steps (int), if it needs any."""
        return state

    def reorder(self, state, rows):
        """The state of the rows with those numbers, int `(R',)`."""
        return keras.tree.map_structure(lambda tensor: ops.take(tensor, rows, axis=0), state)
