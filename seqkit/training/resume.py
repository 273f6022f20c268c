"""Going on where a killed training stopped."""

import json
import pathlib
import time

import keras
import numpy as np

from seqkit.files import replacing

__all__ = ["Resume"]

FORMAT = "seqkit training 1"


class Resume(keras.callbacks.Callback):
    """Writes all that training needs to go on to one file after each epoch, and goes on from it.

    Run the same program again after a kill, and `fit` continues after the last whole epoch:
    weights, optimizer, random states, the history, and what the callbacks that have a `state`
    (`KeepBest`, `AverageWeights`) remember. The file is deleted when `fit` ends by itself, if it
    is not told to `keep` it.

    `keras.callbacks.BackupAndRestore` writes weights and epoch to two files, one after the other
    and in place, so that a kill at the wrong moment leaves nothing to go on from; and it forgets
    which epoch was best, the history, and afterwards that it moved the first epoch of every later
    `fit`. The order of the examples begins anew here as there.

    Args:
        path: of the file, e.g. `"multi30k.resume"`. One for each training.
        also: callbacks with `state()` and `set_state(facts, arrays)`; in the `fit` of seqkit's
            models those that go with it are found by themselves. In Keras's, put this last.
        keep: whether the file stays after `fit`, for whoever has more to do and deletes it then.

    Attributes:
        epoch: how many epochs were over when `fit` began.
        seconds: how long these had taken.

    Raises:
        ValueError: in `fit`, the file is of another model or another optimizer, or no such file.

    Example:
        >>> resume = Resume("sentiment.resume")
        >>> # model.fit(train, epochs=20, callbacks=[resume])
    """

    def __init__(self, path, *, also=(), keep=False):
        super().__init__()
        self.keep = keep
        self.path = pathlib.Path(path).absolute()
        self.also = list(also)
        self.found = []
        self.epoch, self.seconds = 0, 0.0
        self.logs = []

    def find(self, callbacks):
        """Takes those that can go on along, in place of those found before."""
        self.found = [c for c in callbacks if hasattr(c, "set_state") and c not in self.also]

    def on_train_begin(self, logs=None):
        self.epoch, self.seconds, self.logs = 0, 0.0, []
        self.start = time.monotonic()
        if self.path.exists():
            self.read()
            # As Keras's own callback does: `fit` looks here for its first epoch.
            self.model._initial_epoch = self.epoch

    def on_epoch_begin(self, epoch, logs=None):
        # `fit` has read it; the next, whatever becomes of this, must not leave out epochs.
        self.model._initial_epoch = None

    def on_epoch_end(self, epoch, logs=None):
        self.logs.append([epoch, {name: float(value) for name, value in (logs or {}).items()}])
        self.write()

    def on_train_end(self, logs=None):
        self.model._initial_epoch = None  # lest the next `fit` leave out its first epochs
        self.tell()
        if not self.keep:
            self.path.unlink(missing_ok=True)

    def tell(self):
        """Puts the epochs before the kill into the history."""
        if not self.epoch:
            return
        history = getattr(self.model, "history", None)
        if not isinstance(history, keras.callbacks.History):  # no epoch was left to do
            history = self.model.history = keras.callbacks.History()
            history.set_model(self.model)
        history.epoch = [epoch for epoch, _ in self.logs]
        history.history = {}
        for _, logs in self.logs:
            for name, value in logs.items():
                history.history.setdefault(name, []).append(value)

    def variables(self):
        """All that training changes: weights, random states, the optimizer's."""
        optimizer = self.model.optimizer
        if not optimizer.built:
            optimizer.build(self.model.trainable_variables)
        metrics = {id(v) for v in self.model.metrics_variables}
        own = [v for v in self.model.variables if id(v) not in metrics]
        return [*own, *optimizer.variables]

    def described(self, variables):
        """A line for each, to know another model by; names of an optimizer's vary."""
        own, kind = {id(v) for v in self.model.weights}, type(self.model.optimizer).__name__
        return [
            f"{v.name if id(v) in own else kind} {tuple(v.shape)} "
            f"{keras.backend.standardize_dtype(v.dtype)}"
            for v in variables
        ]

    def write(self):
        variables = self.variables()
        arrays = {f"variable {k}": plain(v.numpy()) for k, v in enumerate(variables)}
        callbacks = []
        for c, callback in enumerate([*self.also, *self.found]):
            facts, own = callback.state()
            arrays |= {f"callback {c} {k}": plain(array) for k, array in enumerate(own)}
            callbacks.append([type(callback).__name__, facts, len(own)])
        facts = {"format": FORMAT, "logs": self.logs, "callbacks": callbacks}
        facts["variables"] = self.described(variables)
        facts["seconds"] = self.seconds + time.monotonic() - self.start
        with replacing(self.path) as temporary, temporary.open("wb") as file:
            np.savez(file, facts=np.array(json.dumps(facts)), **arrays)

    def read(self):
        try:
            # NumPy leaves a file open that it cannot read, unless it is given one.
            with self.path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
                facts = json.loads(str(file["facts"]))
                arrays = {name: file[name] for name in file.files}
            known = facts["format"] == FORMAT
        except Exception as error:  # NumPy, zipfile and JSON raise what they like
            raise ValueError(
                f"{self.path} holds no training to go on with: delete it to begin anew ({error})."
            ) from error
        if not known:
            raise ValueError(
                f"{self.path} must be of the format {FORMAT!r}. Received: {facts['format']!r}"
            )
        variables = self.variables()
        expected = self.described(variables)
        if facts["variables"] != expected:
            pairs = [
                (mine, theirs)
                for mine, theirs in zip(expected, facts["variables"], strict=False)
                if mine != theirs
            ]
            mine, theirs = pairs[0] if pairs else (len(expected), len(facts["variables"]))
            raise ValueError(
                f"{self.path} is of another model or optimizer: delete it to begin anew. "
                f"Expected: {mine}. Received: {theirs}"
            )
        callbacks = [*self.also, *self.found]
        mine = [type(callback).__name__ for callback in callbacks]
        theirs = [name for name, _, _ in facts["callbacks"]]
        if theirs != mine:
            raise ValueError(
                f"{self.path} was written with other callbacks: delete it to begin anew. "
                f"Expected: {mine}. Received: {theirs}"
            )
        for c, (callback, saved) in enumerate(zip(callbacks, facts["callbacks"], strict=True)):
            _, own, count = saved
            callback.set_state(own, [arrays[f"callback {c} {k}"] for k in range(count)])
        for k, variable in enumerate(variables):
            variable.assign(arrays[f"variable {k}"])
        self.logs, self.seconds = facts["logs"], facts["seconds"]
        self.epoch = self.logs[-1][0] + 1


def plain(array):
    """bfloat16 is no dtype of NumPy's files; float32 holds its every number."""
    array = np.asarray(array)
    return array if array.dtype.kind in "fiub" else array.astype("float32")
