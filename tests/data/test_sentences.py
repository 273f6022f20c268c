"""Sentences in memory: what they hold, and what they refuse."""

import numpy as np
import pytest

from seqkit.data import DataError, Sentences

WORDS = [["They", "run"], [], ["a", "run", "."]]
TAGS = [["PRON", "VERB"], [], ["DET", None, "PUNCT"]]


def test_what_they_hold():
    sentences = Sentences(WORDS, TAGS, name="mine")
    assert (len(sentences), sentences.tokens) == (3, 5)
    assert list(sentences) == list(zip(WORDS, TAGS, strict=True))
    assert sentences.label_names == ("DET", "PRON", "PUNCT", "VERB")
    assert repr(sentences) == "<Sentences mine: 3 sentences, 5 words, tags DET, PRON, PUNCT, VERB>"


def test_words_alone():
    sentences = Sentences(WORDS)
    assert sentences.labels is None
    assert sentences.label_names == ()
    assert sentences.bare() is sentences
    assert next(iter(sentences)) == (["They", "run"], None)
    assert "no tags" in repr(sentences)


def test_parts_and_bare_words():
    sentences = Sentences(WORDS, TAGS)
    part = sentences.subset(np.array([2, 0]), name="part")
    assert (part.words, part.labels, part.name) == (WORDS[::-2], TAGS[::-2], "part")
    assert sentences.subset(iter([0])).labels == TAGS[:1]
    assert (sentences.bare().words, sentences.bare().labels) == (WORDS, None)


@pytest.mark.parametrize(
    ("tags", "kept"),
    [
        ([[1, 2]], [["1", "2"]]),
        ([np.array([1, 2])], [["1", "2"]]),
        ([(b"X", "Y")], [["X", "Y"]]),
        ([None], [[None, None]]),
    ],
)
def test_tags_are_kept_as_str(tags, kept):
    assert Sentences([["a", b"b"]], tags).labels == kept
    assert Sentences([["a", b"b"]]).words == [["a", "b"]]


WRONG = {
    "tag missing": (
        ([["a"], ["b", "c"]], [["X"], ["Y"]]),
        "sentence 1: expected one tag per word. Received: 2 words, 1 tags",
    ),
    "sentence missing": (
        ([["a"], ["b"]], [["X"]]),
        "expected tags for each sentence. Received: 2 sentences, tags of 1",
    ),
    "word no str": (
        ([["a"], ["b", 3]],),
        "sentence 1, word 1: expected a word, a str. Received: 3",
    ),
    "word None": (([["a", None]],), "sentence 0, word 1: expected a word, a str. Received: None"),
    "word empty": (([["a", ""]],), "word 1: expected a word, a str. Received: an empty str"),
    "tag no str": (([["a"]], [[1.5]]), "word 0: expected a tag, a str, or None. Received: 1.5"),
    "tag empty": (([["a"]], [[""]]), "expected a tag, a str, or None. Received: an empty str"),
    "one str": ((["They run"],), "sentence 0: expected a list. Received: 'They run' (str)"),
    "tags a str": (([["a"]], ["X"]), "sentence 0: expected a list. Received: 'X' (str)"),
    "words a number": (([7],), "sentence 0: expected a list. Received: 7 (int)"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_they_refuse(case):
    arguments, message = WRONG[case]
    with pytest.raises(DataError) as error:
        Sentences(*arguments, name="mine")
    assert str(error.value).startswith("mine: ")
    assert message in str(error.value)
