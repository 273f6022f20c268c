"""Pieces against a search written out; texts that come back exactly."""

import os
import pathlib
import random
import re
import subprocess
import sys
import unicodedata

import pytest
import tensorflow as tf

from seqkit import data
from seqkit.data import Pieces

START = "\u2581"
ROOT = os.environ.get("SEQKIT_DATA")
TEXTS = ["A man's dog, 12 years old.", "Ein Hund (12) lief \u2013 \u00fcber Stra\u00dfen!"]
ODD = [
    "",
    "   ",
    "  two  spaces\tand\ta tab\r\n",
    "\U0001f600 \U0001f469\u200d\U0001f469\u200d\U0001f467 \u2764\ufe0f\U0001f1e9\U0001f1ea",
    "\u201eHallo\u201c 'x' \"y\" \u00abz\u00bb it's ''",
    "12,345.6 km/h 3\u00bd \u0663\u0664",
    "e\u0301 x\u0302 \u0301 \u00e9e A\u030a\u0301",
    "\u2581a \u2581\u2581 b\u2581",
    "\u65e5\u672c\u8a9e \u200b x\u00ad\u202ey",
    "\ufffd <0xE2> \u0645\u0631\u062d\u0628\u0627 \u05e9\u05dc\u05d5\u05dd \ufb01 \u212b",
    "a\u00a0b\u3000c\u2028d\x00e",
    "no.space,here(at)all",
    "UPPER lower MiXeD",
    "a" * 59 + " " + "\u00e9" * 60 + "b " + "x" * 1000,
]


def normal(text):
    """NFC, runs of white space and control characters one space: what "exactly" is up to."""
    blank = "".join(c if unicodedata.category(c)[0] not in "Z" else " " for c in text)
    blank = "".join(" " if unicodedata.category(c) == "Cc" else c for c in blank)
    return unicodedata.normalize("NFC", re.sub(" +", " ", blank).strip(" "))


def brute_force(text, vocabulary):
    """Ids by a search written out: chunks, then the longest piece, bytes where there is none."""
    chunks, space = [], True
    for character in normal(text):
        if character == " ":
            space = True
            continue
        letter = unicodedata.category(character)[0] in "LM"
        run = chunks and chunks[-1][1] and len(chunks[-1][0]) < 60
        if letter and not space and run:
            chunks[-1][0] += character
        else:
            chunks.append([START * space + character, letter])
        space = False
    ids = []
    for chunk, _ in chunks:
        while chunk:
            sizes = [n for n in range(len(chunk), 0, -1) if chunk[:n] in vocabulary]
            if sizes:
                ids.append(vocabulary.index(chunk[: sizes[0]]) + 2)
            else:
                ids += [len(vocabulary) + 2 + byte for byte in chunk[0].encode()]
            chunk = chunk[sizes[0] if sizes else 1 :]
    return ids


@pytest.fixture(scope="module")
def pieces():
    return Pieces.learn(TEXTS * 3, size=330)


@pytest.mark.parametrize("seed", range(4))
def test_ids_against_brute_force(seed):
    chance = random.Random(seed)
    alphabet = "abAB1.,'\u00e9\u0302 "
    vocabulary = {
        "".join(chance.choices(alphabet[:-1], k=chance.randrange(1, 4))) for _ in "x" * 40
    }
    vocabulary |= {START + unit for unit in list(vocabulary)[::2]} | {START}
    vocabulary = sorted({unicodedata.normalize("NFC", unit) for unit in vocabulary})
    texts = [
        "".join(chance.choices(alphabet + "\u00fc\u65e5\U0001f600", k=chance.randrange(40)))
        for _ in range(60)
    ]
    found = Pieces(vocabulary)
    assert found.ids(texts).to_list() == [brute_force(text, vocabulary) for text in texts]


@pytest.mark.parametrize("text", ODD)
def test_odd_texts_come_back(pieces, text):
    ids = pieces.ids([text])
    assert pieces.text(ids) == [normal(text)]
    assert pieces.joined(ids.to_tensor()).numpy()[0].decode() == normal(text)


