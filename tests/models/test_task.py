"""Raw data in every form goes the same way; everything else stays Keras."""

import functools
import os
import pathlib
import subprocess
import sys

import keras
import numpy as np
import pandas
import pytest
import tensorflow as tf

import recipes
from seqkit import data, training
from seqkit.models import TextClassifier, load

REVIEWS = [
    ("a joy to watch", "good"),
    ("dull", "bad"),
    ("", "bad"),
    ("great fun and a great cast of many people", "good"),
    ("a bore", "bad"),
    ("not good , not great , not fun", "bad"),
    ("joy", "good"),
]
TEXTS, LABELS = [text for text, _ in REVIEWS], [label for _, label in REVIEWS]
PREPROCESSOR = data.TextClassification.learn(data.as_examples(REVIEWS))
FRAME = pandas.DataFrame({"text": TEXTS, "label": LABELS})


def small(encoder=None, **options):
    keras.utils.set_random_seed(1)
    model = TextClassifier(PREPROCESSOR, encoder, embedding=4, seed=1, **options)
    model.build((None, None))
    model.compile(
        keras.optimizers.Adam(0.1),
        training.Crossentropy(),
        metrics=[keras.metrics.SparseCategoricalAccuracy("accuracy"), training.MacroF1(2)],
        run_eagerly=True,  # a graph for each of these tiny trainings would take longer
    )
    return model


FORMS = {
    "pairs": (REVIEWS, None),
    "lists": (TEXTS, LABELS),
    "Examples": (data.as_examples(REVIEWS), None),
    "str array": (np.array(TEXTS), np.array(LABELS)),
    "object array": (np.array(TEXTS, object), LABELS),
    "pandas frame": (FRAME, None),
    "pandas series": (FRAME["text"], FRAME["label"]),
    "tf.data": (tf.data.Dataset.from_tensor_slices((TEXTS, LABELS)), None),
    "tf.data, batched": (tf.data.Dataset.from_tensor_slices((TEXTS, LABELS)).batch(3), None),
    "tf strings": (tf.constant(TEXTS), LABELS),
    "ready arrays": (
        PREPROCESSOR.encode(TEXTS).numpy(), PREPROCESSOR.label_ids(LABELS)),
    "ready tf.data": (
        tf.data.Dataset.from_tensors(
            (PREPROCESSOR.encode(TEXTS).numpy(), PREPROCESSOR.label_ids(LABELS))), None),
}  # fmt: skip


@functools.cache
def of_reviews():
    """Figures of a fresh model on the reviews as pairs, and the weights they make of it."""
    model = small()
    figures = model.evaluate(REVIEWS, verbose=0, return_dict=True)
    model.fit(REVIEWS, batch_size=7, epochs=2, shuffle=False, verbose=0)
    return figures, model.get_weights()


@pytest.mark.parametrize("name", FORMS)
def test_every_form_evaluates_alike(name):
    x, y = FORMS[name]
    figures = small().evaluate(x, y, verbose=0, return_dict=True)
    assert figures == pytest.approx(of_reviews()[0], abs=1e-6)
    assert set(figures) == {"loss", "accuracy", "macro_f1"}


@pytest.mark.parametrize("name", FORMS)
def test_every_form_trains_alike(name):
    x, y = FORMS[name]
    model = small()
    model.fit(x, y, batch_size=7, epochs=2, shuffle=False, verbose=0)
    for own, expected in zip(model.get_weights(), of_reviews()[1], strict=True):
        np.testing.assert_allclose(own, expected, atol=1e-5)


@pytest.mark.parametrize("batch_size", [1, 2, 3, 100])
def test_predict_keeps_the_order(batch_size):
    model = small()
    one_by_one = np.concatenate([model.predict([text], verbose=0) for text in TEXTS])
    np.testing.assert_allclose(
        model.predict(TEXTS, batch_size=batch_size, verbose=0), one_by_one, atol=1e-6
    )
    assert len({row.tobytes() for row in one_by_one.round(5)}) == len(TEXTS)


def test_predict_ignores_labels_known_or_not():
    model = small()
    expected = model.predict(TEXTS, verbose=0)
    unknown = [(text, "never seen") for text in TEXTS]
    np.testing.assert_array_equal(model.predict(unknown, verbose=0), expected)


def test_predict_takes_ready_ids():
    model = small()
    ids = PREPROCESSOR.encode(TEXTS).numpy()
    np.testing.assert_allclose(
        model.predict(ids, verbose=0), model.predict(TEXTS, verbose=0), atol=1e-6
    )


def test_learns():
    model = small()
    model.fit(REVIEWS, epochs=8, verbose=0)
    assert model.evaluate(REVIEWS, verbose=0, return_dict=True)["accuracy"] == 1


def test_stops_early_and_keeps_the_best():
    wrong = [(text, {"good": "bad", "bad": "good"}[label]) for text, label in REVIEWS]
    model = small()
    history = model.fit(REVIEWS, validation_data=wrong, epochs=30, verbose=0).history
    assert len(history["val_accuracy"]) < 10  # learning makes this validation worse
    kept = model.evaluate(wrong, verbose=0, return_dict=True)
    assert kept["accuracy"] == pytest.approx(max(history["val_accuracy"]))


