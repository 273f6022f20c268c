"""Whether each architecture learns to copy, reverse and sort within a minute on two cores.

    python benchmarks/puzzles.py                        # all architectures, three seeds
    python benchmarks/puzzles.py --rows transformer --tasks reversing --seeds 1

Pairs are `samples.copying`, `reversing` and `sorting`, 1% of them empty. Seconds count everything
from raw texts on, tracing included, until the budget is over: training stops before the epoch that
would pass it, and the best epoch by the loss of 400 validation pairs is kept. "exact" is the share
of test pairs that greedy search answers without a fault.
"""

import argparse
import os
import statistics
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras

import recipes
from seqkit import training
from seqkit.data import samples

SMALL = {"units": 64, "layers": 2, "feed_forward": 128, "dropout": 0.0}
GRU = {"encoder": "recurrent", "units": 96, "dropout": 0.0}
# All that was read has to go through one state: as wide as a minute allows, words as narrow.
BLIND = {"encoder": "recurrent", "units": 192, "embedding": 32, "dropout": 0.0, "attention": None}
# The options of the recipe, and the highest rate.
ROWS = {
    "transformer": (SMALL, 2e-3),
    "transformer, rotary": ({**SMALL, "positions": "rotary"}, 2e-3),
    "gru, additive": (GRU, 4e-3),
    "lstm, general, fed": (
        {**GRU, "cell": "lstm", "attention": "general", "input_feeding": True},
        4e-3,
    ),
    "mut1, dot": ({**GRU, "cell": "mut1", "attention": "dot"}, 4e-3),
    "lstm, no attention": ({**BLIND, "cell": "lstm"}, 4e-3),
    "gru, no attention": (BLIND, 4e-3),
    "gru on transformer": ({**SMALL, "decoder": "recurrent"}, 2e-3),
    "transformer on gru": ({**SMALL, "encoder": "recurrent", "decoder": "transformer"}, 2e-3),
}
TASKS = ("copying", "reversing", "sorting")


class Budget(keras.callbacks.Callback):
    """Stops before the epoch that would not end in time."""

    def __init__(self, end):
        super().__init__()
        self.end = end

    def on_epoch_begin(self, epoch, logs=None):
        self.start = time.monotonic()

    def on_epoch_end(self, epoch, logs=None):
        now = time.monotonic()
        if now + (now - self.start) > self.end:
            self.model.stop_training = True


def run(row, task, seed, budget, tokens):
    """Share of exact answers, and the seconds of the training."""
    start = time.monotonic()
    options, rate = ROWS[row]
    splits = getattr(samples, task)()
    model = recipes.seq2seq(
        splits.train, tokens="words", shared=True, seed=seed, batch_tokens=tokens, **options
    )
    # A rate that falls without having to know when the minute is over.
    rate = training.InverseSquareRoot(rate, warmup=150)
    model.compile(keras.optimizers.Adam(rate, global_clipnorm=1.0), training.TokenCrossentropy())
    model.fit(
        splits.train,
        validation_data=splits.validation.subset(range(400)),
        epochs=1000,
        verbose=0,
        callbacks=[Budget(start + budget), training.KeepBest("val_loss", patience=None)],
    )
    seconds = time.monotonic() - start
    return model.report(splits.test, beams=1).exact, seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", nargs="+", choices=list(ROWS), default=list(ROWS))
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=TASKS)
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--seconds", type=float, default=58, help="the budget of a training")
    parser.add_argument("--tokens", type=int, default=512, help="most ids of a batch")
    chosen = parser.parse_args()
    print(f"{'row':<22}{'task':<12}{'exact, by seed':<26}{'seconds':>8}")
    for row in chosen.rows:
        for task in chosen.tasks:
            runs = [run(row, task, seed, chosen.seconds, chosen.tokens) for seed in chosen.seeds]
            shares = "  ".join(f"{exact:.1%}" for exact, _ in runs)
            seconds = statistics.mean(s for _, s in runs)
            print(f"{row:<22}{task:<12}{shares:<26}{seconds:>8.1f}", flush=True)


if __name__ == "__main__":
    main()
