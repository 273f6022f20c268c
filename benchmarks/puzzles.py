"""Whether each architecture learns to copy, reverse and sort within a minute on two cores.

    python benchmarks/puzzles.py                        # all architectures, three seeds
    python benchmarks/puzzles.py --rows transformer --tasks reversing --seeds 1

Pairs are `samples.copying`, `reversing` and `sorting`, 1% of them empty. Each architecture makes as
many epochs as fit into the minute, told to the recipe beforehand, so that its rate falls to the
end. Seconds count everything from raw texts on, tracing included; where the machine is slower,
training stops before the epoch that would pass the budget. The best epoch by the loss of 400
validation pairs is kept. "exact" is the share of test pairs that greedy search answers without a
fault.
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

SMALL = {"units": 64, "layers": 2, "feed_forward": 128, "dropout": 0.0, "learning_rate": 2e-3}
GRU = {"encoder": "recurrent", "units": 96, "dropout": 0.0, "learning_rate": 4e-3}
# All that was read has to go through one state: as wide as a minute allows, words as narrow.
BLIND = {**GRU, "units": 128, "embedding": 32, "attention": None}
# The options of the recipe, and the epochs.
ROWS = {
    "transformer": (SMALL, 3),
    "transformer, rotary": ({**SMALL, "positions": "rotary"}, 5),
    "gru, additive": (GRU, 6),
    "lstm, general, fed": (
        {**GRU, "cell": "lstm", "attention": "general", "input_feeding": True},
        5,
    ),
    "mut1, dot": ({**GRU, "cell": "mut1", "attention": "dot"}, 6),
    "lstm, no attention": ({**BLIND, "cell": "lstm"}, 8),
    "gru, no attention": (BLIND, 8),
    "gru on transformer": ({**SMALL, "decoder": "recurrent"}, 4),
    "transformer on gru": ({**SMALL, "encoder": "recurrent", "decoder": "transformer"}, 4),
}
TASKS = ("copying", "reversing", "sorting")


class Budget(keras.callbacks.Callback):
    """Stops before the epoch that would not end in time."""

    def __init__(self, end):
        super().__init__()
        self.end = end

    def on_epoch_begin(self, epoch, logs=None):
        self.start = time.monotonic()

    def on_train_batch_end(self, batch, logs=None):
        if int(self.model.optimizer.iterations) <= 2:  # up to here the graph was made
            self.start = time.monotonic()

    def on_epoch_end(self, epoch, logs=None):
        now = time.monotonic()
        if now + (now - self.start) > self.end:
            self.model.stop_training = True


def run(row, task, seed, budget, tokens):
    """Share of exact answers, the seconds of the training, and its epochs."""
    start = time.monotonic()
    options, epochs = ROWS[row]
    splits = getattr(samples, task)()
    model = recipes.seq2seq(
        splits.train,
        tokens="words",
        shared=True,
        seed=seed,
        batch_tokens=tokens,
        epochs=epochs,
        **options,
    )
    history = model.fit(
        splits.train,
        validation_data=splits.validation.subset(range(400)),
        epochs=epochs,
        verbose=0,
        callbacks=[Budget(start + budget), training.KeepBest("val_loss", patience=None)],
    )
    seconds = time.monotonic() - start
    return model.report(splits.test, beams=1).exact, seconds, len(history.epoch)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", nargs="+", choices=list(ROWS), default=list(ROWS))
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=TASKS)
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--seconds", type=float, default=58, help="the budget of a training")
    parser.add_argument("--tokens", type=int, default=512, help="most ids of a batch")
    chosen = parser.parse_args()
    print(f"{'row':<22}{'task':<12}{'exact, by seed':<26}{'seconds':>8}  epochs")
    for row in chosen.rows:
        for task in chosen.tasks:
            runs = [run(row, task, seed, chosen.seconds, chosen.tokens) for seed in chosen.seeds]
            shares = "  ".join(f"{exact:.1%}" for exact, *_ in runs)
            seconds = statistics.mean(s for _, s, _ in runs)
            made = " ".join(str(epochs) for *_, epochs in runs)
            print(f"{row:<22}{task:<12}{shares:<26}{seconds:>8.1f}  {made}", flush=True)


if __name__ == "__main__":
    main()