VALIDATION = {
    "pairs": REVIEWS,
    "tuple of lists": (TEXTS, LABELS),
    "tf.data": tf.data.Dataset.from_tensor_slices((TEXTS, LABELS)),
    "frame": FRAME,
    "ready": (PREPROCESSOR.encode(TEXTS).numpy(), PREPROCESSOR.label_ids(LABELS)),
}


@pytest.mark.parametrize("name", VALIDATION)
def test_every_form_validates_alike(name):
    history = (
        small().fit(REVIEWS, validation_data=VALIDATION[name], shuffle=False, verbose=0).history
    )
    expected = small().fit(REVIEWS, validation_data=REVIEWS, shuffle=False, verbose=0).history
    assert history["val_loss"] == pytest.approx(expected["val_loss"], abs=1e-5)


def test_validation_split_draws_from_all_over_the_data():
    sorted_by_label = sorted(REVIEWS * 20, key=lambda review: review[1])
    model = small()
    history = model.fit(sorted_by_label, validation_split=0.2, epochs=3, verbose=0).history
    assert history["val_macro_f1"][-1] > 0.9  # of the last fifth alone: one class, at most


def test_a_users_early_stopping_replaces_ours():
    theirs = keras.callbacks.EarlyStopping("val_loss", patience=100)
    history = small().fit(
        REVIEWS, validation_data=REVIEWS, epochs=12, callbacks=[theirs], verbose=0
    )
    assert len(history.epoch) == 12


def test_class_weight_by_name_and_number():
    """As the same weights given example by example."""
    bad = PREPROCESSOR.labels.index("bad")

    def loss(**weights):
        return small().fit(REVIEWS, shuffle=False, verbose=0, **weights).history["loss"][0]

    rows = np.array([2.0 if label == "bad" else 0.5 for _, label in REVIEWS])
    expected = loss(sample_weight=rows)
    assert loss() != pytest.approx(expected, rel=1e-3)
    assert loss(class_weight={"bad": 2.0, "good": 0.5}) == pytest.approx(expected, rel=1e-6)
    assert loss(class_weight={bad: 2.0, 1 - bad: 0.5}) == pytest.approx(expected, rel=1e-6)
    # A weight for each example beside those of the classes, as a column too.
    both = dict(class_weight={"bad": 2.0}, sample_weight=np.full((len(rows), 1), 0.5))
    rows = np.array([1.0 if label == "bad" else 0.5 for _, label in REVIEWS])
    assert loss(**both) == pytest.approx(loss(sample_weight=rows), rel=1e-6)


def test_sample_weight_leaves_examples_out():
    weights = [1.0, 0, 0, 0, 0, 0, 0]
    alone = small(pooling="mean")
    alone.fit(REVIEWS, sample_weight=weights, epochs=1, verbose=0)
    rows = alone.embed.get_weights()[0] != small().embed.get_weights()[0]
    changed = set(np.flatnonzero(rows.any(axis=1)))
    assert changed == set(PREPROCESSOR.encode(TEXTS[:1]).numpy()[0])


def test_order_of_examples_follows_the_seed():
    def run(seed):
        model = small()
        model.seed = seed
        model.fit(REVIEWS * 5, batch_size=4, epochs=2, verbose=0)
        return model.get_weights()[0]

    first = run(3)
    np.testing.assert_array_equal(first, run(3))
    assert (first != run(4)).any()


def test_xla_is_off_on_tensorflow_unless_asked_for():
    model = TextClassifier(PREPROCESSOR)
    model.compile("adam", "mse")
    assert model.jit_compile == (keras.backend.backend() != "tensorflow")
    assert model.get_compile_config()["jit_compile"] == "auto"  # as another backend has it
    model.compile("adam", "mse", jit_compile=True)
    assert model.jit_compile is True
    assert model.get_compile_config()["jit_compile"] is True


