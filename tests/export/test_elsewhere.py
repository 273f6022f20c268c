"""A model trained on JAX exports through a process that runs TensorFlow."""

import os
import pathlib
import subprocess
import sys

import pytest

pytest.importorskip("jax")

ROOT = pathlib.Path(__file__).parents[2]

TRAIN = """
import sys
import recipes
from seqkit import data

reviews = data.samples.reviews(200).examples["train"]
model = recipes.sentiment(reviews, units=4, embedding=4, seed=1)
model.fit(reviews, verbose=0)
print(model.export(sys.argv[1]))
"""

OWN_CLASS = """
import keras

@keras.saving.register_keras_serializable("mine")
class Mine(keras.layers.GRU):
    pass

recipes.sentiment(reviews, encoder=Mine(4, return_sequences=True)).export(sys.argv[2])
"""


def test_exports_with_equal_answers_or_says_why_not(tmp_path):
    """One process for both: starting JAX, and TensorFlow from there, is most of the time."""
    done = subprocess.run(
        [sys.executable, "-c", TRAIN + OWN_CLASS, tmp_path / "serving", tmp_path / "refused"],
        env={**os.environ, "KERAS_BACKEND": "jax", "TF_CPP_MIN_LOG_LEVEL": "3"},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.stdout.startswith("export equals model: 8 inputs"), done.stderr
    assert (tmp_path / "serving" / "saved_model.pb").exists()
    assert done.returncode == 1
    assert "A class of your own is not known there" in done.stderr
    assert "Mine" in done.stderr
    assert not (tmp_path / "refused").exists()