@pytest.mark.parametrize("seed", range(3))
def test_random_texts_come_back(pieces, seed):
    chance = random.Random(seed)
    codes = [*range(0x20, 0x180), *range(0x300, 0x330), *range(0x2580, 0x2590), 0x1F600, 0x200D]
    texts = ["".join(map(chr, chance.choices(codes, k=chance.randrange(40)))) for _ in range(500)]
    expected = [normal(text) for text in texts]
    ids = pieces.ids(texts)
    assert pieces.text(ids) == expected
    padded = pieces.joined(tf.pad(ids.to_tensor(), [[0, 0], [0, 2]]))
    assert [text.decode() for text in padded.numpy()] == expected


@pytest.mark.skipif(
    not (ROOT and pathlib.Path(ROOT, "multi30k").is_dir()), reason="SEQKIT_DATA holds no multi30k"
)
def test_multi30k_comes_back():
    splits = data.load("multi30k").examples
    pieces = Pieces.learn(splits["validation"].sources, size=2000)  # of the other language
    for texts in (splits["validation"].targets, splits["test"].targets):
        ids = pieces.ids(texts)
        assert pieces.text(ids) == [normal(text) for text in texts]
        assert [t.decode() for t in pieces.joined(ids.to_tensor()).numpy()] == pieces.text(ids)


def test_no_piece_crosses_a_border(pieces):
    for piece in pieces.vocabulary:
        inner = piece.removeprefix(START)
        assert len(inner) <= 1 or all(unicodedata.category(c)[0] in "LM" for c in inner), piece
    units = pieces.units(["A man's dog, 12"])[0]
    assert "".join(units) == f"{START}A{START}man's{START}dog,{START}12"


def test_bytes_out_of_order_are_replaced(pieces):
    byte = len(pieces.vocabulary) + 2
    for ids, text in (
        ([byte + 0xC3, byte + 0xBC], "\u00fc"),
        ([byte + 0xC3], "\ufffd"),
        ([byte + 0xBC, byte + ord("a")], "\ufffda"),
        ([1], "\ufffd"),
        ([0, 0], ""),
    ):
        assert pieces.text(ids) == text
        assert pieces.joined([ids]).numpy()[0].decode() == text


def test_sizes(pieces):
    assert pieces.size == len(pieces.vocabulary) + 258 <= 330
    assert len(pieces.symbols) == pieces.size
    ids = pieces.ids(ODD).flat_values.numpy()
    assert ids.min() > 1
    assert ids.max() < pieces.size


def test_bytes_that_are_no_text_come_as_replaced(pieces):
    assert pieces.text(pieces.ids([b"a\xff"])) == ["a\ufffd"]


def test_case_is_folded_if_asked():
    folded = Pieces.learn(TEXTS, size=330, lowercase=True)
    assert folded.text(folded.ids(["A MAN \u00dcber"])) == ["a man \u00fcber"]


def test_the_head_of_a_long_text(pieces):
    short = Pieces(pieces.vocabulary, max_length=3)
    assert short.ids(["a man's dog"]).to_list() == [pieces.ids(["a man's dog"]).to_list()[0][:3]]


def test_learning_gives_the_same_pieces_in_another_process(pieces):
    code = f"from seqkit import data; print(data.Pieces.learn({TEXTS!r} * 3, size=330).vocabulary)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == f"{pieces.vocabulary}\n"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: Pieces.learn(["a"], size=258),
            "The size of a vocabulary of pieces must be at least 259: bytes, padding, unknown and "
            "a piece. Received: 258",
        ),
        (
            lambda: Pieces.learn(["", " "], size=300),
            "`texts` must hold at least one word. Received: none",
        ),
        (
            lambda: Pieces(["e\u0301", "\u00e9"]),
            "`vocabulary` must not repeat a unit. Received twice: '\u00e9'",
        ),
        (lambda: Pieces(["a"]).text([259]), "`ids` must lie in [0, 259). Received: 259"),
    ],
)
def test_bad_input_says_what_was_expected(make, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        make()
