"""The export answers as the model does, where neither seqkit nor Keras can be imported."""

import numpy as np
import pytest
import tensorflow as tf

import recipes
from seqkit import data
from seqkit.export import Parity, ParityError, parity, saved_model
from seqkit.export.parity import apart

REVIEWS = data.samples.reviews(200).examples["train"]
TEXTS = ["", "what a joy", "it's not good, it's \u00fcber-dull \U0001f600", *REVIEWS.texts[:20]]


@pytest.fixture(scope="module")
def model():
    model = recipes.sentiment(REVIEWS, units=6, embedding=8, seed=1)
    model.fit(REVIEWS, verbose=0)
    return model


@pytest.fixture(scope="module")
def exported(model, tmp_path_factory):
    path = tmp_path_factory.mktemp("export") / "serving"
    return path, model.export(path)


def test_runs_alone_with_equal_answers_at_batch_1_and_1000(model, exported, alone):
    many = (TEXTS * 50)[:1000]
    expected = model.predict(TEXTS, verbose=0)
    received, one = alone(exported[0], [("serving_default", texts) for texts in (many, TEXTS[:1])])
    rows = np.array(received["probabilities"])
    assert rows.shape == (1000, 2)
    np.testing.assert_allclose(rows, expected[np.arange(1000) % len(TEXTS)], atol=1e-5)
    assert received["labels"] == [["negative", "positive"]] * 1000
    assert received["label"] == [("negative", "positive")[best] for best in rows.argmax(axis=1)]
    np.testing.assert_allclose(one["probabilities"], expected[:1], atol=1e-5)


def test_signature(exported):
    loaded = tf.saved_model.load(str(exported[0]))
    serve = loaded.signatures["serving_default"]
    _, inputs = serve.structured_input_signature
    assert {name: (spec.dtype, spec.shape.rank) for name, spec in inputs.items()} == {
        "texts": (tf.string, 1)
    }
    assert {name: spec.dtype for name, spec in serve.structured_outputs.items()} == {
        "label": tf.string, "labels": tf.string, "probabilities": tf.float32,
    }  # fmt: skip


def test_no_text_is_an_answer_for_none(exported):
    loaded = tf.saved_model.load(str(exported[0]))
    answers = loaded.signatures["serving_default"](texts=tf.constant([], tf.string))
    assert answers["probabilities"].shape == (0, 2)
    assert answers["label"].shape == (0,)


def test_parity_report(exported):
    parity = exported[1]
    assert isinstance(parity, Parity)
    assert parity.inputs == 8
    assert 0 <= parity.difference < 1e-5
    assert parity.names_equal == 1
    assert str(parity).startswith("export equals model: 8 inputs, largest difference")


def test_samples_of_ones_own(model, tmp_path):
    assert model.export(tmp_path / "serving", samples=["a", "b"]).inputs == 2


def test_an_export_that_differs_is_not_written(model, tmp_path, monkeypatch):
    model.export(tmp_path / "serving")
    before = sorted(path.stat().st_mtime_ns for path in tmp_path.rglob("*"))
    half = {"best": tf.zeros(8, tf.int32), "probabilities": tf.fill((8, 2), 0.5)}
    monkeypatch.setattr(parity, "run", lambda model: lambda batch: half)
    with pytest.raises(ParityError, match="The export differs from the model: by up to"):
        model.export(tmp_path / "serving")
    assert sorted(path.stat().st_mtime_ns for path in tmp_path.rglob("*")) == before
    assert [path.name for path in tmp_path.iterdir()] == ["serving"]


def test_exporting_again_replaces(model, tmp_path):
    for _ in range(2):
        model.export(tmp_path / "serving")
    assert [path.name for path in tmp_path.iterdir()] == ["serving"]


def test_a_gru_with_attention_exports_too(tmp_path):
    model = recipes.sentiment(REVIEWS, cell="mut1", units=4, pooling="attention", embedding=4)
    assert model.export(tmp_path / "serving").names_equal == 1


def other_folder(tmp_path):
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "diary.txt").write_text("dear diary")
    return tmp_path / "notes"


def a_file(tmp_path):
    (tmp_path / "file").write_text("")
    return tmp_path / "file"


@pytest.mark.parametrize("taken", [other_folder, a_file])
def test_what_is_no_saved_model_is_left_alone(model, tmp_path, taken):
    path = taken(tmp_path)
    with pytest.raises(FileExistsError, match="something other than a SavedModel"):
        model.export(path)
    assert path.exists()


def test_overwriting_can_be_refused(model, exported):
    with pytest.raises(FileExistsError, match="serving exists"):
        saved_model(model, exported[0], overwrite=False)


def test_an_unbuilt_model_is_refused(model, tmp_path):
    fresh = model.from_config(model.get_config())
    with pytest.raises(ValueError, match="must be built before"):
        fresh.export(tmp_path / "serving")


@pytest.mark.parametrize(
    ("theirs", "expected"), [([-0.5, -1e9], 0.0), ([-0.6, -1e9], 0.1), ([-0.5, -3.0], 1.0)]
)
def test_scores_of_no_answer_hide_no_difference(theirs, expected):
    found = apart(np.array([-0.5, -1e9], "float32"), np.array(theirs, "float32"))
    assert found == pytest.approx(expected, abs=1e-6)
