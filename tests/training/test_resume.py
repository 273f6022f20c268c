"""A training that was killed and goes on ends where one ends that was not."""

import json
import signal
import subprocess
import sys

import keras
import numpy as np
import pytest

import recipes
from seqkit.data import samples
from seqkit.training import AverageWeights, KeepBest, Resume
from seqkit.training.guard import guarded

CHANCE = np.random.default_rng(0)
X = CHANCE.normal(size=(8, 3)).astype("float32")
Y = CHANCE.normal(size=(8, 1)).astype("float32")
EPOCHS = 4


class KilledError(Exception):
    """In place of a kill, where a process of its own would take long."""


class Kill(keras.callbacks.Callback):
    """In the middle of an epoch, by default the third."""

    def __init__(self, epoch=2):
        super().__init__()
        self.epoch = epoch

    def on_epoch_begin(self, epoch, logs=None):
        self.now = epoch

    def on_train_batch_end(self, batch, logs=None):
        if self.now == self.epoch and batch == 0:
            raise KilledError


def model(width=4, optimizer=None):
    keras.utils.set_random_seed(1)
    made = keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dense(width, "tanh"),
            keras.layers.Dropout(0.4, seed=3),
            keras.layers.BatchNormalization(),
            keras.layers.Dense(1),
        ]
    )
    optimizer = optimizer or keras.optimizers.SGD(0.1, momentum=0.9)
    made.compile(optimizer, "mse", run_eagerly=True)  # tracing costs more than all steps
    return made


def fit(made, *callbacks, **options):
    with guarded(list(callbacks), validated=True) as ready:
        return made.fit(
            X,
            Y,
            batch_size=4,
            epochs=EPOCHS,
            shuffle=False,  # whose order begins anew
            validation_data=(X[:4], Y[:4]),
            callbacks=ready,
            verbose=0,
            **options,
        )


def keepers():
    return KeepBest("val_loss", patience=9), AverageWeights(2, monitor="val_loss")


