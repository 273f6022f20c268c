"""Spans in tags, against seqeval and against every sequence of a few tags."""

import itertools
import random
import warnings

import numpy as np
import pytest

from seqkit.data import DataError, Sentences, schemes
from seqkit.data.schemes import SCHEMES, allowed, check, convert, detect, spans

BIO = ["O", "B-X", "I-X", "B-Y", "I-Y"]
IOBES = [*BIO, "E-X", "S-X", "E-Y"]
BILOU = [*BIO, "L-X", "U-X", "L-Y"]
TAGS = {"BIO": BIO, "IOB1": BIO, "IOBES": IOBES, "BILOU": BILOU}
# The same spans, by hand: two words of X, X again at once, Y, nothing, X.
SAME = {
    "BIO": ["B-X", "I-X", "B-X", "B-Y", "I-Y", "I-Y", "O", "B-X"],
    "IOB1": ["I-X", "I-X", "B-X", "I-Y", "I-Y", "I-Y", "O", "I-X"],
    "IOBES": ["B-X", "E-X", "S-X", "B-Y", "I-Y", "E-Y", "O", "S-X"],
    "BILOU": ["B-X", "L-X", "U-X", "B-Y", "I-Y", "L-Y", "O", "U-X"],
}
MEANT = [("X", 0, 2), ("X", 2, 3), ("Y", 3, 6), ("X", 7, 8)]


def sequences(scheme, longest=4):
    for length in range(longest + 1):
        yield from map(list, itertools.product(TAGS[scheme], repeat=length))


def random_sequences(scheme, count=3000):
    chance = random.Random(0)
    for _ in range(count):
        yield chance.choices(TAGS[scheme], k=chance.randrange(1, 12))


@pytest.mark.parametrize("scheme", SCHEMES)
def test_spans_by_hand(scheme):
    assert spans(SAME[scheme], scheme) == MEANT
    assert spans(SAME[scheme], scheme, strict=True) == MEANT
    assert spans([], scheme) == []


@pytest.mark.parametrize("scheme", SCHEMES)
def test_spans_are_seqevals(scheme):
    labeling = pytest.importorskip("seqeval.metrics.sequence_labeling")
    for tags in random_sequences(scheme):
        # Seqeval's default knows E and S, not their names in BILOU.
        plain = [tag.replace("L-", "E-").replace("U-", "S-") for tag in tags]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = labeling.get_entities(plain)
        assert spans(tags, scheme) == [(kind, a, b + 1) for kind, a, b in expected], tags


@pytest.mark.parametrize(
    ("scheme", "theirs"), [("BIO", "IOB2"), ("IOBES", "IOBES"), ("BILOU", "BILOU")]
)
def test_strict_spans_are_seqevals(scheme, theirs):
    scheme_module = pytest.importorskip("seqeval.scheme")
    for tags in random_sequences(scheme):
        found = scheme_module.Entities([tags], getattr(scheme_module, theirs)).entities[0]
        expected = [(entity.tag, entity.start, entity.end) for entity in found]
        assert spans(tags, scheme, strict=True) == expected, tags


def test_bare_and_absent_tags():
    assert spans(["B", "I", None, "I-a-b"]) == [("_", 0, 2), ("a-b", 3, 4)]


@pytest.mark.parametrize("source", SCHEMES)
@pytest.mark.parametrize("target", SCHEMES)
def test_conversion(source, target):
    assert convert(SAME[source], source, target) == SAME[target]
    assert convert([], source, target) == []
    assert convert([None, "O"], source, target) == [None, "O"]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_conversion_there_and_back_keeps_all_sound_tags(scheme):
    sound = 0
    for tags in sequences(scheme):
        try:
            check(tags, scheme)
        except DataError:
            continue
        sound += 1
        for target in SCHEMES:
            there = convert(tags, scheme, target)
            assert spans(there, target, strict=True) == spans(tags, scheme)
            assert convert(there, target, scheme) == tags
    assert sound > 50


def test_conversion_of_sentences():
    sentences = Sentences([["a", "b"], []], [["I-X", "B-X"], []], name="mine")
    converted = convert(sentences, "IOB1", "BIO")
    assert (converted.labels, converted.name) == ([["B-X", "B-X"], []], "mine")
    assert convert(sentences.bare(), "IOB1", "BIO").labels is None


