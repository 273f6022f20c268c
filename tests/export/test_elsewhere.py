"""A model trained on JAX exports through a process that runs TensorFlow."""

import os
import pathlib
import subprocess
import sys

import keras
import pytest

import recipes
from seqkit import data
from seqkit.export import elsewhere

ROOT = pathlib.Path(__file__).parents[2]

EXPORT = """
import sys
import recipes
from seqkit import data

reviews = data.samples.reviews(200).examples["train"]
model = recipes.sentiment(reviews, units=4, embedding=4, seed=1)
drawn = model.get_weights()
model.fit(reviews, epochs=1, verbose=0)
assert any((a != b).any() for a, b in zip(drawn, model.get_weights()))
print(model.export(sys.argv[1]))
"""


def test_exports_with_equal_answers(tmp_path):
    pytest.importorskip("jax")
    done = subprocess.run(
        [sys.executable, "-c", EXPORT, tmp_path / "serving"],
        env={**os.environ, "KERAS_BACKEND": "jax", "TF_CPP_MIN_LOG_LEVEL": "3"},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.stdout.startswith("export equals model: 8 inputs"), done.stderr
    assert (tmp_path / "serving" / "saved_model.pb").exists()


def test_says_why_not(tmp_path):
    @keras.saving.register_keras_serializable("mine")
    class Mine(keras.layers.GRU):
        pass

    reviews = data.samples.reviews(20).examples["train"]
    model = recipes.sentiment(reviews, encoder=Mine(4, return_sequences=True), embedding=4)
    with pytest.raises(RuntimeError, match=r"(?s)A class of your own is not known there.*Mine"):
        elsewhere.write(model, tmp_path)
    assert not list(tmp_path.iterdir())
