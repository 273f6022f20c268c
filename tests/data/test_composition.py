"""Canonical composition against Python's own."""

import random
import unicodedata

import pytest
import tensorflow as tf

from seqkit.data.composition import compose

MARKS = [chr(code) for code in range(0x30000) if unicodedata.combining(chr(code))]
LETTERS = [
    chr(code)
    for code in range(0x30000)
    if unicodedata.normalize("NFD", chr(code)) != chr(code) and not 0xAC00 <= code < 0xD7A4
]
# Vowel signs of class 0 that compose with what stands before them.
SIGNS = [*"\u09c7\u09be\u0b47\u0b3e\u1025\u102e"]
HANGUL = [*map(chr, (*range(0xAC00, 0xAC40), *range(0x1100, 0x1113), *range(0x1161, 0x1176)))]
HANGUL += map(chr, range(0x11A8, 0x11C3))


def composed(texts):
    return [text.decode() for text in compose(tf.constant(texts, tf.string)).numpy()]


def test_every_character_alone():
    texts = [chr(code) for code in range(1, 0x110000) if not 0xD800 <= code < 0xE000]
    texts = texts[:0x30000] + texts[0x30000::997]
    assert composed(texts) == [unicodedata.normalize("NFC", text) for text in texts]


@pytest.mark.parametrize("seed", range(3))
def test_random_texts(seed):
    chance = random.Random(seed)
    pools = (MARKS, [*map(chr, range(0x300, 0x330))], LETTERS, SIGNS, HANGUL, [*"aeuAo "])
    texts = [
        "".join(chance.choice(chance.choice(pools)) for _ in range(chance.randrange(9)))
        for _ in range(3000)
    ]
    texts += [unicodedata.normalize("NFD", text) for text in texts]
    changed = sum(unicodedata.normalize("NFC", text) != text for text in texts)
    assert changed > 2000
    assert composed(texts) == [unicodedata.normalize("NFC", text) for text in texts]


@pytest.mark.parametrize("texts", [[], [""], ["", "plain", "u\u0308", "\u0308", ""]])
def test_few_texts(texts):
    assert composed(texts) == [unicodedata.normalize("NFC", text) for text in texts]


def test_in_a_graph_of_any_number_of_texts():
    graph = tf.function(compose, input_signature=[tf.TensorSpec((None,), tf.string)])
    for texts in (["e\u0301"], ["a", "A\u030a\u0301"]):
        found = [text.decode() for text in graph(tf.constant(texts)).numpy()]
        assert found == [unicodedata.normalize("NFC", text) for text in texts]
