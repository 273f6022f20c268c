"""Trains the translator that `decoding.py` decodes with.

    SEQKIT_DATA=... python benchmarks/decoding_training.py d256.keras --epochs 2

d256, 3 + 3 layers, 8,000 pieces of both languages: a small transformer. Its
parts are those that CTranslate2 has too (sinusoidal positions, norms before). A few epochs are
enough: how fast a sentence is translated hangs on its length alone.
"""

import argparse
import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras

import recipes
from seqkit import data

OPTIONS = {"units": 256, "layers": 3, "feed_forward": 1024, "vocabulary": 8000}


def train(path, epochs, pairs, **options):
    """Trains on `pairs`; the model is saved after each epoch."""
    parts = {"positions": "sinusoidal", "norm": "pre"}
    model = recipes.seq2seq(pairs, epochs=epochs, seed=1, **(OPTIONS | parts | options))
    model.fit(pairs, epochs=epochs, verbose=2, callbacks=[keras.callbacks.ModelCheckpoint(path)])
    return model


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--pairs", type=int, help="only so many")
    parser.add_argument("--units", type=int, default=256)
    chosen = parser.parse_args()
    pairs = data.load("multi30k").examples["train"]
    if chosen.pairs:
        pairs = pairs.subset(range(chosen.pairs))
    train(chosen.model, chosen.epochs, pairs, units=chosen.units)
