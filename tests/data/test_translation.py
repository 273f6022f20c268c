"""Pairs to ids and back: what the two ends hold, what is refused, and that TensorFlow suffices."""

import json
import re
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from seqkit.data import Characters, DataError, Pairs, Pieces, Translation, Words

PAIRS = [
    ("A man's dog.", "Der Hund eines Mannes."),
    ("", ""),
    ("Two (2) cats!", "Zwei  Katzen \u2013 \u00fcber!"),
    ("A dog", "Ein Hund"),
]
SOURCES, TARGETS = zip(*PAIRS, strict=True)


def spaced(text):
    return " ".join(text.split())


@pytest.fixture(scope="module", params=["pieces", "words", "characters", "subwords", "pair"])
def translation(request):
    kind = ("characters", "pieces") if request.param == "pair" else request.param
    return Translation.learn(PAIRS, kind, size=400)


def test_sources_end(translation):
    ids = translation.encode(SOURCES).numpy()
    assert ids.dtype == np.int32
    for row, text in zip(ids, SOURCES, strict=True):
        own = translation.source.ids([text]).to_list()[0]
        padding = [0] * (ids.shape[1] - len(own) - 1)
        assert row.tolist() == [*own, translation.source_size - 1, *padding]
    assert translation.encode([""]).shape == (1, 1)
    assert translation.encode(tf.constant([], tf.string)).shape[0] == 0


def test_batches_are_framed(translation):
    batches = translation.batches(PAIRS, batch_size=2)
    seen = []
    for inputs, labels in batches.dataset.as_numpy_iterator():
        for source, target, label in zip(inputs["source"], inputs["target"], labels, strict=True):
            ids = label[label >= 0][:-1].tolist()
            assert label[label >= 0][-1] == translation.end
            assert target[target > 0].tolist() == [translation.start, *ids]
            seen.append((source[source > 0].tolist(), ids))
    for row, (source, ids) in zip(batches.order, seen, strict=True):
        expected = translation.encode([SOURCES[row]]).numpy()[0].tolist()
        assert source == expected
        assert ids == translation.target.ids([TARGETS[row]]).to_list()[0]


def test_ids_come_back_as_texts(translation):
    end, start, units = translation.end, translation.start, translation.target
    rows = [[start, 0, *units.ids([text]).to_list()[0], end, 2, 3, end, start] for text in TARGETS]
    ids = tf.ragged.constant(rows).to_tensor()
    texts = [text.decode() for text in translation.text(ids).numpy()]
    assert texts == [units.text(units.ids([text]))[0] for text in TARGETS]
    if isinstance(units, Pieces):
        assert texts == [spaced(text) for text in TARGETS]
    assert translation.text(np.zeros((2, 0), int)).numpy().tolist() == [b"", b""]
    assert translation.text([[0, end]]).numpy().tolist() == [b""]


def test_config(translation):
    config = json.loads(json.dumps(keras.saving.serialize_keras_object(translation)))
    again = keras.saving.deserialize_keras_object(config)
    assert again.shared == translation.shared
    assert (again.source_size, again.target_size) == (
        translation.source_size,
        translation.target_size,
    )
    np.testing.assert_array_equal(again.encode(SOURCES), translation.encode(SOURCES))


def test_which_vocabularies_are_shared():
    for tokens, options, shared, kinds in (
        ("pieces", {}, True, (Pieces, Pieces)),
        ("pieces", {"shared": False}, False, (Pieces, Pieces)),
        ("words", {}, False, (Words, Words)),
        ("words", {"shared": True}, True, (Words, Words)),
        (("words", "pieces"), {}, False, (Words, Pieces)),
        (("words", Characters(["a"])), {}, False, (Words, Characters)),
    ):
        found = Translation.learn(PAIRS, tokens, size=400, **options)
        assert found.shared is shared
        assert (type(found.source), type(found.target)) == kinds
    found = Translation.learn(PAIRS, "words", shared=True)
    assert {"dog", "Hund"} <= set(found.source.vocabulary)
    assert "Hund" not in Translation.learn(PAIRS, "words").source.vocabulary
    own = Words(["a"])
    assert Translation.learn(PAIRS, own).target is own


def test_ids_are_looked_up_once():
    pairs = Pairs(SOURCES, TARGETS)
    translation = Translation.learn(pairs, "words")
    translation.batches(pairs)
    translation.source = None
    assert len(translation.batches(pairs, tokens=50, shuffle=True)) > 0


def test_a_longer_source_keeps_its_end():
    translation = Translation.learn(PAIRS, "characters", max_length=4)
    assert translation.encode(["A man's dog."]).shape == (1, 5)
    assert translation.encode(["A man's dog."]).numpy()[0, -1] == translation.source_size - 1


