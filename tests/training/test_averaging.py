"""The mean of the right epochs is in the model after training."""

import keras
import numpy as np
import pytest

from seqkit.training import AverageWeights, KeepBest
from seqkit.training.guard import guarded

X, Y = np.ones((4, 2), "float32"), np.ones((4, 1), "float32")
ACCURACY = [0.5, 0.8, 0.7, 0.7, 0.9]
LOSS = [0.6, 0.5, 0.4, 0.3, 0.35]


class Script(keras.callbacks.Callback):
    """Writes figures into the logs, and ten to the epoch into the weights."""

    def __init__(self, **figures):
        super().__init__()
        self.scripted = figures

    def on_epoch_end(self, epoch, logs=None):
        self.model.layers[0].bias.assign([10.0**epoch])
        logs.update({name: values[epoch] for name, values in self.scripted.items()})


def model(**options):
    made = keras.Sequential([keras.layers.Dense(1, **options), keras.layers.Dropout(0.1, seed=1)])
    made.build((None, 2))
    made.compile("adam", "mse", run_eagerly=True)  # tracing costs more than all steps
    return made


def bias(made):
    return float(made.layers[0].bias[0])


CASES = {  # arguments, figures, what is averaged, counted from 1
    "the last": ({"count": 2}, {}, [4, 5]),
    "all there are": ({"count": 9}, {}, [1, 2, 3, 4, 5]),
    "one": ({"count": 1}, {}, [5]),
    "highest": ({"count": 2, "monitor": "val_accuracy"}, {"val_accuracy": ACCURACY}, [2, 5]),
    "equals: the first": (
        {"count": 3, "monitor": "val_accuracy"},
        {"val_accuracy": ACCURACY},
        [2, 3, 5],
    ),
    "lowest": ({"count": 3, "monitor": "val_loss"}, {"val_loss": LOSS}, [3, 4, 5]),
}


@pytest.mark.parametrize("name", CASES)
def test_the_mean_is_in_the_model(name):
    arguments, figures, epochs = CASES[name]
    made, averaging = model(), AverageWeights(**arguments)
    made.fit(X, Y, epochs=5, callbacks=[Script(**figures), averaging], verbose=0)
    assert averaging.epochs == epochs
    assert bias(made) == pytest.approx(np.mean([10.0 ** (epoch - 1) for epoch in epochs]))


def test_every_weight_and_nothing_else():
    made = model()
    seen, states = [], []
    watch = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda *_: (
            seen.append([w.numpy().copy() for w in made.weights]),
            states.append([v.numpy().copy() for v in made.optimizer.variables]),
        )
    )
    made.fit(X, Y, epochs=3, callbacks=[watch, AverageWeights(3)], verbose=0)
    for weight, *values in zip(made.weights, *seen, strict=True):
        np.testing.assert_allclose(weight.numpy(), np.mean(values, axis=0), rtol=1e-6)
    for variable, last in zip(made.optimizer.variables, states[-1], strict=True):
        np.testing.assert_array_equal(variable.numpy(), last)


def test_bfloat16():
    made = model(dtype="bfloat16")
    made.fit(X, Y, epochs=3, callbacks=[Script(), AverageWeights(3)], verbose=0)
    assert bias(made) == 37.0
    assert made.layers[0].bias.dtype == "bfloat16"


def test_the_mean_comes_after_the_best_epoch():
    """Whatever the order in which they are given."""
    for callbacks in ([AverageWeights(2)], [AverageWeights(2), KeepBest(patience=1)]):
        made = model()
        script = Script(val_accuracy=[0.5, 0.8, 0.7, 0.7, 0.6])
        with guarded([script, *callbacks], validated=True) as ready:
            history = made.fit(X, Y, epochs=5, callbacks=ready, verbose=0)
        last = len(history.epoch)
        assert last in (3, 4)
        assert bias(made) == pytest.approx((10.0 ** (last - 1) + 10.0 ** (last - 2)) / 2)


def test_epochs_without_validation_are_passed_over():
    made, averaging = model(), AverageWeights(5, monitor="val_loss")
    made.fit(
        X, Y, epochs=4, validation_data=(X, Y), validation_freq=2, callbacks=[averaging], verbose=0
    )
    assert averaging.epochs == [2, 4]


def test_used_twice_it_starts_over():
    averaging = AverageWeights(5)
    for _ in range(2):
        model().fit(X, Y, epochs=2, callbacks=[averaging], verbose=0)
        assert averaging.epochs == [1, 2]


@pytest.mark.parametrize("count", [0, 1.5, True])
def test_bad_count(count):
    with pytest.raises(ValueError, match=f"positive int. Received: count={count}"):
        AverageWeights(count)


def test_a_figure_that_no_epoch_has():
    with pytest.raises(ValueError, match=r"must name a figure.*monitor='val_loss'"):
        model().fit(X, Y, callbacks=[AverageWeights(monitor="val_loss")], verbose=0)


def test_epochs_without_a_figure_are_left_out():
    averaging = AverageWeights(3, monitor="val_bleu")
    script = Script(val_loss=[1.0] * 5, val_bleu=[1.0, float("nan"), 2.0, float("nan"), 3.0])
    model().fit(X, Y, epochs=5, callbacks=[script, averaging], verbose=0)
    assert averaging.epochs == [1, 3, 5]


def test_unknown_figure():
    with pytest.raises(ValueError, match=r"\(loss, val_loss\). Received: monitor='val_bleu'"):
        model().fit(
            X,
            Y,
            callbacks=[Script(val_loss=LOSS), AverageWeights(monitor="val_bleu")],
            verbose=0,
        )