def assert_same(one, other):
    for a, b in zip(one.variables, other.variables, strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-6, atol=1e-7)
    for a, b in zip(one.optimizer.variables, other.optimizer.variables, strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("at", [0, 1, 3])
def test_nothing_is_lost(tmp_path, at):
    """Weights, optimizer, dropout's random state, the best epoch, the mean, the history."""
    path = tmp_path / "run.resume"
    whole, (best, mean) = model(), keepers()
    expected = fit(whole, best, mean)
    with pytest.raises(KilledError):
        fit(model(), *keepers(), Resume(path), Kill(at))
    assert path.exists() == (at > 0)
    again, (best_again, mean_again) = model(), keepers()
    resume = Resume(path)
    history = fit(again, best_again, mean_again, resume)
    assert resume.epoch == at
    assert_same(again, whole)
    assert history.epoch == expected.epoch
    assert history.history.keys() == expected.history.keys()
    for name, values in expected.history.items():
        np.testing.assert_allclose(history.history[name], values, rtol=1e-5)
    assert best_again.describe() == best.describe()
    assert mean_again.epochs == mean.epochs
    assert not path.exists()


def test_killed_twice(tmp_path):
    path, whole = tmp_path / "run.resume", model()
    fit(whole)
    for at in (1, 3):
        with pytest.raises(KilledError):
            fit(model(), Resume(path), Kill(at))
    again = model()
    fit(again, Resume(path))
    assert_same(again, whole)


def test_the_best_epoch_before_the_kill_is_kept(tmp_path):
    class Worse(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs["val_loss"] = [3, 1, 2, 4][epoch]

    path, made = tmp_path / "run.resume", model()
    with pytest.raises(KilledError):
        fit(made, Worse(), KeepBest("val_loss", patience=9), Resume(path), Kill(3))
    again, best = model(), KeepBest("val_loss", patience=9)
    fit(again, Worse(), best, Resume(path))
    assert best.describe() == "epoch 2, val_loss 1.0000"
    assert int(again.optimizer.iterations) == 2 * 2


def test_the_next_training_begins_at_its_first_epoch(tmp_path):
    made, resume, best = model(), Resume(tmp_path / "run.resume"), keepers()[0]
    with pytest.raises(KilledError):
        fit(made, best, resume, Kill())
    fit(made, best, resume)
    history = fit(made, best, resume)
    assert resume.epoch == 0
    assert history.epoch == list(range(EPOCHS))


def test_killed_after_the_last_epoch(tmp_path, monkeypatch):
    path = tmp_path / "run.resume"
    whole = model()
    expected = fit(whole)

    def killed(self, logs=None):
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(Resume, "on_train_end", killed)
        with pytest.raises(KilledError):
            fit(model(), Resume(path))
    again = model()
    history = fit(again, Resume(path))
    assert_same(again, whole)
    assert history.epoch == expected.epoch
    assert not path.exists()


def test_killed_while_writing(tmp_path, monkeypatch):
    """The file of the epoch before stays whole."""
    path, savez, written = tmp_path / "run.resume", np.savez, []

    def half(file, **arrays):
        written.append(file)
        if len(written) == 3:
            file.write(b"half")
            raise KilledError
        savez(file, **arrays)

    with monkeypatch.context() as patch:
        patch.setattr(np, "savez", half)
        with pytest.raises(KilledError):
            fit(model(), Resume(path))
    assert [file.name for file in tmp_path.iterdir()] == ["run.resume"]
    resume, again, whole = Resume(path), model(), model()
    fit(again, resume)
    fit(whole)
    assert resume.epoch == 2
    assert_same(again, whole)


CODE = """
import os, signal, sys
import keras, numpy as np
from seqkit.training import Resume

class Kill(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 2:
            os.kill(os.getpid(), signal.SIGKILL)

model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, kernel_initializer="zeros")])
model.compile("adam", "mse", run_eagerly=True)
x = np.ones((4, 3), "float32")
model.fit(x, x[:, :1], epochs=5, callbacks=[Resume(sys.argv[1]), Kill()], verbose=0)
"""


def test_after_a_real_kill(tmp_path):
    path = tmp_path / "run.resume"
    done = subprocess.run([sys.executable, "-c", CODE, str(path)], capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr[-2000:]
    x = np.ones((4, 3), "float32")
    answers = []
    for callbacks in ([Resume(path)], []):
        made = keras.Sequential(
            [keras.Input((3,)), keras.layers.Dense(1, kernel_initializer="zeros")]
        )
        made.compile("adam", "mse", run_eagerly=True)
        history = made.fit(x, x[:, :1], epochs=5, callbacks=callbacks, verbose=0)
        answers.append((made.get_weights()[0], history.history["loss"]))
    np.testing.assert_allclose(answers[0][0], answers[1][0], rtol=1e-6)
    np.testing.assert_allclose(answers[0][1], answers[1][1], rtol=1e-5)


def bad(path, kind):
    if kind == "cut short":
        path.write_bytes(path.read_bytes()[:300])
    if kind == "no such file":
        path.write_text("weights")
    if kind == "format":
        with np.load(path) as file:
            arrays = dict(file)
        facts = {**json.loads(str(arrays.pop("facts"))), "format": "seqkit training 0"}
        with path.open("wb") as file:
            np.savez(file, facts=np.array(json.dumps(facts)), **arrays)


BAD = {
    "cut short": (model, [], r"holds no training to go on with: delete it"),
    "no such file": (model, [], r"holds no training to go on with: delete it"),
    "format": (model, [], r"must be of the format .*training 1.*Received: .*training 0"),
    "width": (lambda: model(5), [], r"another model.*kernel \(3, 5\).*kernel \(3, 4\)"),
    "optimizer": (lambda: model(optimizer="rmsprop"), [], r"another model or optimizer"),
    "callbacks": (model, [AverageWeights()], r"other callbacks.*AverageW.*Received: \['KeepBest"),
}


@pytest.mark.parametrize("kind", BAD)
def test_bad_files(tmp_path, kind):
    make, callbacks, message = BAD[kind]
    path = tmp_path / "run.resume"
    with pytest.raises(KilledError):
        fit(model(), Resume(path), Kill())
    bad(path, kind)
    made = make()
    before = made.get_weights()
    with pytest.raises(ValueError, match=message):
        fit(made, *callbacks, Resume(path))
    assert path.exists()
    for a, b in zip(made.get_weights(), before, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_resumed_training_that_breaks_off_shortens_no_other(tmp_path):
    path = tmp_path / "run.resume"
    with pytest.raises(KilledError):
        fit(model(), Resume(path), Kill(2))
    again = model()
    with pytest.raises(KilledError):
        fit(again, Resume(path), Kill(3))
    assert len(again.fit(X, Y, epochs=1, verbose=0).epoch) == 1


def test_a_translator_goes_on_as_if_nothing_had_been(tmp_path):
    """From raw pairs: dropout, the rate that rises and falls, the mean."""
    pairs = samples.copying(40, length=3).train
    small = {"tokens": "words", "units": 8, "heads": 2, "layers": 1, "dropout": 0.3}
    small["batch_tokens"] = 32

    def trained(*callbacks):
        made = recipes.seq2seq(pairs, **small, learning_rate=1e-2, epochs=EPOCHS, seed=1)
        callbacks = [AverageWeights(2, monitor="loss"), *callbacks]
        options = {"shuffle": False, "verbose": 0}  # the order begins anew
        return made, made.fit(pairs, epochs=EPOCHS, callbacks=callbacks, **options)

    whole, expected = trained()
    path = tmp_path / "run.resume"
    with pytest.raises(KilledError):
        trained(Resume(path), Kill())
    again, history = trained(Resume(path))
    assert_same(again, whole)
    np.testing.assert_allclose(history.history["loss"], expected.history["loss"], rtol=1e-5)


def test_a_part_set_aside_by_chance_is_the_same_after_a_kill(tmp_path):
    pairs = samples.copying(40, length=3).train
    made = recipes.seq2seq(pairs, tokens="words", units=8, heads=2, layers=1)
    with pytest.raises(ValueError, match="`validation_split` with `Resume` needs a model with a"):
        made.fit(pairs, validation_split=0.2, callbacks=[Resume(tmp_path / "run.resume")])
