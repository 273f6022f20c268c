"""The mean of the weights of several epochs, which is often better than any of them."""

import math

import keras
import numpy as np

from seqkit.checks import positive_int
from seqkit.training.keep_best import score

__all__ = ["AverageWeights"]


class AverageWeights(keras.callbacks.Callback):
    """Puts the mean of the weights of some epochs into the model at the end of `fit`.

    Vaswani et al. 2017, section 6.1, average their last checkpoints; here they stay in memory.
    `keras.optimizers.Optimizer(use_ema=True)` with `keras.callbacks.SwapEMAWeights` keeps a
    running mean over steps in place of epochs, whose decay has to be known beforehand; this takes
    whole epochs, also the best ones, and leaves the optimizer as it is.

    In the `fit` of seqkit's models it comes last, after the best epoch has been put back; in
    Keras's, put it behind other callbacks that restore.

    Args:
        count: int, how many epochs; fewer where `fit` ends before.
        monitor: `None` for the last epochs, or the figure of the history that says which were
            best: low or high as `KeepBest` has it.

    Raises:
        ValueError: `count` is no positive int; in `fit`, `monitor` is no figure of the history.

    Example:
        >>> averaging = AverageWeights(3, monitor="val_loss")
        >>> # model.fit(train, validation_data=validation, epochs=20, callbacks=[averaging])
    """

    def __init__(self, count=5, *, monitor=None):
        super().__init__()
        self.count = positive_int("count", count)
        self.monitor = monitor
        self.kept = []  # of (epoch, figure to compare by, arrays)

    @property
    def epochs(self):
        """The epochs that the mean is made of, counted from 1: list of int."""
        return sorted(epoch + 1 for epoch, _, _ in self.kept)

    def on_train_begin(self, logs=None):
        self.kept, self.ended = [], False

    def on_epoch_end(self, epoch, logs=None):
        rank, self.ended = epoch, True
        if self.monitor is not None:
            if self.monitor not in (logs or {}):
                if "val_loss" not in (logs or {}):
                    return  # an epoch that `validation_freq` passes over
                raise ValueError(
                    f"`monitor` must name a figure of the history ({', '.join(sorted(logs))}). "
                    f"Received: monitor={self.monitor!r}"
                )
            rank = score({self.monitor: logs[self.monitor]})[0]
            if math.isnan(rank):
                return
        if len(self.kept) == self.count and rank <= min(rank for _, rank, _ in self.kept):
            return
        # Copies: a backend may hand out views of memory that the next step writes to.
        arrays = [variable.numpy().copy() for variable in self.variables()]
        self.kept.append((epoch, float(rank), arrays))
        self.kept.sort(key=lambda one: (-one[1], one[0]))  # of equals, the earlier
        del self.kept[self.count :]

    def on_train_end(self, logs=None):
        if self.monitor is not None and self.ended and not self.kept:
            raise ValueError(
                "`monitor` must name a figure of the history. "
                f"Received: monitor={self.monitor!r}, and nothing of that name in any epoch"
            )
        if self.kept:
            for variable, *arrays in zip(
                self.variables(), *(arrays for _, _, arrays in self.kept), strict=True
            ):
                # A sum in float16 would lose what the mean is there to gain.
                mean = np.mean([np.asarray(array, "float64") for array in arrays], axis=0)
                variable.assign(mean.astype(arrays[0].dtype))

    def variables(self):
        """What has a mean: counters and random states are left as they are."""
        return [
            v for v in self.model.weights if "float" in keras.backend.standardize_dtype(v.dtype)
        ]

    # --- what `Resume` writes and reads ----------------------------------------

    def state(self):
        """`(facts, arrays)` to go on from: a dict for JSON and a list."""
        facts = {"kept": [[epoch, rank] for epoch, rank, _ in self.kept]}
        return facts, [array for _, _, arrays in self.kept for array in arrays]

    def set_state(self, facts, arrays):
        """Goes on from what `state` gave."""
        each = len(arrays) // max(1, len(facts["kept"]))
        self.kept = [
            (epoch, rank, arrays[k * each : (k + 1) * each])
            for k, (epoch, rank) in enumerate(facts["kept"])
        ]