def test_weights_and_no_targets():
    translation = Translation.learn(PAIRS, "words")
    batches = translation.batches(PAIRS, weights=[1, 2, 3, 4], batch_size=4)
    ((_, _, weights),) = batches.dataset.as_numpy_iterator()
    assert weights.tolist() == [(1, 2, 3, 4)[row] for row in batches.order]
    (batch,) = translation.batches(list(SOURCES)).dataset.as_numpy_iterator()
    assert set(batch) == {"source"}


def backwards(translation, ids):
    """Two translations of each source: as it is, and with its ids the other way round."""
    real = tf.RaggedTensor.from_tensor(ids, padding=0)
    other = tf.concat([real[:, :-1][:, ::-1], real[:, -1:]], axis=1).to_tensor(shape=tf.shape(ids))
    scores = tf.reduce_sum(tf.cast(ids > 0, tf.float32), axis=1)
    return {"ids": tf.stack([ids, other], 1), "scores": tf.stack([scores, -scores], 1)}


SERVE = """
import sys
for name in ("seqkit", "keras", "tensorflow_text"):
    sys.modules[name] = None
import json, tensorflow as tf
served = tf.saved_model.load(sys.argv[1]).signatures
texts = tf.constant(json.loads(sys.argv[2]))
found = {}
for name in ("serving_default", "n_best"):
    answer = served[name](texts=texts)
    found[name] = [
        [text.decode() for text in tf.reshape(answer["translations"], [-1]).numpy()],
        answer["scores"].numpy().tolist(),
    ]
print(json.dumps(found))
"""


def test_plain_tensorflow_serves_it(tmp_path):
    translation = Translation.learn([(s, s) for s in SOURCES], size=300)
    offered = translation.signatures(lambda ids: backwards(translation, ids))
    module = tf.Module()
    signatures = {
        name: tf.function(function, input_signature=specs, autograph=False)
        for name, (specs, function) in offered.items()
    }
    tf.saved_model.save(module, str(tmp_path), signatures=signatures)
    texts = [*SOURCES, "\U0001f600  e\u0301 ?"]
    done = subprocess.run(
        [sys.executable, "-c", SERVE, str(tmp_path), json.dumps(texts)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    best, scores = found["serving_default"]
    assert best == [*map(spaced, SOURCES), "\U0001f600 \u00e9 ?"]
    assert scores == [len(row) + 1 for row in translation.source.ids(texts).to_list()]
    every, scores = found["n_best"]
    assert every[::2] == best
    assert every[1] == translation.source.text(translation.source.ids(texts[:1])[:, ::-1])[0]
    assert np.shape(scores) == (5, 2)


def test_samples_fit_the_signatures(translation):
    offered = translation.signatures(lambda ids: None)
    samples = translation.samples()
    assert samples.keys() == offered.keys()
    for (texts,) in samples.values():
        assert translation.encode(texts).shape[0] == len(texts) > 5
    assert translation.samples(["a"])["n_best"][0].numpy().tolist() == [b"a"]


ERRORS = {
    "no tokens": (
        lambda: Translation("words"),
        "`source` must be a Tokens instance. Received: 'words'",
    ),
    "no target tokens": (
        lambda: Translation(Words(["a"]), 3),
        "`target` must be a Tokens instance. Received: 3",
    ),
    "unknown name": (
        lambda: Translation.learn(PAIRS, "syllables"),
        "`tokens` must be one of words, characters, subwords, pieces, or a Tokens instance. "
        "Received: 'syllables'",
    ),
    "three": (
        lambda: Translation.learn(PAIRS, ("words",) * 3),
        "`tokens` must be one for both sides, or a pair of which nothing is shared. "
        "Received: tokens=('words', 'words', 'words'), shared=None",
    ),
    "two to be shared": (
        lambda: Translation.learn(PAIRS, ("words", "words"), shared=True),
        "`tokens` must be one for both sides, or a pair of which nothing is shared. "
        "Received: tokens=('words', 'words'), shared=True",
    ),
    "no targets": (
        lambda: Translation.learn(list(SOURCES)),
        "training data: expected pairs (source, target), or the targets as `y`. "
        "Received: 4 sources alone",
    ),
    "nothing": (
        lambda: Translation.learn([]),
        "training data: expected at least one pair. Received: none",
    ),
    "no pair to batch": (
        lambda: Translation.learn(PAIRS, "words").batches([]),
        "data: expected at least one pair. Received: none",
    ),
    "classes": (
        lambda: Translation.learn(PAIRS, "words").batches(PAIRS, class_weight="balanced"),
        "Texts have no classes to weigh. Received: class_weight='balanced'",
    ),
    "weights": (
        lambda: Translation.learn(PAIRS, "words").batches(PAIRS, weights=[1, 2]),
        "`weights` must have one entry per row (4). Received: shape (2,)",
    ),
}


@pytest.mark.parametrize("case", ERRORS)
def test_bad_input_says_what_was_expected(case):
    make, message = ERRORS[case]
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$") as error:
        make()
    assert isinstance(error.value, DataError) == message.startswith(("training", "data"))
