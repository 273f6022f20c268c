"""Units that each word has one of."""

import pytest
import tensorflow as tf

from seqkit.data import Forms, Prefixes, Shapes, Suffixes

WORDS = ["Unlike", "so", "", "caf\u00e9s", "x-y", "  spaced out "]
# What each kind makes of WORDS, by hand.
EXPECTED = {
    Forms: ["unlike", "so", "", "caf\u00e9s", "x-y", "spaced out"],
    Prefixes: ["unl", "so", "", "caf", "x-y", "spa"],
    Suffixes: ["ike", "so", "", "\u0301s", "x-y", "out"],
    Shapes: ["Xxx", "xx", "", "xx", "x-x", "xx xx"],
}


@pytest.mark.parametrize("kind", EXPECTED)
def test_units(kind):
    lowercase = kind is not Shapes
    units = kind.cut(tf.constant(WORDS), lowercase=lowercase)
    assert units.row_lengths().numpy().tolist() == [1] * len(WORDS)
    found = [unit.decode() for unit in units.flat_values.numpy()]
    expected = EXPECTED[kind]
    if kind is Suffixes:  # three characters of the decomposed word
        expected = [*expected[:3], "e\u0301s", *expected[4:]]
    if kind is Forms:
        expected = [*expected[:3], "cafe\u0301s", *expected[4:]]
    assert found == expected


SHAPES = {
    "Berlin": "Xxx", "NATO": "XX", "iPhone6": "xXxxd", "1984-85": "dd-dd", "McGee": "XxXxx",
    "$5.00": "$d.dd", "\u00dcber": "Xxx", "\u4e2d\u6587": "xx", "dX": "xX", ":-)": ":-)",
}  # fmt: skip


@pytest.mark.parametrize("word", SHAPES)
def test_shapes(word):
    assert Shapes.learn([word]).vocabulary == (SHAPES[word],)


@pytest.mark.parametrize("kind", EXPECTED)
def test_learned_units_are_found_again_and_others_are_unknown(kind):
    units = kind.learn(["Walking", "talking", "so"])
    ids = units.ids(["Walking", "so", "zzz-9"]).to_list()
    assert [len(row) for row in ids] == [1, 1, 1]
    assert ids[0][0] > 1
    assert ids[1][0] > 1
    assert ids[2] == [1]
    again = kind.from_config(units.get_config())
    assert again.ids(["Walking", "so", "zzz-9"]).to_list() == ids


def test_case_is_folded_for_words_and_kept_for_shapes():
    assert Forms(["so"]).ids(["SO"]).to_list() == [[2]]
    assert Shapes(["xx"]).ids(["SO"]).to_list() == [[1]]


def test_cleaned():
    assert Forms.cleaned(["Cafe\u0301", "\u200b", "New \t York"]) == ["caf\u00e9", "new york"]
