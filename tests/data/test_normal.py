"""The normal form against Python's own `unicodedata` and `str`."""

import random
import sys
import unicodedata

import pytest
import tensorflow as tf

from seqkit.data.normal import canonical, clean


def graph(function, texts, **options):
    return [text.decode() for text in function(tf.constant(texts, tf.string), **options).numpy()]


def python_clean(text, lowercase=True):
    """The same rules, one character at a time."""
    text = text.lower() if lowercase else text
    kept = []
    for c in unicodedata.normalize("NFD", text):
        kind = unicodedata.category(c)
        if kind == "Cf" or "\ufe00" <= c <= "\ufe0f":
            continue
        kept.append(" " if kind in ("Zs", "Zl", "Zp", "Cc") else c)
    text = "".join(kept)
    while "  " in text:
        text = text.replace("  ", " ")
    return text


ODD = {
    "empty": "",
    "spaces": "   ",
    "ascii": "Plain text, 10,000 times.",
    "composed": "Crème brûlée ÅÉ",
    "decomposed": unicodedata.normalize("NFD", "Crème brûlée ÅÉ"),
    "marks out of order": "a\u0301\u0323\u0302\u0345b\u0315\u0300",
    "mark first": "\u0301\u0323abc",
    "korean": "한국어 각",
    "decomposes to two marks": "\u0344\u1fb7",
    "hebrew": "שָׁלוֹם עולם",
    "arabic": "مرحبا بالعالم ١٢٣",
    "greek": "ΟΔΥΣΣΕΥΣ",
    "emoji": "I ❤\ufe0f it 👩\u200d👧 👍🏽 🇩🇪",
    "zero width": "zero\u200bwidth\u2060joiner\ufeff",
    "direction": "\u202eabc\u202c",
    "nul": "a\x00b",
    "newlines": "a\r\n\tb\u2028c\x85d\x0be",
    "spaces of all kinds": "a\u00a0b\u3000c\u2003d\u202fe",
    "mathematical": "\U0001d518\U0001d52b \U0001d15e",
    "last planes": "\U0002f800 \U000e0041\U0010fffd",
}


@pytest.mark.parametrize("case", ODD)
@pytest.mark.parametrize("lowercase", [True, False])
def test_odd_texts_against_python(case, lowercase):
    text = ODD[case]
    assert graph(canonical, [text]) == [unicodedata.normalize("NFD", text)]
    assert graph(clean, [text], lowercase=lowercase) == [python_clean(text, lowercase)]


def test_every_character_decomposes_as_in_python():
    characters = [chr(c) for c in range(0x30000) if not 0xD800 <= c < 0xE000]
    rows = ["".join(characters[i : i + 512]) for i in range(0, len(characters), 512)]
    # Unassigned to Python is unknown to the table, and the neighbours do not care.
    assert graph(canonical, rows) == [unicodedata.normalize("NFD", row) for row in rows]


def test_random_marks_in_a_batch_against_python():
    chance = random.Random(0)
    alphabet = "abΩé각 \u0300\u0301\u0323\u0327\u0345\u05b0\u05bc\u3099\u0f71\u0344ﬁÅ"
    texts = ["".join(chance.choices(alphabet, k=chance.randrange(12))) for _ in range(500)]
    assert graph(canonical, texts) == [unicodedata.normalize("NFD", text) for text in texts]


def test_bytes_that_are_no_utf8_become_replacement_characters():
    (got,) = clean(tf.constant([b"caf\xe9 \xff\xc3("])).numpy()
    assert got.decode() == "caf\ufffd \ufffd\ufffd("


def test_no_texts():
    assert clean(tf.constant([], tf.string)).shape == (0,)


def test_a_long_text_is_cleaned():
    text = "Ünï " * 25_000
    assert sys.getsizeof(text) > 100_000
    assert graph(clean, [text]) == [python_clean(text)]
