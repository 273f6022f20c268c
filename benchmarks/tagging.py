"""Which cell, with or without a CRF: `recipes.pos_tagging` on UD English EWT, UPOS.

    SEQKIT_DATA=... python benchmarks/tagging.py --results tagging.jsonl
    python benchmarks/tagging.py --rows default gru --seeds 1 2 3 --results tagging.jsonl
    python benchmarks/tagging.py --speed     # sentences per second of `tag` and of the export

Each run appends a line to the results as it ends; runs that are there already are not made
again. Choices are made on the dev part; the test part is read once, by the finished model.
Times count everything from raw sentences on: vocabulary, tracing, training, validation. The
tutorial is the plain Keras model: word embedding, one BiLSTM, softmax, five epochs.
"""

import argparse
import functools
import os
import pathlib
import statistics
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from rows import Clock, completed, time_to, trained

import recipes
from seqkit import data
from seqkit.models import TagReport

ROWS = {
    "default": {},
    "softmax": {"crf": False},
    "gru": {"cell": "gru"},
    "mut1": {"cell": "mut1"},
    "mut2": {"cell": "mut2"},
    "mut3": {"cell": "mut3"},
    "transformer": {"encoder": "transformer", "units": 128, "layers": 2, "dropout": 0.2},
    "no characters": {"characters": None},
    "characters by rnn": {"characters": "rnn"},
    "keras tutorial": None,
}
TUTORIAL = "keras tutorial"


def tutorial(parts, seed):
    """Lower-cased words, Embedding 100, Bidirectional(LSTM(128)), softmax: five epochs."""
    import tensorflow as tf

    keras.utils.set_random_seed(seed)
    clock = Clock("val_accuracy")
    labels = parts["train"].label_names
    lookup = keras.layers.StringLookup(mask_token="")
    lookup.adapt(tf.constant([word.lower() for row in parts["train"].words for word in row]))

    def batches(part, shuffle):
        words = [[word.lower() for word in row] for row in part.words]
        # Labels from 1 on, 0 for padding, as the guides do.
        tags = [[0 if t is None else labels.index(t) + 1 for t in row] for row in part.labels]
        rows = tf.data.Dataset.from_tensor_slices(
            (lookup(tf.ragged.constant(words)), tf.ragged.constant(tags, ragged_rank=1))
        )
        rows = rows.shuffle(len(part), seed=seed) if shuffle else rows
        padded = rows.ragged_batch(32).map(
            lambda x, y: (x.to_tensor(), y.to_tensor(), tf.cast(y.to_tensor() > 0, tf.float32))
        )
        return padded.prefetch(tf.data.AUTOTUNE)

    model = keras.Sequential(
        [
            keras.layers.Embedding(lookup.vocabulary_size(), 100, mask_zero=True),
            keras.layers.Bidirectional(keras.layers.LSTM(128, return_sequences=True)),
            keras.layers.Dense(len(labels) + 1, activation="softmax"),
        ]
    )
    model.compile(
        "adam", "sparse_categorical_crossentropy", weighted_metrics=["accuracy"], jit_compile=False
    )
    model.fit(
        batches(parts["train"], shuffle=True),
        validation_data=batches(parts["validation"], shuffle=False),
        epochs=5,
        callbacks=[clock],
        verbose=0,
    )
    known = {word.lower() for row in parts["train"].words for word in row}

    def report(part):
        answers = []
        for x, _, _ in batches(part, shuffle=False):
            answers += (model.predict_on_batch(x)[..., 1:].argmax(axis=-1)).tolist()
        rows = [
            [labels[i] for i in row[: len(words)]]
            for row, words in zip(answers, part.words, strict=True)
        ]
        met = lambda words: np.array([word.lower() in known for word in words])  # noqa: E731
        return TagReport.of(part, rows, labels=labels, known=met)

    # Keras's weighted accuracy is one of batch means; this counts words.
    found = report(parts["validation"]), report(parts["test"]), clock
    clock.curve[-1] = [clock.curve[-1][0], found[0].accuracy]
    return found


