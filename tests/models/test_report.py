"""The report against scikit-learn."""

import numpy as np
import pytest
from sklearn import metrics

from seqkit.models import Report

RANDOM = np.random.default_rng(0)
CASES = {
    "two classes": (("bad", "good"), RANDOM.integers(0, 2, 50), RANDOM.integers(0, 2, 50)),
    "four classes": (tuple("abcd"), RANDOM.integers(0, 4, 90), RANDOM.integers(0, 4, 90)),
    "never answered": (tuple("abc"), RANDOM.integers(0, 3, 30), RANDOM.integers(0, 2, 30)),
    "never the case": (tuple("abc"), RANDOM.integers(0, 2, 30), RANDOM.integers(0, 3, 30)),
    "neither": (tuple("abc"), RANDOM.integers(0, 2, 30), RANDOM.integers(0, 2, 30)),
}


@pytest.mark.parametrize("name", CASES)
def test_equals_sklearn(name):
    labels, truth, answers = CASES[name]
    report = Report.of(labels, truth, answers)
    everywhere = list(range(len(labels)))
    p, r, f, n = metrics.precision_recall_fscore_support(
        truth, answers, labels=everywhere, zero_division=0
    )
    np.testing.assert_allclose([report.precision, report.recall, report.f1], [p, r, f])
    np.testing.assert_array_equal(report.support, n)
    np.testing.assert_array_equal(
        report.confusion, metrics.confusion_matrix(truth, answers, labels=everywhere)
    )
    assert report.accuracy == pytest.approx(metrics.accuracy_score(truth, answers))
    assert report.macro_f1 == pytest.approx(metrics.f1_score(truth, answers, average="macro"))


def test_prints_a_line_for_each_class():
    report = Report(("a", "a very long label"), [[3, 1], [0, 4]])
    lines = str(report).splitlines()
    assert lines[1].split() == ["a", "1.0000", "0.7500", "0.8571", "4"]
    assert lines[-1] == "accuracy 0.8750  macro-F1 0.8730  examples 8"
    assert len({len(line) for line in lines[:3]}) == 1


def test_figures_are_plain_numbers():
    figures = Report(("a", "b"), [[1, 0], [1, 2]]).figures()
    assert figures["classes"]["b"] == {
        "precision": 1.0,
        "recall": pytest.approx(2 / 3),
        "f1": pytest.approx(0.8),
        "support": 3,
    }
    assert figures["confusion"] == [[1, 0], [1, 2]]


def test_nothing_counted_is_no_crash():
    report = Report(("a", "b"), np.zeros((2, 2)))
    assert (report.accuracy, report.macro_f1) == (0, 0)


def test_bad_shape():
    with pytest.raises(ValueError, match=r"each of the 2 labels. Received shape: \(3, 3\)"):
        Report(("a", "b"), np.zeros((3, 3)))
