"""A loss that is not a number ends training at once."""

import math

import keras

__all__ = ["DivergenceError", "StopOnNaN"]


CAUSES = (
    "Usual causes: a learning rate that is too high, no gradient clipping (`global_clipnorm` of "
    "the optimizer), or NaN in the data."
)


class DivergenceError(ArithmeticError):
    """Training was stopped because the loss or a weight was NaN or infinite."""


class StopOnNaN(keras.callbacks.Callback):
    """Raises `DivergenceError` at the first batch whose loss is NaN or infinite.

    Keras trains on, and one such step makes every weight NaN. The loss of a batch is that of the
    weights before its step, so that the weights too are looked at after the last step of an epoch.

    Example:
        >>> StopOnNaN().on_train_batch_end(0, {"loss": 0.7})
    """

    def on_train_batch_end(self, batch, logs=None):
        loss = (logs or {}).get("loss")
        if loss is not None and not math.isfinite(loss):
            raise DivergenceError(
                f"The loss became {loss} at batch {batch + 1} of the epoch. {CAUSES}"
            )

    def on_epoch_end(self, epoch, logs=None):
        for variable in self.model.trainable_variables:
            if not keras.ops.all(keras.ops.isfinite(variable)):
                raise DivergenceError(
                    f"{variable.path} is no longer finite after the last batch of epoch "
                    f"{epoch + 1}. {CAUSES}"
                )
