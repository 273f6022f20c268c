"""Ctrl-C and NaN leave the best epoch behind."""

import pathlib

import keras
import numpy as np
import pytest

from seqkit.training import DivergenceError, KeepBest, guarded

X, Y = np.ones((8, 2), "float32"), np.ones((8, 1), "float32")


class At(keras.callbacks.Callback):
    """Does something at one batch of one epoch."""

    def __init__(self, epoch, do, batch=1):
        super().__init__()
        self.at, self.do = (epoch, batch), do

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if (self.epoch, batch) == self.at:
            self.do(self.model, logs)


def interrupt(model, logs):
    raise KeyboardInterrupt


def explode(model, logs):
    model.layers[0].bias.assign([np.nan])


def trained(callbacks, validation=(X, Y), epochs=4):
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.layers.Dense(1)], name="small")
    model.build((None, 2))
    model.compile(keras.optimizers.Adam(0.1), "mse", run_eagerly=True)
    before = model.get_weights()
    try:
        with guarded(callbacks, validated=validation is not None) as guards:
            model.fit(
                X, Y, batch_size=2, epochs=epochs, validation_data=validation, callbacks=guards,
                verbose=0,
            )  # fmt: skip
    except (KeyboardInterrupt, DivergenceError) as error:
        return model, before, error
    return model, before, None


def after(epochs):
    """Weights after so many whole epochs."""
    return trained([KeepBest(patience=None, restore=False)], epochs=epochs)[0].get_weights()


@pytest.mark.parametrize("validation", [(X, Y), None], ids=["validated", "not validated"])
def test_interrupted_keeps_the_best_in_model_and_file(tmp_path, monkeypatch, capsys, validation):
    monkeypatch.chdir(tmp_path)
    model, _, error = trained([At(2, interrupt)], validation)
    assert isinstance(error, KeyboardInterrupt)
    said = capsys.readouterr().out
    path = pathlib.Path(said.split("the file ")[1].strip())
    assert path.parent == tmp_path
    assert "epoch 2" in said
    assert ("val_loss" in said) == (validation is not None)
    for own, filed, expected in zip(
        model.get_weights(), keras.models.load_model(path).get_weights(), after(2), strict=True
    ):
        np.testing.assert_array_equal(own, expected)
        np.testing.assert_array_equal(filed, expected)


def test_interrupted_in_the_first_epoch_keeps_the_start(tmp_path, capsys):
    keeper = KeepBest(path=tmp_path / "kept.keras")
    model, before, _ = trained([At(0, interrupt), keeper])
    assert "before the end of the first epoch" in capsys.readouterr().out
    assert not list(tmp_path.iterdir())
    np.testing.assert_array_equal(model.get_weights()[0], before[0])


@pytest.mark.parametrize("do", [interrupt, explode])
def test_a_model_that_was_not_built_has_no_start_to_go_back_to(do, tmp_path, capsys):
    model = keras.Sequential([keras.layers.Dense(1), keras.layers.Dense(1)])
    model.compile("adam", "mse", run_eagerly=True)
    keeper = KeepBest(path=tmp_path / "kept.keras")
    error = KeyboardInterrupt if do is interrupt else DivergenceError
    with pytest.raises(error) as raised, guarded([At(0, do), keeper], validated=False) as ready:
        model.fit(X, Y, batch_size=2, callbacks=ready, verbose=0)
    said = str(raised.value) + capsys.readouterr().out
    assert "those it broke off with" in said
    assert not list(tmp_path.iterdir())


def test_a_model_goes_on_training_after_an_interruption(tmp_path, capsys):
    model, _, _ = trained([At(1, interrupt), KeepBest(path=tmp_path / "kept.keras")])
    model.fit(X, Y, batch_size=2, epochs=1, verbose=0)
    for own, expected in zip(model.get_weights(), after(2), strict=True):
        np.testing.assert_allclose(own, expected, rtol=1e-5)  # optimizer state went back too


def test_nan_stops_at_once_with_the_best_weights():
    model, _, error = trained([At(2, explode)])
    assert isinstance(error, DivergenceError)
    assert "loss became nan at batch 3" in str(error)
    assert "best weights: epoch 2, val_loss" in str(error)
    for own, expected in zip(model.get_weights(), after(2), strict=True):
        np.testing.assert_array_equal(own, expected)
    assert all(np.isfinite(v.numpy()).all() for v in model.optimizer.variables)


def test_nan_in_the_first_epoch_puts_the_start_back():
    model, before, error = trained([At(0, explode)])
    assert "no epoch was finished" in str(error)
    np.testing.assert_array_equal(model.get_weights()[0], before[0])


@pytest.mark.parametrize("validation", [(X, Y), None], ids=["validated", "not validated"])
@pytest.mark.parametrize("epochs", [1, 2])
def test_nan_from_the_last_step_of_an_epoch_is_never_the_best(epochs, validation):
    """No loss has seen it: there is no further batch."""
    model, _, error = trained([At(epochs - 1, explode, batch=3)], validation, epochs)
    assert isinstance(error, DivergenceError)
    assert f"bias is no longer finite after the last batch of epoch {epochs}" in str(error)
    for own, expected in zip(model.get_weights(), after(epochs - 1), strict=True):
        np.testing.assert_array_equal(own, expected)


KINDS = {  # callbacks given, validated -> stops early, restores
    "none, validated": ([], True, True, True),
    "none, not validated": ([], False, False, False),
    "their early stopping": ([keras.callbacks.EarlyStopping()], True, False, False),
    "another kind": ([keras.callbacks.TerminateOnNaN()], True, True, True),
}


@pytest.mark.parametrize("name", KINDS)
def test_early_stopping_unless_the_user_brings_one(name):
    callbacks, validated, stops, restores = KINDS[name]
    with guarded(callbacks, validated=validated) as guards:
        keeper = guards[-1]
        assert isinstance(keeper, KeepBest)
        assert guards[1:-1] == callbacks
        assert (keeper.patience is not None, keeper.restore_at_end) == (stops, restores)


def test_their_keeper_is_the_only_one():
    own = KeepBest(patience=7)
    with guarded([own], validated=True) as guards:
        assert [guard for guard in guards if isinstance(guard, KeepBest)] == [own]
