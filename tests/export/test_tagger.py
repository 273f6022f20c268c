"""An exported tagger answers words, ragged words and raw strings, where nothing of ours is."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

import recipes

TRAIN = [
    (["the", "dog", "barks"], ["DET", "NOUN", "VERB"]),
    (["dogs", "bark", "loudly", "."], ["NOUN", "VERB", "ADV", "PUNCT"]),
] * 4
SENTENCES = [["the", "dog", "barks", "Loudly", "."], [], ["caf\u00e9s"], ["dogs", "bark"]]

ALONE = """
import json, sys
sys.modules["seqkit"] = sys.modules["keras"] = sys.modules["recipes"] = None
import tensorflow as tf
rows = tf.ragged.constant(json.loads(sys.argv[2]), tf.string, ragged_rank=1)
model = tf.saved_model.load(sys.argv[1])
serve = model.signatures
named = lambda tags: [[tag.decode() for tag in row if tag] for row in tags.numpy()]
flat = serve["ragged"](words=rows.values, row_splits=rows.row_splits)["tags"]
both = serve["probabilities"](words=rows.to_tensor())
texts = serve["texts"](texts=tf.strings.reduce_join(rows, axis=1, separator=" "))
print(json.dumps({
    "padded": named(serve["serving_default"](words=rows.to_tensor())["tags"]),
    "ragged": named(tf.RaggedTensor.from_row_splits(flat, rows.row_splits).to_tensor()),
    "both": named(both["tags"]),
    "texts": named(texts["tags"]),
    "words": named(texts["words"]),
    "labels": named(both["labels"]),
    "probabilities": both["probabilities"].numpy().tolist(),
}))
"""


HEADS = [pytest.param(True, id="crf"), pytest.param(False, id="softmax", marks=pytest.mark.slow)]


@pytest.fixture(scope="module", params=HEADS)
def model(request):
    model = recipes.pos_tagging(
        TRAIN, units=6, embedding=6, crf=request.param, splitter="whitespace", seed=1
    )
    model.run_eagerly = True  # a few steps take less than compiling them
    model.fit(TRAIN, epochs=4, verbose=0)
    return model


@pytest.fixture(scope="module")
def served(model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("export") / "served"
    assert model.export(folder).inputs == 4
    return folder


def test_runs_alone_with_equal_answers(model, served, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", ALONE, str(served), json.dumps(SENTENCES)],
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONPATH": ""},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    received = json.loads(done.stdout)
    expected = [answer.tags for answer in model.tag(SENTENCES)]
    for name in ("padded", "ragged", "both", "texts"):
        assert received[name] == expected, name
    assert received["words"] == SENTENCES
    assert received["labels"] == [list(model.labels)] * 4
    for row, odds in zip(received["probabilities"], model.predict(SENTENCES), strict=True):
        np.testing.assert_allclose(np.reshape(row[: len(odds)], odds.shape), odds, atol=1e-5)
        np.testing.assert_array_equal(row[len(odds) :], 0)


def test_nothing_is_an_answer_for_nothing(served):
    loaded = tf.saved_model.load(str(served))
    serve = loaded.signatures["serving_default"]
    for shape in ((0, 0), (2, 0), (0, 3)):
        assert serve(words=tf.zeros(shape, tf.string))["tags"].shape == shape
    many = tf.constant([["dogs", "bark"]] * 1000)
    rows = serve(words=many)["tags"].numpy().tolist()
    assert rows == [rows[0]] * 1000
