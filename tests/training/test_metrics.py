"""Macro-F1 against scikit-learn."""

import keras
import numpy as np
import pytest
from sklearn.metrics import f1_score

from seqkit.training import MacroF1

RANDOM = np.random.default_rng(0)


def case(classes, rows, absent=()):
    truth = RANDOM.choice([c for c in range(classes) if c not in absent], rows)
    scores = RANDOM.normal(size=(rows, classes)).astype("float32")
    scores[:, list(absent)] = -9
    return classes, truth, scores


CASES = {
    "two classes": case(2, 50),
    "five classes": case(5, 80),
    "a class that never occurs": case(4, 60, absent=(2,)),
    "one row": case(2, 1),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("batch", [7, 100])
def test_equals_sklearn_whatever_the_batches(name, batch):
    classes, truth, scores = CASES[name]
    metric = MacroF1(classes)
    for start in range(0, len(truth), batch):
        metric.update_state(truth[start : start + batch], scores[start : start + batch])
    expected = f1_score(truth, scores.argmax(axis=1), average="macro")
    assert float(metric.result()) == pytest.approx(expected, abs=1e-6)


def test_weights_count_rows():
    classes, truth, scores = CASES["five classes"]
    weights = RANDOM.integers(0, 3, len(truth))
    metric = MacroF1(classes)
    metric.update_state(truth, scores, sample_weight=weights)
    expected = f1_score(truth, scores.argmax(axis=1), average="macro", sample_weight=weights)
    assert float(metric.result()) == pytest.approx(expected, abs=1e-6)


def test_starts_over():
    metric = MacroF1(2)
    metric.update_state([0], [[0.0, 1.0]])
    metric.reset_state()
    assert float(metric.result()) == 0
    metric.update_state([0], [[1.0, 0.0]])
    assert float(metric.result()) == 1


def test_config():
    metric = keras.metrics.deserialize(keras.metrics.serialize(MacroF1(3)))
    assert (metric.classes, metric.name) == (3, "macro_f1")


@pytest.mark.parametrize("classes", [1, 0, 2.0, "2"])
def test_bad_classes(classes):
    with pytest.raises(ValueError, match=f"from 2 up. Received: classes={classes!r}"):
        MacroF1(classes)
