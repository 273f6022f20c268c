"""Cross-entropy against Keras's one-hot loss, which smooths too."""

import keras
import numpy as np
import pytest

from seqkit.training import Crossentropy

LOGITS = np.random.default_rng(0).normal(size=(6, 3), scale=3).astype("float32")
LABELS = np.array([0, 1, 2, 2, 1, 0])


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.5])
@pytest.mark.parametrize("column", [False, True])
def test_equals_keras_on_one_hot_labels(smoothing, column):
    theirs = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=smoothing)
    expected = theirs(np.eye(3, dtype="float32")[LABELS], LOGITS)
    own = Crossentropy(smoothing)(LABELS[:, None] if column else LABELS, LOGITS)
    np.testing.assert_allclose(float(own), float(expected), rtol=1e-5)


def test_weights_count():
    weights = np.array([1, 0, 0, 0, 0, 0], "float32")
    alone = Crossentropy(0.1)(LABELS[:1], LOGITS[:1])
    np.testing.assert_allclose(
        float(Crossentropy(0.1)(LABELS, LOGITS, sample_weight=weights)), float(alone) / 6, rtol=1e-5
    )


def test_confident_logits_stay_finite():
    loss = Crossentropy()([0, 1], np.array([[1e4, -1e4], [1e4, -1e4]], "float32"))
    assert float(loss) == pytest.approx(1e4)


def test_config():
    loss = keras.losses.deserialize(keras.losses.serialize(Crossentropy(0.2)))
    assert (loss.smoothing, loss.name) == (0.2, "crossentropy")


@pytest.mark.parametrize("smoothing", [-0.1, 1, 2])
def test_bad_smoothing(smoothing):
    with pytest.raises(ValueError, match=rf"in \[0, 1\). Received: smoothing={smoothing}"):
        Crossentropy(smoothing)


@pytest.mark.parametrize("label", [-1, 3, 7])
def test_a_label_that_is_none_is_not_passed_over(label):
    loss = Crossentropy(reduction="none")
    rows = np.asarray(loss(np.array([0, label, 2]), np.zeros((3, 3), "float32")))
    assert np.isnan(rows).tolist() == [False, True, False]