@pytest.mark.parametrize("scheme", SCHEMES)
def test_allowed_agrees_with_strict_spans(scheme):
    """Sound is what strict reading leaves whole: no tag but O outside of a span."""
    start, transitions, end = allowed(TAGS[scheme], scheme)
    place = {tag: i for i, tag in enumerate(TAGS[scheme])}
    for tags in sequences(scheme):
        if not tags:
            continue
        ids = [place[tag] for tag in tags]
        sound = bool(start[ids[0]] and end[ids[-1]] and transitions[ids[:-1], ids[1:]].all())
        covered = sum(b - a for _, a, b in spans(tags, scheme, strict=True))
        assert sound == (covered == sum(tag != "O" for tag in tags)), tags
        try:
            check(tags, scheme)
            assert sound, tags
        except DataError:
            assert not sound, tags


def test_allowed_by_hand():
    start, transitions, end = allowed(["O", "B-X", "I-X", "I-Y"], "BIO")
    assert start.tolist() == [True, True, False, False]
    assert transitions.astype(int).tolist() == [
        [1, 1, 0, 0],
        [1, 1, 1, 0],
        [1, 1, 1, 0],
        [1, 1, 0, 1],
    ]
    assert end.all()
    assert {a.dtype for a in (start, transitions, end)} == {np.dtype(bool)}
    _, transitions, end = allowed(["O", "B-X", "I-X", "E-X", "S-X"], "IOBES")
    assert end.tolist() == [True, False, False, True, True]
    assert transitions[1].tolist() == [False, False, True, True, False]


@pytest.mark.parametrize(
    ("labels", "scheme"),
    [
        (["O", "B-NP", "I-NP"], "BIO"),
        (["B-NP", "I-NP", "B-VP"], "BIO"),
        (["O", "I-NP", "I-VP", "B-NP"], "IOB1"),
        (["O", "B-X", "E-X"], "IOBES"),
        (["S-X", "O"], "IOBES"),
        (["U-X", "L-Y", "B-Y"], "BILOU"),
        (["B-X", "L-X", "S-X"], None),
        (["NOUN", "O", "X"], None),
        (["B-X", "NOUN"], None),
        (["O"], None),
        ([], None),
    ],
)
def test_detection_by_names(labels, scheme):
    assert detect(labels) == scheme


@pytest.mark.parametrize(
    ("tags", "scheme"),
    [
        (["I-X", "B-X", "O"], "IOB1"),
        (["B-X", "I-X", "O"], "BIO"),
        (["B-X", "O", "I-X"], "BIO"),  # neither: what the names say
        (["NOUN", None], None),
    ],
)
def test_detection_in_sentences(tags, scheme):
    assert detect(Sentences([["w"] * len(tags)], [tags])) == scheme


WRONG = {
    "I without B": (
        lambda: check([["O"], ["B-X", "O", "I-X"]], "BIO", name="a.conll"),
        "a.conll: sentence 1, word 2: expected a tag that may stand after 'O' in BIO. "
        "Received: 'I-X'",
    ),
    "I of another type": (lambda: check(["B-X", "I-Y"], "BIO"), "word 1: expected"),
    "I at the start": (
        lambda: check(Sentences([["a"]], [["I-X"]], name="mine"), "BIO"),
        "mine: sentence 0, word 0: expected a tag that may stand at the start in BIO.",
    ),
    "B without end": (
        lambda: check(["O", "B-X"], "IOBES"),
        "word 1: expected a tag that may stand at the end in IOBES. Received: 'B-X'",
    ),
    "B alone in IOB1": (lambda: convert(["O", "B-X"], "IOB1", "BIO"), "after 'O' in IOB1"),
    "letter of another scheme": (
        lambda: spans(["S-X"], "BIO"),
        "tags: expected a tag of BIO: B-type, I-type, O. Received: 'S-X'",
    ),
    "no letter": (lambda: allowed(["NOUN"], "BIO"), "Received: 'NOUN'"),
}


@pytest.mark.parametrize("case", WRONG)
def test_broken_tags_say_where(case):
    call, message = WRONG[case]
    with pytest.raises(DataError) as error:
        call()
    assert message in str(error.value)


def test_an_absent_tag_may_have_been_any():
    check(["B-X", None, "I-X", None], "BIO")
    check([None, "E-X", "B-X", None], "IOBES")


@pytest.mark.parametrize("name", ["spans", "check", "allowed"])
def test_an_unknown_scheme(name):
    with pytest.raises(ValueError, match=r"`scheme` must be one of BIO, .* Received: 'IOB'"):
        getattr(schemes, name)(["O"], "IOB")
