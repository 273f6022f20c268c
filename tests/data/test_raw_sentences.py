"""Whatever holds sentences gives the same sentences."""

import pathlib

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from seqkit import data
from seqkit.data import DataError, as_sentences
from seqkit.data.raw_sentences import is_text

WORDS = [["They", "run"], ["a", "crème", "."]]
TAGS = [["PRON", "VERB"], ["DET", None, "PUNCT"]]
GIVEN = [[tag or "" for tag in row] for row in TAGS]  # as tensors hold an absent tag
RAGGED, RAGGED_TAGS = tf.ragged.constant(WORDS), tf.ragged.constant(GIVEN)


def flat(rows):
    return [value for row in rows for value in row]


def frame(**columns):
    made = {"sentence": [4, 4, 2, 2, 2], "word": flat(WORDS), "tag": flat(TAGS)}
    return pd.DataFrame({**made, **columns})


def stream(*tensors):
    return tf.data.Dataset.from_tensor_slices(tensors if len(tensors) > 1 else tensors[0])


LABELLED = {
    "sentences": lambda: data.Sentences(WORDS, TAGS),
    "pairs": lambda: list(zip(WORDS, TAGS, strict=True)),
    "generator": lambda: zip(map(tuple, WORDS), TAGS, strict=True),
    "frame": frame,
    "stream": lambda: stream(RAGGED, RAGGED_TAGS),
    "ragged batches": lambda: stream(RAGGED, RAGGED_TAGS).batch(2),
    "padded batches": lambda: (
        stream(RAGGED, RAGGED_TAGS)
        .map(lambda *pair: tuple(map(tf.identity, pair)))
        .padded_batch(2, ([None], [None]))
    ),
}
BARE = {
    "lists": lambda: WORDS,
    "tuples": lambda: tuple(map(tuple, WORDS)),
    "arrays": lambda: [np.array(row) for row in WORDS],
    "ragged": lambda: RAGGED,
    "padded tensor": lambda: RAGGED.to_tensor(),
    "padded array": lambda: RAGGED.to_tensor().numpy().astype(object),
    "str array": lambda: np.array([["They", "run", ""], WORDS[1]]),
    "series": lambda: pd.Series(WORDS),
    "frame": lambda: frame().drop(columns="tag"),
    "stream": lambda: stream(RAGGED),
    "bare pairs": lambda: list(data.Sentences(WORDS)),
}
Y = {
    "lists": lambda: TAGS,
    "series": lambda: pd.Series(TAGS),
    "ragged": lambda: RAGGED_TAGS,
    "padded": lambda: RAGGED_TAGS.to_tensor(),
    "array": lambda: RAGGED_TAGS.to_tensor().numpy(),
}


@pytest.mark.parametrize("kind", LABELLED)
def test_tagged_sentences_of_every_kind(kind):
    sentences = as_sentences(LABELLED[kind]())
    assert (sentences.words, sentences.labels) == (WORDS, TAGS)


@pytest.mark.parametrize("kind", BARE)
def test_bare_sentences_of_every_kind(kind):
    sentences = as_sentences(BARE[kind]())
    assert (sentences.words, sentences.labels) == (WORDS, None)


@pytest.mark.parametrize("kind", Y)
def test_tags_beside_words(kind):
    assert as_sentences(RAGGED, Y[kind]()).labels == TAGS
    assert as_sentences(WORDS, Y[kind]()).labels == TAGS


def test_numbers_as_tags_in_a_padded_array():
    assert as_sentences([["a"], ["b", "c"]], np.array([[3, 0], [0, 1]])).labels == [
        ["3"],
        ["0", "1"],
    ]


def test_sentences_stay_themselves():
    sentences = data.Sentences(WORDS)
    assert as_sentences(sentences) is sentences
    assert len(as_sentences([])) == 0


def test_two_words_as_a_tuple_are_a_sentence():
    assert as_sentences([("a", "dog"), ("it", "runs")]).words == [["a", "dog"], ["it", "runs"]]


def test_a_frame_may_name_the_tags_by_the_column():
    renamed = frame().rename(columns={"tag": "ner"})
    assert as_sentences(renamed, column="ner").labels == TAGS
    assert as_sentences(renamed).labels is None


def test_rows_of_a_sentence_that_stand_apart_are_refused():
    """A frame that was shuffled or merged, or whose numbers begin anew in each document."""
    message = "rows of a sentence together.*sentence 1 once more in row 3"
    with pytest.raises(DataError, match=message):
        as_sentences(frame(sentence=[1, 2, 2, 1, 1]))


def test_words_zipped_with_their_tags():
    zipped = [[("a", "D"), ("dog", "N")], [], [("barks", "V")]]
    sentences = as_sentences(zipped)
    assert sentences.words == [["a", "dog"], [], ["barks"]]
    assert sentences.labels == [["D", "N"], [], ["V"]]
    with pytest.raises(DataError, match=r"sentence 0: expected a pair \(word, tag\).*'dog'"):
        as_sentences([[("a", "D"), "dog"]])


