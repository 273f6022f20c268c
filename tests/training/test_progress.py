import io

import keras
import numpy as np
import pytest
from rich.console import Console

from seqkit.training import Progress

X, Y = np.ones((4, 2), "float32"), np.ones((4, 1), "float32")


def run(*others):
    said = io.StringIO()
    progress = Progress(Console(file=said, force_terminal=True, width=120))
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile("sgd", "mse", run_eagerly=True)
    with progress.shown():
        model.fit(X, Y, epochs=2, validation_data=(X, Y), callbacks=[progress, *others], verbose=0)
    return said.getvalue()


def test_a_bar_for_each_epoch_with_figures():
    said = run()
    assert "epoch  1/2" in said
    assert "epoch  2/2" in said
    assert "val loss" in said


def test_the_cursor_comes_back_after_an_interruption():
    class Interrupt(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            raise KeyboardInterrupt

    progress = Progress(Console(file=io.StringIO(), force_terminal=True))
    with pytest.raises(KeyboardInterrupt):
        fit_with(progress, Interrupt())
    assert progress.bar.finished or not progress.bar.live.is_started


def fit_with(progress, other):
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile("sgd", "mse", run_eagerly=True)
    with progress.shown():
        model.fit(X, Y, callbacks=[progress, other], verbose=0)
