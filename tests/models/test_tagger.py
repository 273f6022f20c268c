"""The tagger as a model: what it learns, answers, and holds to."""

import keras
import numpy as np
import pytest

from seqkit import data, layers, models, training

TRAIN = [
    (["the", "dog", "barks"], ["DET", "NOUN", "VERB"]),
    (["a", "cat", "sleeps", "here"], ["DET", "NOUN", "VERB", "ADV"]),
    (["dogs", "bark"], ["NOUN", "VERB"]),
    ([], []),
    (["they", "Run"], ["PRON", "VERB"]),
] * 4


def made(crf=True, **options):
    tagging = data.Tagging.learn(TRAIN, suffixes=True, splitter="whitespace")
    encoder = layers.Stack("gru", 8, bidirectional=True)
    model = models.Tagger(
        tagging, encoder, crf=crf, embedding=8, character_units=8, feature_embedding=4, **options
    )
    model.build()
    loss = training.CRFLoss() if crf else training.TokenCrossentropy()
    model.compile(keras.optimizers.Adam(0.02), loss, metrics=[training.TokenAccuracy(crf=crf)])
    return model


@pytest.fixture(scope="module", params=[True, False], ids=["crf", "softmax"])
def model(request):
    keras.utils.set_random_seed(1)
    model = made(request.param, seed=1)
    model.fit(TRAIN, epochs=15, verbose=0, batch_size=8)
    return model


def test_learns_and_answers(model):
    tagged = model.tag([["the", "dog", "barks"], [], ["they", "run"]])
    assert tagged[0].tags == ["DET", "NOUN", "VERB"]
    assert (tagged[1].words, tagged[1].tags) == ([], [])
    assert tagged[2].tags == ["PRON", "VERB"]
    assert repr(tagged) == "the/DET dog/NOUN barks/VERB\n\nthey/PRON run/VERB"
    assert model.evaluate(TRAIN, verbose=0, return_dict=True)["accuracy"] == 1
    report = model.report(TRAIN)
    assert report.accuracy == 1
    assert report.unknown == 0


def test_probabilities_sum_to_one_and_agree_with_tags(model):
    rows = model.predict([words for words, _ in TRAIN[:5]])
    assert [len(row) for row in rows] == [3, 4, 2, 0, 2]
    for row in rows:
        np.testing.assert_allclose(row.sum(axis=-1), 1, atol=1e-5)
    (answer,) = model.tag([["the", "dog", "barks"]], probabilities=True)
    best = [max(odds, key=odds.get) for odds in answer.probabilities]
    assert best == answer.tags
    np.testing.assert_allclose(
        [[odds[label] for label in model.labels] for odds in answer.probabilities],
        rows[0],
        atol=1e-6,
    )


def test_neighbours_and_batches_do_not_matter(model):
    sentences = [words for words, _ in TRAIN] * 20  # more than one batch
    together = model.predict(sentences, batch_size=32)
    for words, row in list(zip(sentences, together, strict=True))[:5]:
        np.testing.assert_allclose(model.predict([words])[0], row, atol=1e-5)


def test_raw_strings_where_there_is_a_splitter(model):
    assert model.tag("the dog barks")[0].tags == model.tag([["the", "dog", "barks"]])[0].tags
    assert model.tag(["dogs bark", ""])[0].words == ["dogs", "bark"]


def test_one_sentence_counts_as_a_list_of_one():
    tagging = data.Tagging.learn(TRAIN)
    model = models.Tagger(tagging, None, embedding=4)
    assert len(model.tag(["the", "dog"])) == 1
    assert len(model.tag([])) == 0


def test_ready_batches_are_taken_as_they_are(model):
    batches = model.preprocessor.batches(TRAIN, batch_size=4).dataset
    (figures,) = {round(model.evaluate(batches, verbose=0, return_dict=True)["accuracy"], 6)}
    assert figures == 1
    batch = model.preprocessor.encode([["the", "dog"]])
    assert model.predict(batch, verbose=0).shape[0] == 1


def test_partial_labels_are_read_and_not_learned_from():
    partial = [(words, [tags[0], *[None] * (len(tags) - 1)]) for words, tags in TRAIN if words]
    tagging = data.Tagging.learn(TRAIN)
    model = models.Tagger(tagging, layers.Stack("gru", 4), embedding=4)
    model.compile("adam", training.CRFLoss(partial=True), run_eagerly=True)
    history = model.fit(partial, epochs=3, verbose=0).history["loss"]
    assert history[-1] < history[0]
    assert np.isfinite(history).all()


def test_a_tag_never_seen_counts_as_wrong(model):
    other = [(["the", "dog"], ["DET", "X"])]
    report = model.report(other)
    assert report.accuracy == 0.5
    assert "X" in report.labels
    assert model.evaluate(other, verbose=0, return_dict=True)["accuracy"] == 0.5


def test_a_sentence_of_five_thousand_words(model):
    words = ["the", "dog", "barks", "loudly"] * 1250
    assert len(model.tag([words])[0].tags) == 5000


def test_forbidden_transitions_are_never_answered():
    sentences = [(["a", "b", "c"], ["B-X", "I-X", "O"]), (["c", "a"], ["O", "B-X"])]
    tagging = data.Tagging.learn(sentences)
    start = [True, False, True]
    moves = [[True, True, True], [True, True, True], [True, False, True]]
    crf = layers.CRF(3, allowed=(start, moves, [True] * 3))
    keras.utils.set_random_seed(3)
    model = models.Tagger(tagging, None, embedding=4, crf=crf)
    model.build()
    model.head.bias.assign([0.0, 5.0, 0.0])  # all that it wants to say is I-X
    for answer in model.tag([["a"], ["b", "b", "c", "a"], ["q"] * 9]):
        before = ["O", *answer.tags[:-1]]
        assert ("O", "I-X") not in set(zip(before, answer.tags, strict=True))


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_policies(policy):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        model = made(seed=1)
        model.run_eagerly = True
        history = model.fit(TRAIN, epochs=2, verbose=0)
    finally:
        keras.config.set_dtype_policy(before)
    assert np.isfinite(history.history["loss"]).all()
    assert model.encoder.compute_dtype == policy.removeprefix("mixed_")
    (row,) = model.predict([["the", "dog"]])
    np.testing.assert_allclose(row.sum(axis=-1), 1, atol=1e-5)


BAD = {
    "encoder that pools": (
        lambda: models.Tagger(
            data.Tagging.learn(TRAIN), layers.Stack("gru", 4, return_sequences=False)
        ).build(),
        "`encoder` must return a vector for each word",
    ),
    "dropout": (
        lambda: models.Tagger(data.Tagging.learn(TRAIN), dropout=1.5),
        "`dropout` must be a rate in [0, 1). Received: dropout=1.5",
    ),
    "characters": (
        lambda: models.Tagger(data.Tagging.learn(TRAIN), characters="lstm"),
        "`characters` must be one of cnn, rnn, a layer or None. Received: 'lstm'",
    ),
    "strings": (
        lambda: models.Tagger(data.Tagging.learn(TRAIN)).fit(["a dog"]),
        "a str needs a `splitter`",
    ),
    "no tags": (
        lambda: made().fit([["a", "dog"]]),
        "must come with labels: pairs (words, tags), or `y`. Received: 1 sentences alone",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input(case):
    call, message = BAD[case]
    with pytest.raises(ValueError) as error:  # noqa: PT011, the message is compared below
        call()
    assert message in str(error.value)
