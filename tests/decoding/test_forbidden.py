"""Forbidden phrases against the texts of all sequences.

Shapes: V ids.
"""

import itertools
import re

import numpy as np
import pytest

from seqkit.decoding import Forbidden
from seqkit.decoding.beam import LOW

# Id 0 is padding, the last two are the bytes of one character.
WRITTEN = ["", "?", " c", "at", " cat", "c", "a", "t", " ", "-", "s", " cats", "ü", "犬", "は"]
SPELLING = [text.encode() for text in WRITTEN] + [b"\xc3", b"\xbc"]
V = len(SPELLING)


def stands(text, row):
    """Whether a text stands in ids, from border to border, as a word where it begins with one."""
    parts = [SPELLING[i] for i in row]
    for start, end in itertools.combinations(range(len(row) + 1), 2):
        before, here = b"".join(parts[:start]), b"".join(parts[start:end])
        byte = start > 0 and len(WRITTEN) <= row[start - 1]  # what it is of is not looked at
        word = re.search(r"[a-zü]$", before.decode("utf-8", "ignore")) and not byte
        whole = not (re.match(r"[a-zü]", text) and word)
        if here == b" " + text.encode() or (here == text.encode() and whole):
            return True
    return False


def barred(forbidden, row):
    """The ids that may not follow a row."""
    ids = np.zeros((1, 1, 6), "int32")
    ids[0, 0, : len(row)] = row
    logits = forbidden.apply(np.zeros((1, 1, V), "float32"), ids, len(row), ())
    return set(np.flatnonzero(np.asarray(logits)[0, 0, 1:] == LOW) + 1)


@pytest.mark.parametrize(
    "phrase", [[4], [2, 3], [5, 6, 7], [2, 12], [12], [9], [4, 4], [9, 10], [13]]
)
def test_no_cut_of_a_phrase_slips_through(phrase):
    forbidden = Forbidden([phrase], SPELLING)
    text = b"".join(SPELLING[i] for i in phrase).decode().lstrip(" ")
    ends = 0
    for length in range(4):
        for row in itertools.product(range(1, V), repeat=length):
            if length == 3 and hash(row) % 20:  # a few of the longest
                continue
            if stands(text, row):
                assert forbidden.bars(row)
                continue
            assert not forbidden.bars(row)
            expected = {i for i in range(1, V) if stands(text, (*row, i))}
            assert barred(forbidden, row) == expected
            ends += len(expected)
    assert ends


def test_several_phrases():
    forbidden = Forbidden([[4], [9], [11]], SPELLING)
    assert barred(forbidden, [2]) == {3, 4, 9, 11}
    assert barred(forbidden, [5, 6]) == {4, 7, 9, 11}
    assert barred(forbidden, []) == {4, 9, 11}


def test_scripts_without_spaces():
    forbidden = Forbidden([[8, 13]], SPELLING)
    assert forbidden.bars([8, 14, 13, 14])
    assert barred(forbidden, [14]) == {13}
    assert barred(forbidden, [5]) == {13}


def test_longer_words_stay_possible():
    forbidden = Forbidden([[4]], SPELLING)
    assert not forbidden.bars([11])  # " cats" goes over the end of " cat"
    assert not forbidden.bars([10, 5, 3])  # "scat"
    assert forbidden.bars([9, 5, 3])  # "-cat"


def test_without_spelling_a_phrase_is_its_ids():
    forbidden = Forbidden([[4], [2, 3]])
    assert barred(forbidden, [2]) == {3, 4}
    assert barred(forbidden, [8, 3]) == {4}
    assert forbidden.bars([1, 2, 3])
    assert not forbidden.bars([2, 1, 3, 9])


def test_of_a_long_phrase_no_more_is_looked_at_than_there_can_be():
    forbidden = Forbidden([[2, *[3] * 9], [2, 3, 9]], SPELLING)  # six ids fit in
    assert barred(forbidden, [2, 3, 3, 3, 3]) == set()
    assert barred(forbidden, [3, 2, 3]) == {9}


def test_nothing_is_barred_by_nothing():
    assert not barred(Forbidden([[8], []], SPELLING), [2])  # a space alone is no phrase
