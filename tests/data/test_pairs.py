"""Pairs in memory: what they hold, and what they refuse."""

import numpy as np
import pytest

from seqkit.data import DataError, Pairs, Splits

SOURCES, TARGETS = ["a dog", "", "a cat"], ["ein Hund", "", "eine Katze"]


def test_what_they_hold():
    pairs = Pairs(SOURCES, TARGETS, name="mine")
    assert len(pairs) == 3
    assert list(pairs) == list(zip(SOURCES, TARGETS, strict=True))
    assert pairs.labels is pairs.targets
    assert repr(pairs) == "<Pairs mine: 3 sources, with targets>"


def test_sources_alone():
    pairs = Pairs([b"a dog", "\u00fc"])
    assert pairs.labels is None
    assert list(pairs) == [("a dog", None), ("\u00fc", None)]
    assert pairs.bare() is pairs
    assert "no targets" in repr(pairs)


def test_parts_and_other_ways_round():
    pairs = Pairs(SOURCES, TARGETS)
    part = pairs.subset(np.array([2, 0]), name="part")
    assert (part.sources, part.targets, part.name) == (SOURCES[::-2], TARGETS[::-2], "part")
    assert pairs.subset(iter([0])).targets == TARGETS[:1]
    assert (pairs.bare().sources, pairs.bare().targets) == (SOURCES, None)
    assert list(pairs.reversed()) == list(zip(TARGETS, SOURCES, strict=True))


def test_splits_hand_them_out_as_they_are():
    pairs = Pairs(SOURCES, TARGETS)
    splits = Splits({"train": pairs, "validation": pairs})
    assert splits.train is pairs
    assert splits.labels == ()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: Pairs(["a"], ["b", "c"], name="mine"),
            "mine: expected one target per source. Received: 1 sources, 2 targets",
        ),
        (lambda: Pairs(["a", 3], name="mine"), "mine: source 1: expected a str. Received: 3 (int)"),
        (
            lambda: Pairs(["a"], [None], name="mine"),
            "mine: target 0: expected a str. Received: None (NoneType)",
        ),
        (
            lambda: Pairs(["a"], name="mine").reversed(),
            "mine: expected targets. Received: 1 sources alone",
        ),
    ],
)
def test_what_they_refuse(make, message):
    with pytest.raises(DataError) as error:
        make()
    assert str(error.value) == message
