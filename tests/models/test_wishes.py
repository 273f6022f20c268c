"""What translations have to hold, as ids.

Shapes: B texts, P ids or phrases, M ids of a phrase.
"""

import numpy as np
import pytest

from seqkit.data import Translation
from seqkit.models.wishes import Wishes

PAIRS = [("a dog", "ein Hund"), ("a cat", "eine Katze")]


@pytest.fixture(scope="module")
def words():
    return Translation.learn(PAIRS, "words")


def ids(words, text):
    return words.target.ids([text]).to_list()[0]


def test_one_prefix_is_for_all_texts(words):
    tensor = Wishes(words, 3, "ein Hund", None, None).tensors["prefix"]
    assert tensor.tolist() == [ids(words, "ein Hund")] * 3


def test_prefixes_are_padded(words):
    wishes = Wishes(words, 3, ["ein", "", "eine Katze"], None, None)
    assert wishes.tensors["prefix"].tolist() == [
        [*ids(words, "ein"), 0],
        [0, 0],
        ids(words, "eine Katze"),
    ]
    assert wishes.width == 2
    assert wishes.of(np.array([2, 0]))["prefix"].tolist()[1] == [*ids(words, "ein"), 0]


def test_phrases_are_padded_on_both_axes(words):
    wishes = Wishes(words, 2, None, [["Hund", "eine Katze"], []], None)
    assert wishes.tensors["required"].tolist() == [
        [[*ids(words, "Hund"), 0], ids(words, "eine Katze")],
        [[0, 0], [0, 0]],
    ]


def test_nothing_asked_is_nothing(words):
    wishes = Wishes(words, 2, None, [], [])
    assert (wishes.tensors, wishes.forbidden, wishes.width) == ({}, (), 0)


def test_forbidden_phrases(words):
    expected = (tuple(ids(words, "Hund")), tuple(ids(words, "eine Katze")))
    assert Wishes(words, 2, None, None, ["Hund", "eine Katze", ""]).forbidden == expected


def test_what_cannot_be_written_need_not_be_forbidden(words):
    found = Wishes(words, 2, "eine Hund", ["Katze"], ["Maus", "eine Katze"])
    assert found.forbidden == (tuple(ids(words, "eine Katze")),)


@pytest.mark.parametrize(
    ("wishes", "message"),
    [
        ((["a"], None, None), "`prefix` must be one for all texts or one for each, 2. Received: 1"),
        ((None, [["Hund"]], None), "`required` must be one for all texts or one for each"),
        ((None, "Hund", None), "`required` must be a list of str. Received: 'Hund'"),
        ((None, None, "Hund"), "`forbidden` must be a list of str"),
        (("Maus", None, None), "`prefix` must be made of what the model can write. .*'Maus'"),
        ((3, None, None), "`prefix` must be made of str. Received: 3"),
        ((None, ["Hund", ""], None), "`required` must hold no empty str. Received: ''"),
        ((None, [["Hund"], [3]], None), "`required` must be made of str. Received: 3"),
        ((None, ["eine Katze"], ["Katze"]), "hold nothing that `forbidden` does.*'Katze'"),
        (("ein Hund", None, ["ein Hund"]), "`prefix` must hold nothing that `forbidden` does"),
    ],
)
def test_wrong_wishes(words, wishes, message):
    with pytest.raises(ValueError, match=message):
        Wishes(words, 2, *wishes)


def test_of_pieces_what_is_required_has_a_space_where_one_writes_it():
    pieces = Translation.learn([("a", "ein Hund! (12)")] * 9, size=270)
    spelling = pieces.target.spelling

    def required(phrase):
        rows = Wishes(pieces, 1, None, [phrase], None).tensors["required"][0, 0]
        return b"".join(spelling[i] for i in rows)

    assert required("Hund") == b" Hund"
    assert required("12") == b" 12"
    assert required("!") == b"!"
    assert required("(12") == b"(12"
    words = Translation.learn([("a", "ein Hund !")] * 9, "words")
    assert Wishes(words, 1, None, ["!"], None).tensors["required"].tolist() == [[ids(words, "!")]]


def test_lists_that_are_none_of_python():
    words = Translation.learn(PAIRS, "words")
    given = Wishes(words, 2, np.array(["ein", "eine"]), None, None).tensors["prefix"]
    assert given.tolist() == [ids(words, "ein"), ids(words, "eine")]


def test_of_pieces_what_is_forbidden_is_found_in_another_cut():
    pieces = Translation.learn([("a", "der Hund (Hund)")] * 9, size=270)
    with pytest.raises(ValueError, match=r"`prefix` must hold nothing that .*Hund"):
        Wishes(pieces, 1, "(Hund)", None, ["Katze", "Hund"])
    Wishes(pieces, 1, "(Hunde", None, ["und"])
