"""Figures of taggers, against scikit-learn, seqeval and counts by hand."""

import itertools
import json
import math

import numpy as np
import pytest
from sklearn import metrics

from seqkit.data import Sentences
from seqkit.models import TagReport

LABELS = ("B-X", "B-Y", "I-X", "I-Y", "O")


def chunked(n, seed):
    chance = np.random.default_rng(seed)
    return [
        [str(tag) for tag in chance.choice(LABELS, size=chance.integers(0, 9))] for _ in range(n)
    ]


@pytest.fixture(scope="module")
def pair():
    gold = chunked(60, 0)
    chance = np.random.default_rng(1)
    answers = [
        [tag if chance.random() < 0.7 else str(chance.choice(LABELS)) for tag in row]
        for row in gold
    ]
    words = [[f"w{i}" for i in range(len(row))] for row in gold]
    return Sentences(words, gold), answers


def test_words_as_in_scikit_learn(pair):
    sentences, answers = pair
    report = TagReport.of(sentences, answers, labels=LABELS)
    truth, given = (list(itertools.chain(*rows)) for rows in (sentences.labels, answers))
    assert report.accuracy == pytest.approx(metrics.accuracy_score(truth, given))
    np.testing.assert_array_equal(
        report.confusion, metrics.confusion_matrix(truth, given, labels=LABELS)
    )
    whole = [gold == row for gold, row in zip(sentences.labels, answers, strict=True)]
    assert report.sentence_accuracy == pytest.approx(np.mean(whole))


def test_spans_as_in_seqeval(pair):
    seqeval = pytest.importorskip("seqeval.metrics", reason="seqeval is not installed")
    sentences, answers = pair
    report = TagReport.of(sentences, answers, labels=LABELS)
    expected = seqeval.classification_report(sentences.labels, answers, output_dict=True)
    for kind, name in (("X", "X"), ("Y", "Y"), ("all", "micro avg")):
        row = expected[name]
        received = report.spans[kind]
        assert received == pytest.approx(
            (row["precision"], row["recall"], row["f1-score"], row["support"])
        )
    assert report.span_f1 == pytest.approx(seqeval.f1_score(sentences.labels, answers))


def test_unknown_words_untagged_words_and_tags_never_seen():
    sentences = Sentences([["a", "new", "dog"], ["x"], []], [["DET", "ADJ", "NOUN"], [None], []])
    answers = [["DET", "NOUN", "NOUN"], ["DET"], []]
    known = lambda words: np.array([word != "new" for word in words])  # noqa: E731
    report = TagReport.of(sentences, answers, labels=("DET", "NOUN"), known=known)
    assert report.labels == ("DET", "NOUN", "ADJ")
    assert report.words.examples == 3
    assert report.accuracy == pytest.approx(2 / 3)
    assert (report.unknown, report.unknown_accuracy) == (1, 0.0)
    assert report.sentence_accuracy == pytest.approx(2 / 3)
    assert report.spans is None
    assert report.span_f1 is None
    (mistake,) = report.mistakes
    assert (mistake.expected, mistake.received, mistake.count) == ("ADJ", "NOUN", 1)
    assert "a [new] dog" in str(report)


def test_nothing_tagged():
    report = TagReport.of(Sentences([[]], [[]]), [[]], labels=("A", "B"))
    assert report.accuracy == 0
    assert math.isnan(report.unknown_accuracy)
    json.dumps(report.figures(), allow_nan=False)


def test_figures_are_plain(pair):
    report = TagReport.of(*pair, labels=LABELS)
    figures = json.loads(json.dumps(report.figures(), allow_nan=False))
    assert figures["span_f1"] == pytest.approx(report.span_f1)
    assert figures["mistakes"][0][2] == report.mistakes[0].count
    counts = [mistake.count for mistake in report.mistakes]
    assert counts == sorted(counts, reverse=True)
