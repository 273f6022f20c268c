"""One call for parts of speech, chunks and column files, in any language and script."""

import json
import re

import numpy as np
import pytest
import tensorflow as tf

import recipes
from seqkit import data

# word/TAG, and words written as one: au=à/ADP+le/DET.
FRENCH = """
Elle/PRON va/VERB au=à/ADP+le/DET marché/NOUN ./PUNCT
Le/DET prix/NOUN du=de/ADP+le/DET pain/NOUN monte/VERB ./PUNCT
Nous/PRON parlons/VERB des=de/ADP+les/DET élections/NOUN ./PUNCT
L'/DET élève/NOUN lit/VERB une/DET œuvre/NOUN ./PUNCT
Ils/PRON vont/VERB aux=à/ADP+les/DET champs/NOUN ./PUNCT
"""
# From right to left.
HEBREW = """
הילדה=ה/DET+ילדה/NOUN רצה/VERB לבית=ל/ADP+ה/DET+בית/NOUN ./PUNCT
הוא/PRON קורא/VERB ספר/NOUN ./PUNCT
הכלב=ה/DET+כלב/NOUN ישן/VERB בגן=ב/ADP+ה/DET+גן/NOUN ./PUNCT
היא/PRON כותבת/VERB מכתב/NOUN ./PUNCT
"""
COPIES = 60  # of a few sentences, so that an epoch has some steps


def conllu(text):
    """The notation above as a CoNLL-U file with ranges, comments and an empty node."""
    lines = []
    for number, sentence in enumerate(text.strip().splitlines()):
        lines += [f"# sent_id = {number}", f"# text = {re.sub('/[A-Z]+', '', sentence)}"]
        at = 0
        for token in sentence.split():
            whole, _, parts = token.rpartition("=")
            parts = [part.split("/") for part in parts.split("+")]
            if whole:
                lines.append("\t".join([f"{at + 1}-{at + len(parts)}", whole, *"_" * 8]))
            for word, tag in parts:
                at += 1
                lines.append("\t".join([str(at), word, "_", tag, *"_" * 6]))
        lines += ["\t".join([f"{at}.1", "_", "_", "VERB", *"_" * 6]), ""]
    return "\n".join(lines) + "\n"


def treebank(folder):
    path = folder / "train.conllu"
    path.write_text(conllu(FRENCH + HEBREW) * COPIES, encoding="utf-8")
    return path


