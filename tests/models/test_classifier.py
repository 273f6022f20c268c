"""The classifier's own parts: mask, pooling, answers, report, many classes."""

import keras
import numpy as np
import pytest

from seqkit import data, training
from seqkit.models import TextClassifier

TOPICS = [
    ("the match was won", "sport"),
    ("a vote was held", "politics"),
    ("the cell divides", "science"),
    ("the team lost the match", "sport"),
    ("the party lost the vote", "politics"),
    ("the cell and the gene", "science"),
]
PREPROCESSOR = data.TextClassification.learn(data.as_examples(TOPICS))


def build(encoder=None, **options):
    keras.utils.set_random_seed(1)
    model = TextClassifier(PREPROCESSOR, encoder, embedding=6, **options)
    model.build((None, None))
    model.compile(
        keras.optimizers.Adam(0.05), training.Crossentropy(), metrics=[training.MacroF1(3)],
        run_eagerly=True,
    )  # fmt: skip
    return model


def lstm(**options):
    return keras.layers.Bidirectional(keras.layers.LSTM(4, **options))


ENCODERS = {
    "none": (None, {"pooling": "mean"}),
    "last": (lstm(return_sequences=True), {"pooling": "last"}),
    "mean": (lstm(return_sequences=True), {"pooling": "mean"}),
    "max": (lstm(return_sequences=True), {"pooling": "max"}),
    "attention": (lstm(return_sequences=True), {"pooling": "attention"}),
    "own layer": (lstm(return_sequences=True), {"pooling": keras.layers.GlobalAveragePooling1D()}),
    "one vector": (lstm(), {"pooling": None}),
}


def fresh(name):
    encoder, options = ENCODERS[name]
    encoder = None if encoder is None else encoder.from_config(encoder.get_config())
    return build(encoder, **options)


@pytest.mark.parametrize("name", ENCODERS)
def test_padding_changes_nothing(name):
    model = fresh(name)
    ids = PREPROCESSOR.encode([TOPICS[0][0]]).numpy()
    padded = np.pad(ids, ((0, 0), (0, 9)))
    np.testing.assert_allclose(
        model.predict(padded, verbose=0), model.predict(ids, verbose=0), atol=1e-6
    )


# Keras's own pooling divides by the number of words, none.
@pytest.mark.parametrize("name", [name for name in ENCODERS if name != "own layer"])
def test_an_empty_text_has_an_answer(name):
    rows = fresh(name).predict(["", "the match"], verbose=0)
    assert np.isfinite(rows).all()
    np.testing.assert_allclose(rows.sum(axis=1), 1, atol=1e-6)


def test_an_encoder_without_mask_argument_gets_none():
    model = build(keras.layers.Conv1D(4, 3, padding="same"))
    assert model.predict(["the match"], verbose=0).shape == (1, 3)


def test_an_embedding_layer_of_ones_own():
    keras.utils.set_random_seed(1)
    layer = keras.layers.Embedding(PREPROCESSOR.tokens.size, 5, trainable=False)
    model = TextClassifier(PREPROCESSOR, embedding=layer)
    model.build((None, None))
    assert model.embed is layer
    assert model.head.kernel.shape == (5, 3)


@pytest.mark.parametrize("options", [{"dropout": 0.5}, {"embedding_dropout": 0.5},
                                     {"word_dropout": 0.5}])  # fmt: skip
def test_noise_acts_in_training_only(options):
    model = build(**options)
    ids = PREPROCESSOR.encode([text for text, _ in TOPICS])
    same = [keras.ops.convert_to_numpy(model(ids)) for _ in range(2)]
    noisy = [keras.ops.convert_to_numpy(model(ids, training=True)) for _ in range(2)]
    np.testing.assert_array_equal(*same)
    assert (noisy[0] != noisy[1]).any()


def test_many_classes_are_learned_named_and_reported():
    model = build()
    model.fit(TOPICS, epochs=15, verbose=0)
    answers = model.classify([text for text, _ in TOPICS])
    assert [answer.label for answer in answers] == [label for _, label in TOPICS]
    assert model.labels == ("politics", "science", "sport")
    for answer in answers:
        assert tuple(answer.probabilities) == model.labels
        assert answer.probability == max(answer.probabilities.values())
        assert sum(answer.probabilities.values()) == pytest.approx(1, abs=1e-5)
    report = model.report(TOPICS)
    assert report.accuracy == 1
    assert report.support.tolist() == [2, 2, 2]


def test_report_and_evaluate_agree():
    model = build()
    model.fit(TOPICS, epochs=2, verbose=0)
    figures = model.evaluate(TOPICS, verbose=0, return_dict=True)
    assert model.report(TOPICS).macro_f1 == pytest.approx(figures["macro_f1"], abs=1e-5)


def test_predict_is_the_softmax_of_the_logits():
    model = build()
    ids = PREPROCESSOR.encode([TOPICS[0][0]])
    expected = keras.ops.convert_to_numpy(keras.ops.softmax(model(ids)))
    np.testing.assert_allclose(model.predict([TOPICS[0][0]], verbose=0), expected, atol=1e-6)


def test_classify_takes_one_text_or_none():
    model = build()
    assert len(model.classify("the match")) == 1
    assert model.classify([]) == []


def test_head_is_float32_under_a_narrow_policy():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = build(lstm(return_sequences=True))
    finally:
        keras.config.set_dtype_policy("float32")
    assert model.predict(["the match"], verbose=0).dtype == np.float32
    assert model.encoder.compute_dtype == "bfloat16"


BAD = {
    "embedding 0": (lambda: build_with(embedding=0), "Received: embedding=0"),
    "embedding by name": (lambda: build_with(embedding="big"), "Received: embedding='big'"),
    "pooling": (lambda: build_with(pooling="sum"), "Received: 'sum'"),
    "dropout 1": (lambda: build_with(dropout=1), r"`dropout` must be a rate in \[0, 1\). Received"),
    "embedding dropout": (lambda: build_with(embedding_dropout=-1), "embedding_dropout=-1"),
    "word dropout": (lambda: build_with(word_dropout=2), "Received: rate=2"),
    "nothing pools": (
        lambda: build(lstm(return_sequences=True), pooling=None), "needs an encoder"),
    "report without labels": (lambda: build().report(["text"]), "must come with labels"),
    "report of nothing": (lambda: build().report([]), "at least one example"),
}  # fmt: skip


def build_with(**options):
    return TextClassifier(PREPROCESSOR, **options)


@pytest.mark.parametrize("name", BAD)
def test_bad_input(name):
    call, message = BAD[name]
    with pytest.raises(ValueError, match=message):
        call()


def test_parts_keep_the_policy_they_were_made_with(tmp_path):
    """In a process with another one too."""
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        half = build(pooling="attention")
        half.save(tmp_path / "half.keras")
    finally:
        keras.config.set_dtype_policy("float32")
    loaded = keras.models.load_model(tmp_path / "half.keras")
    parts = (loaded, loaded.embed, loaded.pool, loaded.drop, loaded.drop_embeddings)
    assert {part.compute_dtype for part in parts} == {"bfloat16"}