def test_save_and_load_keep_everything(tmp_path):
    model = small(keras.layers.GRU(3, return_sequences=True), pooling="attention")
    model.fit(REVIEWS, epochs=2, verbose=0)
    model.save(tmp_path / "model.keras")
    other = load(tmp_path / "model.keras")
    assert other.labels == ("bad", "good")
    np.testing.assert_allclose(
        other.predict(TEXTS, verbose=0), model.predict(TEXTS, verbose=0), atol=1e-6
    )
    assert other.evaluate(REVIEWS, verbose=0, return_dict=True) == pytest.approx(
        model.evaluate(REVIEWS, verbose=0, return_dict=True), abs=1e-5
    )
    for one in (model, other):  # optimizer state: the next epoch is the same
        one.fit(REVIEWS, epochs=1, shuffle=False, verbose=0)
    for own, expected in zip(other.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_allclose(own, expected, atol=1e-5)


def test_saving_is_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "model.keras"
    model = small()
    model.save(path)
    before = path.read_bytes()

    def fails(self, *args, **kwargs):
        raise OSError("No space left on device")

    monkeypatch.setattr(keras.layers.Embedding, "save_own_variables", fails)
    with pytest.raises(OSError, match="No space left"):
        model.save(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_saving_over_a_file_can_be_refused(tmp_path):
    model = small()
    model.save(tmp_path / "model.keras", overwrite=False)
    with pytest.raises(FileExistsError, match=r"model\.keras exists"):
        model.save(tmp_path / "model.keras", overwrite=False)


FRESH = """
import sys, keras, seqkit
model = keras.models.load_model(sys.argv[1])
print(model.labels, model.predict(["a joy to watch"], verbose=0).tolist())
"""


def test_loads_in_a_fresh_process_on_jax(tmp_path):
    """On TensorFlow: `tests/conformance/test_saving.py`."""
    pytest.importorskip("jax")
    model = small(keras.layers.GRU(3, return_sequences=True))
    model.save(tmp_path / "model.keras")
    said = subprocess.run(
        [sys.executable, "-c", FRESH, str(tmp_path / "model.keras")],
        env={**os.environ, "KERAS_BACKEND": "jax", "TF_CPP_MIN_LOG_LEVEL": "3"},
        cwd=pathlib.Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    labels, _, row = said.strip().rpartition(" [[")
    assert labels == "('bad', 'good')"
    row = [float(number) for number in row.strip("[] ").split(",")]
    np.testing.assert_allclose(row, model.predict(["a joy to watch"], verbose=0)[0], atol=1e-5)


BAD = {
    "empty training data": (lambda m: m.fit([]), "training data must hold at least one example"),
    "texts without labels": (lambda m: m.fit(TEXTS), "training data must come with labels"),
    "not all are str": (lambda m: m.fit([None, "good"], ["bad", "good"]), "Received: None"),
    "numbers": (lambda m: m.fit([1, 2], ["bad", "good"]), "Received: 1 "),
    "unequal lengths": (lambda m: m.fit(TEXTS, LABELS[:3]), "7 texts, 3 labels"),
    "unknown label": (lambda m: m.fit([("good", "fine")]), "among bad, good. Received: 'fine'"),
    "labels twice": (lambda m: m.fit(REVIEWS, LABELS), "in the data and in `y`"),
    "a single text": (lambda m: m.predict("a joy"), "Received: the one str 'a joy'"),
    "empty evaluation": (lambda m: m.evaluate([]), "evaluation data must hold at least one"),
    "evaluation without labels": (lambda m: m.evaluate(TEXTS), "evaluation data must come with"),
    "unknown validation label": (
        lambda m: m.fit(REVIEWS, validation_data=[("good", "fine")]), "Received: 'fine'"),
    "empty validation": (
        lambda m: m.fit(REVIEWS, validation_data=[]), "validation data must hold at least one"),
    "three in a tuple": (
        lambda m: m.fit(REVIEWS, validation_data=(TEXTS, LABELS, LABELS)), "a tuple of 3"),
    "split leaves nothing": (
        lambda m: m.fit(REVIEWS, validation_split=0.01), "leaves one part empty"),
    "split of all": (lambda m: m.fit(REVIEWS, validation_split=1.0), "Received: 1.0"),
    "weights and split": (
        lambda m: m.fit(REVIEWS, sample_weight=[1.0] * 7, validation_split=0.5),
        "Give `validation_data` instead"),
    "a weight too many": (
        lambda m: m.fit(REVIEWS, sample_weight=[1.0] * 8), "one entry per row"),
    "weight of no class": (
        lambda m: m.fit(REVIEWS, class_weight={"fine": 2.0}), "Received: fine"),
    "no such file": (lambda m: m.fit("nowhere.tsv"), "nowhere.tsv"),
    "empty prediction": (lambda m: m.predict([]), "data must hold at least one example"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_input(name):
    call, message = BAD[name]
    with pytest.raises((ValueError, OSError), match=message):
        call(small())


@pytest.mark.parametrize(
    "loss",
    [
        "sparse_categorical_crossentropy",
        "SparseCategoricalCrossentropy",
        keras.losses.sparse_categorical_crossentropy,
        keras.losses.SparseCategoricalCrossentropy(),
    ],
)
def test_a_loss_that_takes_logits_for_probabilities_is_refused(loss):
    model = recipes.sentiment(REVIEWS, units=4, seed=1)
    with pytest.raises(ValueError, match="`loss` must take logits"):
        model.compile("adam", loss)
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))


def test_a_format_without_room_for_a_vocabulary_is_refused(tmp_path):
    model = recipes.sentiment(REVIEWS, units=4, seed=1)
    with pytest.raises(ValueError, match=r"ends in `.keras`. Received: .*m.h5"):
        model.save(tmp_path / "m.h5")


def test_the_graphs_used_last_are_kept():
    from seqkit.models import graphs

    model = recipes.sentiment(REVIEWS, units=4, seed=1)
    made = graphs.Graphs(model)
    first = made.get("first", lambda x: x)
    for i in range(2 * graphs.MOST):
        made.get(i, lambda x: x)
        assert made.get("first", None) is first
    assert len(made.made) == graphs.MOST