def test_pairs_of_texts_are_not_sentences_of_two_words():
    with pytest.raises(DataError, match="expected pairs of lists"):
        as_sentences([("a dog", "D N")])


def test_what_is_the_path_of_a_file(tmp_path):
    with pytest.raises(DataError, match="nope"):
        as_sentences("nope.conll", splitter="words")
    path = tmp_path / "two words.conll"
    path.write_text("a D\n")
    assert as_sentences(str(path)).words == [["a"]]
    assert [is_text(text) for text in ("see a.txt", "a.txt", str(path))] == [True, False, False]


TEXTS = ["They don't\u00a0run.", "", "cafe\u0301 10,000"]
CUT = {
    "whitespace": [["They", "don't", "run."], [], ["cafe\u0301", "10,000"]],
    "words": [["They", "do", "n't", "run", "."], [], ["caf\u00e9", "10,000"]],
}


@pytest.mark.parametrize("splitter", CUT)
@pytest.mark.parametrize("held", [list, np.array, pd.Series, tf.constant, stream])
def test_raw_strings_with_a_stated_splitter(splitter, held):
    found = as_sentences(held(TEXTS), splitter=splitter)
    composed = [["caf\u00e9" if w.startswith("caf") else w for w in row] for row in CUT[splitter]]
    assert found.words == composed
    inside = data.split_text(TEXTS, splitter).to_list()
    assert [len(row) for row in inside] == [len(row) for row in composed]


def test_a_stream_of_texts_with_tags():
    dataset = tf.data.Dataset.from_tensors(("They run", ["PRON", ""]))
    found = as_sentences(dataset, splitter="whitespace")
    assert list(found) == [(["They", "run"], ["PRON", None])]


def test_raw_strings_with_tags():
    pairs = [("They run", ["PRON", "VERB"])]
    assert as_sentences(pairs, splitter="whitespace").labels == [["PRON", "VERB"]]


def test_paths(tmp_path):
    (tmp_path / "a.conllu").write_text("1\tThey\t_\tPRON\tPRP" + "\t_" * 5 + "\n")
    (tmp_path / "a.tsv").write_text("New York\tB-LOC\n\nis\tO\n")
    (tmp_path / "a.txt").write_text("U.N. NNP I-NP I-ORG\n")
    path = str(tmp_path / "a.conllu")
    assert as_sentences(path).labels == [["PRON"]]
    assert as_sentences(tmp_path / "a.conllu", column="xpos").labels == [["PRP"]]
    assert list(as_sentences(tmp_path / "a.tsv")) == [(["New York"], ["B-LOC"]), (["is"], ["O"])]
    assert as_sentences(tmp_path / "a.txt").labels == [["I-ORG"]]
    assert as_sentences(tmp_path / "a.txt", column="2").labels == [["I-NP"]]


endless = tf.data.Dataset.from_tensors(["a"]).repeat
WRONG = {
    "str in place of words": (lambda: as_sentences(["They run"]), "a str needs a `splitter`"),
    "one sentence": (lambda: as_sentences(["They", "run"]), "Received: 'They'"),
    "words among texts": (
        lambda: as_sentences([["a"], "They run"], splitter="words"),
        "expected a list of words for each sentence",
    ),
    "one str": (lambda: as_sentences("They run"), "expected a list of sentences, or the path"),
    "suffix": (lambda: as_sentences(pathlib.Path("a.xml")), "a.xml: expected a file ending"),
    "number": (lambda: as_sentences(7), "Received: int"),
    "tags twice": (lambda: as_sentences(frame(), TAGS), "expected tags once"),
    "tags short": (lambda: as_sentences(WORDS, TAGS[:1]), "Received: 2 sentences, tags of 1"),
    "ragged tags short": (lambda: as_sentences(RAGGED, RAGGED_TAGS[:1]), "tags of 1"),
    "padded tags long": (
        lambda: as_sentences([["a"]], np.array([["X", "Y"]])),
        "sentence 0: expected one tag per word. Received: 1 words, 2 tags",
    ),
    "frame without words": (lambda: as_sentences(pd.DataFrame({"a": [1]})), "Received: a"),
    "frame with a hole": (
        lambda: as_sentences(frame(word=["They", None, "a", "b", "c"])),
        "expected a value in column 'word', row 1. Received: nothing",
    ),
    "endless": (lambda: as_sentences(endless()), "expected a finite dataset"),
    "stream of texts or words": (
        lambda: as_sentences(stream([["a", "b"]]), splitter="words"),
        "a row of str may be texts or words",
    ),
    "stream of numbers": (lambda: as_sentences(stream([[1]])), "expected elements words"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_refused(case):
    call, message = WRONG[case]
    with pytest.raises(DataError) as error:
        call()
    assert message in str(error.value)


def test_an_unknown_splitter():
    with pytest.raises(ValueError, match=r"`splitter` must be .* Received: 'spaces'"):
        as_sentences(["a"], splitter="spaces")
