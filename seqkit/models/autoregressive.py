"""One step ahead at a time, each fed back: what comes is read like what has been.

Shapes: B rows (windows, or windows times channels), L look-back, H horizon, C channels,
F features known in advance, P numbers for each value.
"""

import keras
from keras import ops

from seqkit.checks import positive_int
from seqkit.configured import Configured
from seqkit.layers.stack import Stack

__all__ = ["Autoregressive"]


@keras.saving.register_keras_serializable("seqkit")
class Autoregressive(Configured, keras.layers.Layer):
    """A recurrent net that reads the last value and says the next (Salinas et al. 2020, DeepAR).

    In training it reads the true values of the horizon; afterwards its own, drawn at random for
    paths or its means. The loop over the horizon is compiled, whatever its length.

    Args:
        horizon: H.
        outputs: P.
        encoder: `seqkit.layers.Stack` that reads forward and returns sequences and states.

    Raises:
        ValueError: the encoder is none such.

    Example:
        >>> stack = Stack("gru", 8, return_state=True)
        >>> layer = Autoregressive(5, 2, stack)
        >>> layer(keras.ops.ones((3, 20, 1)), teacher=keras.ops.ones((3, 5, 1))).shape
        TensorShape([3, 5, 1, 2])
    """

    def __init__(self, horizon, outputs, encoder, **kwargs):
        super().__init__(**kwargs)
        horizon, outputs = positive_int("horizon", horizon), positive_int("outputs", outputs)
        forward = isinstance(encoder, Stack) and not encoder.bidirectional
        if not (forward and encoder.return_sequences and encoder.return_state):
            raise ValueError(
                "`encoder` must be a Stack with return_state=True that reads forward only: the "
                f"future is not there to be read. Received: {encoder!r}"
            )
        self.horizon, self.outputs, self.encoder = horizon, outputs, encoder

    def build(self, values_shape, future_shape=None, teacher_shape=None):
        self.channels = values_shape[-1]
        width = self.channels + (future_shape[-1] if future_shape else 0)
        shape = (None, None, width)
        read = self.encoder(keras.KerasTensor(shape, dtype=self.compute_dtype))[0].shape
        self.out = keras.layers.Dense(
            self.channels * self.outputs, kernel_initializer="zeros", dtype="float32"
        )
        self.out.build(read)

    def call(self, values, future=None, teacher=None, training=False):
        """Values `(B, L, C)`, future `(B, L + H, F)`, teacher `(B, H, C)`.

        Returns:
            Raw numbers `(B, H, C, P)` for the horizon, each after the true values before it.
        """
        past = ops.concatenate([values, teacher[:, :-1]], axis=1)
        if future is not None:
            past = ops.concatenate([past, future[:, 1:]], axis=-1)  # of the step that comes next
        read = self.encoder(past, training=training)[0][:, values.shape[1] - 1 :]
        return ops.reshape(self.out(read), (-1, self.horizon, self.channels, self.outputs))

    def roll_out(self, values, future, decide, paths=1):
        """Feeds back what `decide` makes of each step.

        Args:
            values: `(B, L, C)`.
            future: `(B, L + H, F)`, or `None`.
            decide: function of the number of the step and raw numbers `(B, C, P)` to the next
                value `(B, C)`; B is `paths` times the rows of `values`.
            paths: how many futures of each row; the past is read once.

        Returns:
            The values that were fed back, `(B, H, C)`.
        """
        length, horizon = values.shape[1], self.horizon
        past = values
        if future is not None:
            past = ops.concatenate([values, future[:, 1 : length + 1]], axis=-1)
        read, *states = self.encoder(past)
        raw = ops.repeat(self.step_out(read[:, -1]), paths, axis=0)
        states = [ops.repeat(state, paths, axis=0) for state in states]
        fed = ops.zeros((horizon, ops.shape(raw)[0], self.channels), dtype=raw.dtype)
        ahead = None
        if future is not None:
            ahead = ops.repeat(ops.swapaxes(future[:, length:], 0, 1), paths, axis=1)

        def step(k, raw, fed, *states):
            value = decide(k, raw)
            here = ops.equal(ops.arange(horizon), k)
            fed = ops.where(here[:, None, None], value[None], fed)
            x = ops.cast(value, values.dtype)
            if ahead is not None:
                known = ops.take(ahead, ops.minimum(k + 1, horizon - 1), axis=0)
                x = ops.concatenate([x, known], axis=-1)
            read, *states = self.encoder(x[:, None], initial_state=list(states))
            return (k + 1, self.step_out(read[:, 0]), fed, *states)

        start = (ops.convert_to_tensor(0, "int32"), raw, fed, *states)
        done = ops.while_loop(lambda k, *_: k < horizon, step, start)
        return ops.swapaxes(done[2], 0, 1)

    def step_out(self, read):
        return ops.reshape(self.out(read), (-1, self.channels, self.outputs))

    def compute_output_shape(self, values_shape, future_shape=None, teacher_shape=None):
        return (values_shape[0], self.horizon, values_shape[2], self.outputs)