def columns(folder):
    """Chunks as two columns."""
    sentences = data.samples.chunks(800).examples["train"]
    rows = ["\n".join(map("\t".join, zip(*pair, strict=True))) for pair in sentences]
    path = folder / "chunks.conll"
    path.write_text("\n\n".join(rows) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("written", [treebank, pytest.param(columns, marks=pytest.mark.slow)])
def test_the_same_call_trains_reports_and_exports(written, tmp_path):
    train = written(tmp_path)
    model = recipes.pos_tagging(train, units=16, seed=1)
    model.fit(train, epochs=6, verbose=0)
    report = model.report(train)
    assert report.accuracy > 0.95
    assert report.unknown == 0
    assert (report.spans is not None) == (written is columns)
    assert report.span_f1 is None or report.span_f1 > 0.9
    if written is treebank:
        return  # served: `tests/export/test_tagger.py`
    assert model.export(tmp_path / "served").names_equal == 1
    sentences = data.as_sentences(train).words[:5]
    served = tf.saved_model.load(str(tmp_path / "served")).signatures["serving_default"]
    tags = served(words=tf.ragged.constant(sentences).to_tensor())["tags"].numpy()
    found = [[tag.decode() for tag in row if tag] for row in tags]
    assert found == [answer.tags for answer in model.tag(sentences)]


def test_multiword_tokens_are_read_as_their_words(tmp_path):
    sentences = data.read_conllu(treebank(tmp_path))
    words, tags = sentences.words[0], sentences.labels[0]
    assert words == ["Elle", "va", "à", "le", "marché", "."]
    assert tags == ["PRON", "VERB", "ADP", "DET", "NOUN", "PUNCT"]
    assert len(sentences) == 9 * COPIES
    assert "\n3-4\tau\t" in conllu(FRENCH)


# --- at its edges -----------------------------------------------------------------------


SHORT = [(["a", "dog", "barks"], ["DET", "NOUN", "VERB"]), (["it", "runs"], ["PRON", "VERB"])]


@pytest.fixture(scope="module")
def model():
    model = recipes.pos_tagging(SHORT * 20, units=6, seed=1)
    model.fit(SHORT * 20, verbose=0)
    return model


def eager(train, **options):
    """A few steps take less than compiling them."""
    model = recipes.pos_tagging(train, seed=1, **options)
    model.run_eagerly = True
    return model


def test_empty_sentences_everywhere():
    model = eager(SHORT, units=6)
    train = [([], []), (["a", "dog"], ["DET", "NOUN"]), ([], [])]
    assert np.isfinite(model.fit(train, validation_data=train, verbose=0).history["loss"]).all()
    report = model.report([([], [])])
    assert (report.accuracy, report.words.examples, report.sentences) == (0, 0, 1)
    json.dumps(report.figures(), allow_nan=False)
    assert [len(answer) for answer in model.tag([[], []])] == [0, 0]
    assert [row.shape for row in model.predict([[]])] == [(0, len(model.labels))]
    alone = eager([([], []), (["a", "b"], ["X", "Y"])], units=4)
    only_empty = alone.fit([([], [])], verbose=0).history["loss"]
    assert np.isfinite(only_empty).all()


def test_a_sentence_of_five_thousand_words_is_learned_from(model):
    words = ["a", "dog", "barks", "loudly"] * 1250
    long = [(words, ["DET", "NOUN", "VERB", "VERB"] * 1250), (["it"], ["PRON"])]
    assert np.isfinite(model.fit(long, verbose=0).history["loss"]).all()
    assert model.report(long).words.examples == 5001


def test_a_tag_that_training_had_not_is_answered_wrong(model):
    """A rare tag that only the data to measure on has does not stop a training."""
    some = [(["a", "dog", "barks"], ["DET", "NOUN", "VERB"]), (["a", "dog"], ["DET", "X"])]
    found = model.evaluate(some, return_dict=True, verbose=0)
    assert found["accuracy"] == pytest.approx(model.report(some).accuracy)
    assert found["accuracy"] < 0.81  # four of five, at best
    assert np.isfinite(found["loss"])
    history = model.fit(some[:1], validation_data=some, verbose=0).history
    assert history["val_accuracy"][0] < 0.81


WRONG = {
    "tags and words of different length": (
        lambda m: m.evaluate([(["a", "dog"], ["DET"])]),
        "sentence 0: expected one tag per word. Received: 2 words, 1 tags",
    ),
    "different length beside": (
        lambda m: m.report([["a", "dog"]], [["DET"]]),
        "Received: 2 words, 1 tags",
    ),
    "unseen tag to train on": (
        lambda m: m.fit([(["a", "dog"], ["DET", "X"])]),
        "expected tags among DET, NOUN, PRON, VERB. Received: 'X' (sentence 0, word 'dog')",
    ),
    "a column that is not there": (
        lambda m: recipes.pos_tagging("train.conllu", column="pos"),
        "train.conllu: expected a column among lemma, upos",
    ),
    "a position that is not there": (
        lambda m: recipes.pos_tagging("train.conll", column=3),
        "train.conll, line 1: expected `tag` in column 3. Received: 2 columns",
    ),
    "words alone to report on": (lambda m: m.report([["a", "dog"]]), "must come with labels"),
    "no sentence": (lambda m: m.fit([]), "Received: none"),
}


@pytest.mark.parametrize("case", WRONG)
def test_bad_input(case, model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.conllu").write_text(conllu(FRENCH), encoding="utf-8")
    (tmp_path / "train.conll").write_text("dogs NNS\nbark VB\n")
    call, message = WRONG[case]
    with pytest.raises(ValueError) as error:  # noqa: PT011, the message is compared below
        call(model)
    assert message in str(error.value)
