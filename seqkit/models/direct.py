"""All steps ahead at once, from what an encoder has read.

Shapes: B rows (windows, or windows times channels), L look-back, H horizon, C channels,
F features known in advance, D features of the encoder, P numbers for each value.
"""

import inspect

import keras
from keras import ops

from seqkit.checks import positive_int
from seqkit.configured import Configured

__all__ = ["Direct"]


@keras.saving.register_keras_serializable("seqkit")
class Direct(Configured, keras.layers.Layer):
    """Encoder, then a dense layer to the whole horizon; no error is fed back.

    What is known of the future is read step by step, beside what the encoder says of that step.
    The last layer starts at zero: what stands beside this one decides at first.

    Args:
        horizon: H.
        outputs: P.
        encoder: layer `(B, T, D) -> (B, T, D)` or `-> (B, D)`.
        patch: so many steps of the window are one step of the encoder (Nie et al. 2023); the
            oldest steps are left out where the window is no multiple.
        units: width of what is said of each step, where the future is known.
        dropout: on what the encoder says.

    Raises:
        ValueError: a size is no positive int.

    Example:
        >>> from seqkit.layers import Stack
        >>> layer = Direct(5, 2, Stack("gru", 8, return_sequences=False), patch=4)
        >>> layer(keras.ops.ones((3, 20, 1))).shape
        TensorShape([3, 5, 1, 2])
    """

    def __init__(self, horizon, outputs, encoder, *, patch=1, units=16, dropout=0.0, **kwargs):
        super().__init__(**kwargs)
        self.horizon = positive_int("horizon", horizon)
        self.outputs = positive_int("outputs", outputs)
        self.patch, self.units = positive_int("patch", patch), positive_int("units", units)
        self.encoder, self.dropout = encoder, dropout
        self.drop = keras.layers.Dropout(dropout)

    def build(self, values_shape, features_shape=None, future_shape=None):
        _, lookback, self.channels = values_shape
        width = self.channels + (features_shape[-1] if features_shape else 0)
        if lookback is not None and lookback < self.patch:
            raise ValueError(
                f"`patch` must not be longer than the window of {lookback} steps. "
                f"Received: patch={self.patch}"
            )
        time = None if lookback is None else lookback // self.patch
        shape = (None, time, width * self.patch)
        read = self.encoder(keras.KerasTensor(shape, dtype=self.compute_dtype)).shape
        step = self.channels * self.outputs
        if future_shape:
            self.spread = keras.layers.Dense(self.horizon * self.units, dtype=self.dtype_policy)
            self.spread.build((None, read[-1]))
            known = self.units + future_shape[-1]
            self.mix = keras.layers.Dense(2 * self.units, "relu", dtype=self.dtype_policy)
            self.mix.build((None, self.horizon, known))
            self.out = keras.layers.Dense(step, kernel_initializer="zeros", dtype="float32")
            self.out.build((None, self.horizon, 2 * self.units))
        else:
            self.out = keras.layers.Dense(
                self.horizon * step, kernel_initializer="zeros", dtype="float32"
            )
            self.out.build((None, read[-1]))

    def call(self, values, features=None, future=None, training=False):
        """Values `(B, L, C)`, features beside them `(B, L, F)`, future `(B, H, F)`.

        Returns:
            Raw numbers `(B, H, C, P)`.
        """
        x = values if features is None else ops.concatenate([values, features], axis=-1)
        if self.patch > 1:
            time = x.shape[1] // self.patch
            x = x[:, x.shape[1] - time * self.patch :]
            x = ops.reshape(x, (-1, time, self.patch * x.shape[-1]))
        takes = inspect.signature(self.encoder.call).parameters
        read = self.encoder(x, **({"training": training} if "training" in takes else {}))
        read = self.drop(read[:, -1] if len(read.shape) == 3 else read, training=training)
        if future is not None:
            steps = ops.reshape(ops.relu(self.spread(read)), (-1, self.horizon, self.units))
            read = self.mix(ops.concatenate([steps, ops.cast(future, steps.dtype)], axis=-1))
        return ops.reshape(self.out(read), (-1, self.horizon, self.channels, self.outputs))

    def compute_output_shape(self, values_shape, features_shape=None, future_shape=None):
        return (values_shape[0], self.horizon, values_shape[2], self.outputs)
