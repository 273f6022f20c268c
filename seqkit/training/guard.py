"""Training that ends well: at its best epoch, at Ctrl-C, at NaN."""

import contextlib

import keras

from seqkit.training.averaging import AverageWeights
from seqkit.training.diverged import DivergenceError, StopOnNaN
from seqkit.training.keep_best import KeepBest
from seqkit.training.preview import Preview
from seqkit.training.resume import Resume

__all__ = ["guarded"]


@contextlib.contextmanager
def guarded(callbacks, *, validated):
    """Adds to `callbacks` what keeps the best epoch, and deals with Ctrl-C and NaN.

    A `Preview` comes first, for its figure; `AverageWeights` after what puts the best epoch
    back; `Resume` last, for it writes down what the others know.

    Args:
        callbacks: the user's callbacks. One that stops early (`KeepBest`,
            `keras.callbacks.EarlyStopping`) replaces the early stopping here.
        validated: whether there is validation data to go by.

    Yields:
        The list of callbacks to give to `keras.Model.fit` inside the context.

    Raises:
        DivergenceError: if the loss or a weight is NaN or infinite; the model holds its best epoch
            then.
        KeyboardInterrupt: goes on its way after the best epoch, if one was finished, has been
            put into the model and written to a file.

    Example:
        >>> with guarded([], validated=False) as callbacks:
        ...     [type(callback).__name__ for callback in callbacks]
        ['StopOnNaN', 'KeepBest']
    """
    keeper = next((own for own in callbacks if isinstance(own, KeepBest)), None)
    if keeper is None:
        theirs = any(isinstance(own, keras.callbacks.EarlyStopping) for own in callbacks)
        in_charge = validated and not theirs
        keeper = KeepBest(patience=2 if in_charge else None, restore=in_charge)
        callbacks = [*callbacks, keeper]
    callbacks = sorted(callbacks, key=turn)
    for resume in callbacks:
        if isinstance(resume, Resume):
            resume.find(callbacks)
    try:
        yield [StopOnNaN(), *callbacks]
    except KeyboardInterrupt:
        if keeper.epoch is None:
            keeper.restore()
            kept = "as before training" if keeper.kept is not None else "those it broke off with"
            print("\nInterrupted before the end of the first epoch: nothing was written, and the")
            print(f"weights are {kept}.", flush=True)
        else:
            path = keeper.rescue()
            print(f"\nInterrupted. The model holds its best weights ({keeper.describe()}),")
            print(f"and so does the file {path}", flush=True)
        raise
    except DivergenceError as error:
        keeper.restore()
        raise DivergenceError(
            f"{error} The model holds its best weights: {keeper.describe()}."
        ) from None


def turn(callback):
    """The place of a callback among the others, most of which are at 1."""
    places = {Preview: 0, AverageWeights: 2, Resume: 3}
    return next((at for kind, at in places.items() if isinstance(callback, kind)), 1)
