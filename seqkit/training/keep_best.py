"""Stop when validation no longer improves, and keep the best epoch."""

import datetime
import math
import pathlib

import keras

from seqkit.checks import positive_int

__all__ = ["KeepBest"]


class KeepBest(keras.callbacks.Callback):
    """Early stopping that holds on to the best epoch, through Ctrl-C and NaN too.

    After each epoch that is better than all before it, weights and optimizer state are
    copied; at the end of `fit` they are put back. Where `fit` gets no validation data
    the latest epoch counts as the best, and only an interruption puts anything back.

    Args:
        monitor: name of the figure to watch, as in the history. `"auto"`
            is `val_accuracy`, where there is one, and `val_loss` where epochs are equal in
            that. Figures with "loss", "error", "perplexity", "mse", "mae" or the like in their
            name are best when low, all others when high.
        patience: stop after so many epochs in a row in which no figure watched was better than
            ever before; `None` never stops.
        restore: put the best epoch back at the end of `fit`.
        path: where `rescue()` writes; `None` names a file in the working directory.

    Example:
        >>> keeper = KeepBest("val_loss", patience=2)
        >>> # model.fit(train, validation_data=validation, epochs=20, callbacks=[keeper])
    """

    def __init__(self, monitor="auto", *, patience=2, restore=True, path=None):
        super().__init__()
        self.monitor = monitor
        self.patience = None if patience is None else positive_int("patience", patience)
        self.restore_at_end = restore
        self.path = path
        self.best = self.epoch = self.kept = None
        self.tops = {}  # the best of each figure by itself, as scores

    def on_train_begin(self, logs=None):
        self.best = self.epoch = None
        self.waited, self.kept, self.tops = 0, None, {}
        if self.model.built:  # else there are no weights yet
            self.keep()

    def on_epoch_end(self, epoch, logs=None):
        figures = self.figures(logs or {})
        if not figures and self.best is not None:
            return  # an epoch that `validation_freq` passes over
        scores = {name: score({name: value})[0] for name, value in figures.items()}
        better = {n: s for n, s in scores.items() if s > self.tops.get(n, -math.inf)}  # NaN never
        self.tops |= better
        if not figures or self.best is None or score(figures) > score(self.best):
            self.epoch, self.waited = epoch, 0
            self.best = figures or None  # None: nothing to compare by, the latest epoch it is
            self.keep()
            return
        # Of few examples accuracy stands still while the loss still falls.
        self.waited = 0 if better else self.waited + 1
        if self.patience is not None and self.waited >= self.patience:
            self.model.stop_training = True

    def figures(self, logs):
        watched = ("val_accuracy", "val_loss") if self.monitor == "auto" else (self.monitor,)
        found = {name: logs[name] for name in watched if name in logs}
        validated = "val_loss" in logs  # other callbacks may add figures to every epoch
        if not found and self.monitor != "auto" and validated:
            raise ValueError(
                f"`monitor` must name a figure of the history ({', '.join(sorted(logs))}). "
                f"Received: monitor={self.monitor!r}"
            )
        return found

    def on_train_end(self, logs=None):
        if self.restore_at_end and self.best is not None:
            self.restore()

    def keep(self):
        # Copies: a backend may hand out views of memory that the next step writes to.
        self.kept = [v.numpy().copy() for v in self.variables(self.model)]

    def restore(self):
        """Puts weights and optimizer state of the best epoch back into the model."""
        if self.kept is None:
            return
        variables = self.variables(self.model)
        # An optimizer that was not built when the copy was made starts from nothing.
        for variable, value in zip(variables, self.kept, strict=False):
            variable.assign(value)
        for variable in variables[len(self.kept) :]:
            variable.assign(keras.ops.zeros_like(variable))

    def rescue(self):
        """Restores the best epoch and writes the model. Returns the path."""
        self.restore()
        stamp = datetime.datetime.now().strftime("%Y%m%d-%H%M%S")
        path = pathlib.Path(self.path or f"{self.model.name}-{stamp}.keras").absolute()
        self.model.save(path)
        return path

    def describe(self):
        """What is kept, in words: `"epoch 3, val_accuracy 0.8432"`."""
        if self.kept is None:
            return "those it broke off with, as it was not built before"
        if self.epoch is None:
            return "as before training, no epoch was finished"
        figures = (f", {name} {value:.4f}" for name, value in (self.best or {}).items())
        return f"epoch {self.epoch + 1}" + "".join(figures)

    # --- what `Resume` writes and reads ----------------------------------------

    def state(self):
        """`(facts, arrays)` to go on from: a dict for JSON and a list."""
        best = self.best and {name: float(value) for name, value in self.best.items()}
        tops = {name: float(value) for name, value in self.tops.items()}
        facts = {"best": best, "tops": tops, "epoch": self.epoch, "waited": self.waited}
        return facts, self.kept

    def set_state(self, facts, arrays):
        """Goes on from what `state` gave."""
        self.best, self.epoch, self.waited = facts["best"], facts["epoch"], facts["waited"]
        best = (self.best or {}).items()
        self.tops = facts.get("tops") or {name: score({name: value})[0] for name, value in best}
        self.kept = list(arrays)

    @staticmethod
    def variables(model):
        optimizer = getattr(model, "optimizer", None)
        return [*model.weights, *(optimizer.variables if optimizer is not None else ())]


def score(figures):
    """What to compare epochs by: higher is better, the first figure counts first."""
    low = ("loss", "error", "perplexity", "mse", "mae", "mape", "mase", "crps", "nll")
    low += ("entropy", "divergence", "hinge", "poisson", "cosh")
    return [-v if any(part in name for part in low) else v for name, v in figures.items()]