def run(name, seed, parts, epochs):
    """One row with one seed, as a dict of plain values."""
    keras.utils.clear_session()
    if name == TUTORIAL:
        validation, test, clock = tutorial(parts, seed)
    else:
        validation, test, clock = trained(
            recipes.pos_tagging, parts, epochs, seed=seed, **ROWS[name]
        )
    return {
        "validation": validation.accuracy,
        "test": test.accuracy,
        "unknown": test.unknown_accuracy,
        "seconds": clock.curve[-1][0],
        "curve": clock.curve,
    }


def table(results):
    """A line for each row: means over the seeds, and the time to the tutorial's accuracy."""
    goal = [r["validation"] for r in results if r["row"] == TUTORIAL]
    goal = float(np.mean(goal)) if goal else None
    lines = [
        f"{'row':<26}{'seeds':>6}{'dev':>9}{'test':>16}{'unknown':>9}"
        f"{'epochs':>8}{'seconds':>9}{'to goal':>9}"
    ]
    for name in ROWS:
        own = [r for r in results if r["row"] == name]
        if not own:
            continue
        to_goal = "-" if goal is None else time_to(goal, own)
        mean = {
            key: np.mean([r[key] for r in own])
            for key in ("validation", "test", "unknown", "seconds")
        }
        epochs = np.mean([len(r["curve"]) for r in own])
        lines.append(
            f"{name:<26}{len(own):>6}{100 * mean['validation']:>9.2f}"
            f"{100 * mean['test']:>9.2f} ±{100 * np.std([r['test'] for r in own]):.2f}"
            f"{100 * mean['unknown']:>11.2f}{epochs:>8.1f}{mean['seconds']:>9.0f}{to_goal:>9}"
        )
    if goal is not None:
        lines.append(f"goal: {100 * goal:.2f} on dev, what the tutorial model ends at, on average")
    return "\n".join(lines)


def speed(parts, rounds):
    """Sentences per second of `tag` and of the exported model, in turns; medians."""
    import tensorflow as tf

    model = recipes.pos_tagging(parts["train"], seed=1)
    rows = parts["test"].words[:2048]
    with tempfile.TemporaryDirectory() as around:
        model.export(pathlib.Path(around, "served"))
        loaded = tf.saved_model.load(str(pathlib.Path(around, "served")))
        serve = loaded.signatures["serving_default"]

        def exported(some):
            return serve(words=tf.ragged.constant(some, ragged_rank=1).to_tensor())["tags"]

        contestants = {"tag": model.tag, "export": exported}
        cases = {1: [[row] for row in rows[:64] if row], 256: [rows[i : i + 256] for i in
                 range(0, 2048, 256)]}  # fmt: skip
        seconds = {}
        for _ in range(rounds + 1):  # the first round traces
            for size, groups in cases.items():
                for name, ask in contestants.items():
                    start = time.perf_counter()
                    for group in groups:
                        ask(group)
                    took = (time.perf_counter() - start) / sum(map(len, groups))
                    seconds.setdefault((name, size), []).append(took)
    print(f"{'':<10}{'batch':>6}{'sentences/s':>13}")
    for (name, size), took in seconds.items():
        print(f"{name:<10}{size:>6}{1 / statistics.median(took[1:]):>13.0f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", nargs="+", choices=list(ROWS), default=list(ROWS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--epochs", type=int, default=10, help="at most; early stopping is on")
    parser.add_argument("--results", type=pathlib.Path, default=pathlib.Path("tagging.jsonl"))
    parser.add_argument("--speed", action="store_true", help="measure speed, train nothing")
    parser.add_argument("--rounds", type=int, default=7, help="of --speed")
    chosen = parser.parse_args()

    parts = data.load("ud_english_ewt").examples
    if chosen.speed:
        speed(parts, chosen.rounds)
        return
    tasks = [(name, seed) for seed in chosen.seeds for name in chosen.rows]
    one = functools.partial(run, parts=parts, epochs=chosen.epochs)
    print(table(completed(chosen.results, ("row", "seed"), tasks, one)))


if __name__ == "__main__":
    main()
