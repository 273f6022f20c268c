"""Subwords against a search written out, and against the `tokenizers` library."""

import random
import subprocess
import sys

import pytest
import tokenizers

from seqkit import data
from seqkit.data import Subwords

START = "\u2581"


def brute_force(word, vocabulary):
    """Ids of the longest pieces, left to right; an unknown character is one unknown unit."""
    if len(word) >= 64:
        return [1]
    rest, ids = START + word, []
    while rest:
        sizes = [n for n in range(len(rest), 0, -1) if rest[:n] in vocabulary]
        ids.append(vocabulary.index(rest[: sizes[0]]) + 2 if sizes else 1)
        rest = rest[sizes[0] if sizes else 1 :]
    return ids


@pytest.fixture(scope="module")
def pieces():
    return Subwords.learn(data.samples.reviews(600).examples["train"], size=250)


@pytest.mark.parametrize("seed", range(5))
def test_the_longest_piece_is_taken_against_brute_force(seed):
    chance = random.Random(seed)
    letters = "abcd"
    vocabulary = sorted(
        {"".join(chance.choices(letters, k=chance.randrange(1, 6))) for _ in "x" * 30}
    )
    vocabulary += [START, START + "ab", START + "abc"]
    subwords = Subwords(vocabulary)
    texts = [
        " ".join(
            "".join(chance.choices(letters + "e", k=chance.randrange(1, 70))) for _ in range(n)
        )
        for n in (0, 1, 5, 20)
    ]
    expected = [[i for w in text.split() for i in brute_force(w, vocabulary)] for text in texts]
    assert subwords.ids(texts).to_list() == expected


def test_the_same_pieces_as_the_library_finds(pieces):
    vocabulary = {"[UNK]": 1, **{piece: i + 2 for i, piece in enumerate(pieces.vocabulary)}}
    library = tokenizers.models.WordPiece(
        vocabulary, unk_token="[UNK]", continuing_subword_prefix=""
    )
    texts = data.samples.reviews(600).examples["test"].texts
    expected = [
        [token.id for word in row for token in library.tokenize(START + word)]
        for row in data.Words(["x"]).units(texts)
    ]
    assert pieces.ids(texts).to_list() == expected


def test_known_text_comes_back(pieces):
    text = "the acting is dull , but the film is n't"
    assert pieces.text(pieces.ids([text])) == [text]
    assert "".join(pieces.units([text])[0]) == START + text.replace(" ", START)
    assert pieces.size == 250


def test_words_no_one_writes_are_one_unknown_unit(pieces):
    ids = pieces.ids(["a" * 63, "a" * 64, "a" * 100_000]).to_list()
    assert len(ids[0]) > 10
    assert ids[1:] == [[1], [1]]


def test_learning_gives_the_same_pieces_in_another_process(pieces):
    code = (
        "from seqkit import data;"
        "rows = data.samples.reviews(600).examples['train'];"
        "print(data.Subwords.learn(rows, size=250).vocabulary)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == f"{pieces.vocabulary}\n"


def test_a_small_size_still_learns():
    subwords = Subwords.learn(["abc abd"], size=4)
    assert subwords.size <= 4
    assert 1 in subwords.ids(["abc"]).to_list()[0]
