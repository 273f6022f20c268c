"""The project's own reviews: repeatable, apart, balanced, and beyond counting words."""

import collections
import importlib
import re

import pytest

from seqkit import data
from seqkit.data import samples


def sentences(examples):
    return {s.strip(".!").lower() for text in examples.texts for s in text.split(". ")}


@pytest.fixture(scope="module")
def splits():
    return samples.reviews(3000, seed=1)


def test_sizes_labels_and_balance(splits):
    assert {part: len(rows) for part, rows in splits.examples.items()} == {
        "train": 2400,
        "validation": 300,
        "test": 300,
    }
    for rows in splits.examples.values():
        counts = collections.Counter(rows.labels)
        assert counts["positive"] == counts["negative"]
        # Shuffled: the labels do not come one after the other.
        assert len(set(rows.labels[:20])) == 2
    assert splits.labels == ("negative", "positive")
    assert int(splits.train.cardinality()) == 2400


def test_no_sentence_stands_in_two_parts(splits):
    parts = [sentences(rows) for rows in splits.examples.values()]
    assert not parts[0] & parts[1]
    assert not parts[0] & parts[2]
    assert not parts[1] & parts[2]
    texts = [text for rows in splits.examples.values() for text in rows.texts]
    assert len(set(texts)) == len(texts)


def test_the_seed_decides():
    assert list(samples.reviews(100).examples["test"]) == list(
        samples.reviews(100).examples["test"]
    )
    assert (
        samples.reviews(100).examples["test"].texts
        != samples.reviews(100, seed=1).examples["test"].texts
    )


def test_they_read_like_text(splits):
    for text in splits.examples["train"].texts:
        assert re.fullmatch(r"[A-Z][A-Za-z ',;:.]*[.!]", text), text
        assert "{" not in text
        assert not re.search(r"\bi\b", text)
    lengths = {len(text.split()) for text in splits.examples["train"].texts}
    assert min(lengths) <= 4
    assert max(lengths) >= 20


def test_negation_contrast_and_idiom_occur(splits):
    text = " ".join(splits.examples["train"].texts).lower()
    for phrase in ("is hardly", " but the ", "although", "out of the park", "train wreck", "isn't"):
        assert text.count(phrase) >= 10, phrase


def test_counting_words_is_not_enough(splits):
    accuracy = samples.bag_of_words_accuracy(splits)
    assert 0.6 < accuracy < 0.8


def test_word_order_is_enough(splits):
    """A rule that reads clauses in order is right; it shares no code with the grammar."""
    # By its name: as an attribute of the package, `reviews` is the function.
    words = importlib.import_module("seqkit.data.samples.reviews")
    good = set(words.QUALITIES["positive"]) | set(words.THINGS["positive"])
    bad = set(words.QUALITIES["negative"]) | set(words.THINGS["negative"])
    turns = r"\b(not|isn't|never (?!stops)|hardly|far from|nobody|no|nothing)\b"
    judged = right = 0
    for text, label in splits.examples["test"]:
        text = text.lower().replace("anything but", "not")
        clause = re.split(r"[,;.:] |[,;.:!]$", text.strip(".!"))[-1]
        words = set(re.findall(r"[a-z']+", clause))
        score = bool(words & good) - bool(words & bad)
        if score:
            judged += 1
            score = -score if re.search(turns, clause) else score
            right += (score > 0) == (label == "positive")
    assert judged > 150
    assert right / judged > 0.95


@pytest.mark.parametrize("n", [19, 50_001, 100.0, True])
def test_sizes_out_of_range(n):
    with pytest.raises(ValueError, match=rf"`n` must be an int from 20 to 50000. Received: n={n}"):
        samples.reviews(n)


def test_odd_sizes_add_up():
    assert sum(len(rows) for rows in data.samples.reviews(21).examples.values()) == 21
