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

OWN_CLASS = TRAIN.replace(
    "model = recipes",
    """
import keras

@keras.saving.register_keras_serializable("mine")
class Mine(keras.layers.GRU):
    pass

model = recipes""",
).replace("units=4,", "encoder=Mine(4, return_sequences=True),")


def on_jax(program, path):
    return subprocess.run(
        [sys.executable, "-c", program, str(path)],
        env={**os.environ, "KERAS_BACKEND": "jax", "TF_CPP_MIN_LOG_LEVEL": "3"},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )


def test_exports_with_equal_answers(tmp_path):
    done = on_jax(TRAIN, tmp_path / "serving")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("export equals model: 8 inputs")
    assert (tmp_path / "serving" / "saved_model.pb").exists()


def test_a_class_unknown_there_is_explained(tmp_path):
    done = on_jax(OWN_CLASS, tmp_path / "serving")
    assert done.returncode == 1
    assert "A class of your own is not known there" in done.stderr
    assert "Mine" in done.stderr
    assert not (tmp_path / "serving").exists()
