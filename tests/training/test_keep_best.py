"""The best epoch is found, kept and put back."""

import keras
import numpy as np
import pytest

from seqkit.training import AverageWeights, KeepBest

X, Y = np.ones((4, 2), "float32"), np.ones((4, 1), "float32")


class Script(keras.callbacks.Callback):
    """Writes figures into the logs, and the epoch into the weights."""

    def __init__(self, **figures):
        super().__init__()
        self.scripted = figures

    def on_epoch_end(self, epoch, logs=None):
        self.model.layers[0].bias.assign([epoch + 1.0])
        logs.update({name: values[epoch] for name, values in self.scripted.items()})


def trained(keeper, epochs=5, **figures):
    model = keras.Sequential([keras.layers.Dense(1)])
    model.build((None, 2))
    model.compile(keras.optimizers.Adam(), "mse")
    history = model.fit(X, Y, epochs=epochs, callbacks=[Script(**figures), keeper], verbose=0)
    return model, float(model.layers[0].bias[0]), len(history.epoch)


ACCURACY = [0.5, 0.8, 0.7, 0.7, 0.9]
LOSS = [0.6, 0.5, 0.4, 0.3, 0.35]

CASES = {  # arguments, figures, best epoch, epochs run
    "accuracy, stops": ({}, {"val_accuracy": ACCURACY, "val_loss": [5, 4, 4, 4, 3]}, 2, 4),
    "goes on while the loss falls": ({}, {"val_accuracy": ACCURACY, "val_loss": LOSS}, 5, 5),
    "accuracy, more patience": ({"patience": 3}, {"val_accuracy": ACCURACY}, 5, 5),
    "loss where there is no accuracy": ({"patience": 3}, {"val_loss": LOSS}, 4, 5),
    "by name": ({"monitor": "val_loss"}, {"val_accuracy": ACCURACY, "val_loss": LOSS}, 4, 5),
    "error is best low": ({"monitor": "val_error"}, {"val_error": ACCURACY}, 1, 3),
    "perplexity is best low": ({"monitor": "val_perplexity"}, {"val_perplexity": ACCURACY}, 1, 3),
    "mae is best low": ({"monitor": "val_mae"}, {"val_mae": ACCURACY}, 1, 3),
    "crossentropy is best low": (
        {"monitor": "val_sparse_categorical_crossentropy"},
        {"val_sparse_categorical_crossentropy": ACCURACY},
        1,
        3,
    ),
    "mse is best low": ({"monitor": "val_mse"}, {"val_mse": ACCURACY}, 1, 3),
    "loss decides between equals": ({}, {"val_accuracy": [0.8] * 5, "val_loss": LOSS}, 4, 5),
    "never stops": ({"patience": None}, {"val_accuracy": [3, 2, 1, 1, 1]}, 1, 5),
    "no validation: the latest": ({}, {}, 5, 5),
    "a NaN at first is no record": (
        {"patience": 3},
        {"val_accuracy": [0.8] + [0.7] * 4, "val_loss": [float("nan"), 4, 3, 2, 1]},
        1,
        5,
    ),
    "not put back": ({"restore": False}, {"val_accuracy": ACCURACY}, 4, 4),
}


@pytest.mark.parametrize("name", CASES)
def test_best_epoch_is_in_the_model_after_fit(name):
    arguments, figures, best, run = CASES[name]
    _, bias, epochs = trained(KeepBest(**arguments), **figures)
    assert (bias, epochs) == (best, run)


def test_optimizer_goes_back_too():
    model, _, _ = trained(KeepBest(), val_accuracy=ACCURACY)
    assert int(model.optimizer.iterations) == 2  # one batch an epoch, best is the second


def test_used_twice_it_starts_over():
    keeper = KeepBest(patience=1)
    assert trained(keeper, val_accuracy=[9, 8, 7, 6, 5])[1:] == (1, 2)
    assert trained(keeper, val_accuracy=[1, 2, 1, 2, 3])[1:] == (2, 3)


def test_epochs_without_validation_are_passed_over():
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    keeper = KeepBest("val_loss")
    model.fit(
        X, Y, epochs=4, validation_data=(X, Y), validation_freq=2, callbacks=[keeper], verbose=0
    )
    assert keeper.epoch == 3


@pytest.mark.parametrize("patience", [0, -1, 1.5])
def test_bad_patience(patience):
    with pytest.raises(ValueError, match=f"positive int. Received: patience={patience}"):
        KeepBest(patience=patience)


def test_unknown_figure():
    with pytest.raises(ValueError, match=r"\(loss, val_loss\). Received: monitor='val_acc'"):
        trained(KeepBest("val_acc"), val_loss=LOSS)


class Figure(keras.callbacks.Callback):
    """One of its own after every epoch, as `Preview` has."""

    def on_epoch_end(self, epoch, logs=None):
        logs["val_bleu"] = 1.0


def test_a_figure_of_every_epoch_does_not_stand_for_validation():
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    keepers = KeepBest("val_loss"), AverageWeights(2, monitor="val_loss")
    how = {"validation_data": (X, Y), "validation_freq": 2, "verbose": 0}
    model.fit(X, Y, epochs=4, callbacks=[Figure(), *keepers], **how)
    assert keepers[0].epoch == 3
    assert keepers[1].epochs == [2, 4]
