"""A loss that is not a number ends training at once."""

import math

import keras

__all__ = ["DivergenceError", "StopOnNaN"]


class DivergenceError(ArithmeticError):
    """Training was stopped because the loss was NaN or infinite."""


class StopOnNaN(keras.callbacks.Callback):
    """Raises `DivergenceError` at the first batch whose loss is NaN or infinite.

    Keras trains on, and one such step makes every weight NaN.

    Example:
        >>> StopOnNaN().on_train_batch_end(0, {"loss": 0.7})
    """

    def on_train_batch_end(self, batch, logs=None):
        loss = (logs or {}).get("loss")
        if loss is not None and not math.isfinite(loss):
            raise DivergenceError(
                f"The loss became {loss} at batch {batch + 1} of the epoch. Usual causes: a "
                "learning rate that is too high, no gradient clipping (`global_clipnorm` of "
                "the optimizer), or NaN in the data."
            )
