"""Raw examples to batches and back: labels, weights, the cache, the exported encoder."""

import gc
import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from seqkit import data
from seqkit.data import DataError, TextClassification, Words, class_weights

ROWS = [("a delight", "good"), ("a joyless mess", "bad"), ("fine", "good"), ("", "good")]


@pytest.fixture
def texts():
    return TextClassification.learn(ROWS)


def test_learning_finds_labels_and_words(texts):
    assert texts.labels == ("bad", "good")
    assert set(texts.tokens.vocabulary) == {"a", "delight", "joyless", "mess", "fine"}
    assert TextClassification.learn(ROWS, labels=["good", "bad"]).labels == ("good", "bad")
    assert TextClassification.learn(ROWS, "characters", max_length=3).tokens.max_length == 3
    assert TextClassification.learn([("a", 10), ("b", 9)]).labels == ("9", "10")


def test_encode_pads_to_the_longest_and_is_never_empty(texts):
    ids = texts.encode(["a joyless thing", "", "mess"])
    rows = texts.tokens.ids(["a joyless thing", "", "mess"]).to_list()
    assert ids.dtype == tf.int32
    assert ids.numpy().tolist() == [row + [0] * (3 - len(row)) for row in rows]
    assert texts.encode([""]).numpy().tolist() == [[0]]
    assert texts.encode(tf.constant([], tf.string)).shape == (0, 1)
    graph = tf.function(texts.encode, input_signature=[tf.TensorSpec([None], tf.string)])
    assert (
        graph(tf.constant(["", "mess"])).numpy().tolist()
        == texts.encode(["", "mess"]).numpy().tolist()
    )


def test_batches_hold_what_encode_gives(texts):
    made = texts.batches(ROWS, 4)
    ((ids, labels),) = made.dataset.as_numpy_iterator()
    order = made.order.tolist()
    assert ids.tolist() == texts.encode([ROWS[i][0] for i in order]).numpy().tolist()
    assert [texts.labels[label] for label in labels] == [ROWS[i][1] for i in order]


def test_texts_alone_make_batches_of_ids(texts):
    (ids,) = texts.batches(["a mess", ""]).dataset.as_numpy_iterator()
    assert ids.shape == (2, 2)


def test_texts_are_tokenised_once(texts, monkeypatch):
    examples = data.as_examples(ROWS)
    calls = []
    ids = Words.ids
    monkeypatch.setattr(Words, "ids", lambda self, x: calls.append(len(x)) or ids(self, x))
    for shuffle in (True, False):
        list(texts.batches(examples, 2, shuffle=shuffle, seed=0).dataset)
    list(texts.batches(examples.dataset()).dataset)
    assert calls == [4]
    del examples
    gc.collect()
    assert not texts._cache


def test_balanced_weights_count_each_class_alike(texts):
    made = texts.batches(ROWS, class_weight="balanced")
    ((_, labels, weights),) = made.dataset.as_numpy_iterator()
    totals = [weights[labels == i].sum() for i in range(2)]
    assert totals == pytest.approx([2.0, 2.0])
    assert weights.dtype == np.float32


def test_class_weights_by_name_and_by_example(texts):
    made = texts.batches(ROWS, class_weight={"bad": 5}, weights=[1, 2, 3, 4])
    ((_, labels, weights),) = made.dataset.as_numpy_iterator()
    assert sorted(weights.tolist()) == [1.0, 3.0, 4.0, 10.0]
    assert weights[labels == 0].tolist() == [10.0]
    assert class_weights([0, 1], ("7", "8"), {7: 2}).tolist() == [2.0, 1.0]


def test_a_class_without_examples_weighs_nothing_in_the_balance():
    assert class_weights([1, 1, 2], ("a", "b", "c"), "balanced").tolist() == [0.75, 0.75, 1.5]


@pytest.mark.parametrize("kind", ["words", "characters", "subwords"])
def test_config_round_trip(kind):
    texts = TextClassification.learn(ROWS, kind)
    config = json.loads(json.dumps(keras.saving.serialize_keras_object(texts)))
    again = keras.saving.deserialize_keras_object(config)
    assert again.labels == texts.labels
    assert again.encode(["a mess"]).numpy().tolist() == texts.encode(["a mess"]).numpy().tolist()


def test_a_model_is_fit_without_a_warning(texts):
    model = keras.Sequential(
        [
            keras.layers.Embedding(texts.tokens.size, 4),
            keras.layers.GlobalMaxPooling1D(),
            keras.layers.Dense(2, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", weighted_metrics=[])
    made = texts.batches(ROWS * 20, 8, shuffle=True, seed=0, class_weight="balanced")
    history = model.fit(made.dataset, epochs=2, shuffle=False, verbose=0)
    assert np.isfinite(history.history["loss"]).all()


TEXTS = TextClassification(Words(["a"]), ["bad", "good"])
BAD = {
    "no tokens": (
        lambda: TextClassification("words", ["a", "b"]),
        "`tokens` must be a Tokens instance. Received: 'words'",
    ),
    "one label": (
        lambda: TextClassification(Words(["a"]), ["x"]),
        "`labels` must be two or more distinct names. Received: ('x',)",
    ),
    "label twice": (
        lambda: TextClassification(Words(["a"]), ["x", "x"]),
        "`labels` must be two or more distinct names. Received: ('x', 'x')",
    ),
    "no labels": (
        lambda: TextClassification.learn(["a", "b"]),
        "data: expected labelled examples. Received: texts only",
    ),
    "only one label": (
        lambda: TextClassification.learn([("a", "x"), ("b", "x")]),
        "data: expected two or more distinct labels. Received: x",
    ),
    "unknown label": (
        lambda: TEXTS.batches([("a", "good"), ("b", "ugly")]),
        "data: expected labels among bad, good. Received: 'ugly' (example 1)",
    ),
    "no examples": (
        lambda: TEXTS.batches([]),
        "data: expected at least one example. Received: none",
    ),
    "class weights without labels": (
        lambda: TEXTS.batches(["a"], class_weight="balanced"),
        "data: `class_weight` needs labels. Received: texts only",
    ),
    "weight of no class": (
        lambda: TEXTS.batches([("a", "good")], class_weight={"ugly": 2}),
        "`class_weight` must name labels among bad, good. Received: ugly",
    ),
    "negative weight": (
        lambda: TEXTS.batches([("a", "good")], class_weight={"bad": -1}),
        "`class_weight` must not be negative. Received: {'bad': -1}",
    ),
    "weights of another kind": (
        lambda: TEXTS.batches([("a", "good")], class_weight="even"),
        "`class_weight` must be None, \"balanced\" or a dict. Received: 'even'",
    ),
    "weights of another length": (
        lambda: TEXTS.batches([("a", "good")], weights=[1.0, 2.0]),
        "`weights` must have one entry per row (1). Received: shape (2,)",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_says_what_was_expected_and_received(case):
    call, message = BAD[case]
    with pytest.raises(ValueError) as error:  # noqa: PT011, the message is compared below
        call()
    assert message in str(error.value)
    if message.startswith("data:"):
        assert isinstance(error.value, DataError)


def test_exchanged_columns_are_told():
    swapped = [("good", f"a text of its own, {i}") for i in range(40)]
    with pytest.raises(DataError, match=r"texts and labels exchanged.* 40 labels of 40 examples"):
        TextClassification.learn(swapped)
    TextClassification.learn(swapped[:20])
    TextClassification.learn([(text, f"intent {i}") for i, (_, text) in enumerate(swapped)])
