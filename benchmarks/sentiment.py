"""Which cell, which noise: `recipes.sentiment` on SST-2, beside the plain Keras tutorial model.

    SEQKIT_DATA=... python benchmarks/sentiment.py --results sentiment.jsonl
    python benchmarks/sentiment.py --rows default gru --seeds 1 2 3 --results sentiment.jsonl

Each run appends a line to the results as it ends; runs that are there already are not made
again, so a benchmark that was stopped goes on. Choices are made on the validation part; the
test part is read once, by the finished model. Times count everything from raw text on:
vocabulary, tracing, training, validation.
"""

import argparse
import functools
import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from rows import Clock, completed, time_to, trained

import recipes
from seqkit import data
from seqkit.models import Report

ROWS = {
    "default": {},
    "gru": {"cell": "gru"},
    "mut1": {"cell": "mut1"},
    "mut2": {"cell": "mut2"},
    "mut3": {"cell": "mut3"},
    "lstm, zoneout": {"zoneout": 0.1},
    "lstm, weight drop": {"weight_drop": 0.25},
    "lstm, layer norm": {"layer_norm": True},
    "lstm, recurrent dropout": {"recurrent_dropout": 0.25},
    "lstm, max pooling": {"pooling": "max"},
    "lstm, last state": {"pooling": "last"},
    "keras tutorial": None,
}
TUTORIAL = "keras tutorial"


def tutorial(parts, seed):
    """TextVectorization, Embedding, Bidirectional(LSTM): three epochs, as in Keras's guides."""
    import tensorflow as tf

    keras.utils.set_random_seed(seed)
    clock = Clock("val_accuracy")
    labels = ("negative", "positive")
    vectorize = keras.layers.TextVectorization(max_tokens=20_000)
    vectorize.adapt(tf.constant(parts["train"].texts))

    def batches(part, shuffle):
        truth = [labels.index(label) for label in part.labels]
        rows = tf.data.Dataset.from_tensor_slices((part.texts, truth))
        rows = rows.shuffle(len(truth), seed=seed) if shuffle else rows
        batched = rows.batch(32).map(lambda x, y: (vectorize(x), y), tf.data.AUTOTUNE)
        return batched.prefetch(tf.data.AUTOTUNE)  # padded to the longest of each batch

    model = keras.Sequential(
        [
            keras.layers.Embedding(20_000, 128, mask_zero=True),
            keras.layers.Bidirectional(keras.layers.LSTM(64)),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    validation = batches(parts["validation"], shuffle=False)
    model.fit(
        batches(parts["train"], shuffle=True),
        validation_data=validation,
        epochs=3,
        callbacks=[clock],
        verbose=0,
    )

    def report(part):
        answers = model.predict(batches(part, shuffle=False), verbose=0)[:, 0] > 0.5
        truth = [labels.index(label) for label in part.labels]
        return Report.of(labels, truth, answers.astype("int64"))

    return report(parts["validation"]), report(parts["test"]), clock


def run(name, seed, parts, epochs):
    """One row with one seed, as a dict of plain values."""
    keras.utils.clear_session()
    if name == TUTORIAL:
        validation, test, clock = tutorial(parts, seed)
    else:
        validation, test, clock = trained(recipes.sentiment, parts, epochs, seed=seed, **ROWS[name])
    return {
        "validation": validation.accuracy,
        "test": test.accuracy,
        "macro_f1": test.macro_f1,
        "seconds": clock.curve[-1][0],
        "curve": clock.curve,
    }


def table(results):
    """A line for each row: means over the seeds, and the time to the tutorial's accuracy."""
    goal = [r["curve"][-1][1] for r in results if r["row"] == TUTORIAL]
    goal = float(np.mean(goal)) if goal else None
    lines = [
        f"{'row':<24}{'seeds':>6}{'validation':>12}{'test':>16}{'macro-F1':>10}"
        f"{'s/epoch':>9}{'seconds':>9}{'to goal':>9}"
    ]
    for name in ROWS:
        own = [r for r in results if r["row"] == name]
        if not own:
            continue
        epoch = np.mean([r["seconds"] / len(r["curve"]) for r in own])
        to_goal = "-" if goal is None else time_to(goal, own)
        mean = {
            key: np.mean([r[key] for r in own])
            for key in ("validation", "test", "macro_f1", "seconds")
        }
        lines.append(
            f"{name:<24}{len(own):>6}{mean['validation']:>12.4f}"
            f"{mean['test']:>9.4f} ±{np.std([r['test'] for r in own]):.4f}{mean['macro_f1']:>10.4f}"
            f"{epoch:>9.1f}{mean['seconds']:>9.0f}{to_goal:>9}"
        )
    if goal is not None:
        lines.append(f"goal: {goal:.4f} on validation, what the tutorial model ends at, on average")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", nargs="+", choices=list(ROWS), default=list(ROWS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--epochs", type=int, default=3, help="at most, as many as the tutorial")
    parser.add_argument("--results", type=pathlib.Path, default=pathlib.Path("sentiment.jsonl"))
    chosen = parser.parse_args()

    parts = data.load("sst2").examples
    tasks = [(name, seed) for seed in chosen.seeds for name in chosen.rows]
    one = functools.partial(run, parts=parts, epochs=chosen.epochs)
    print(table(completed(chosen.results, ("row", "seed"), tasks, one)))


if __name__ == "__main__":
    main()
