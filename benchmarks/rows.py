"""What the benchmarks that train share: a file of results, the clock of a training, its goal."""

import json
import time

import keras
import numpy as np

__all__ = ["Clock", "completed", "time_to", "trained"]


class Clock(keras.callbacks.Callback):
    """The seconds at which each epoch ended, and what training said then; goes on with one.

    Args:
        *names: of the figures, as in the logs; zero where one is absent.
        shown: whether to print each row.
    """

    def __init__(self, *names, shown=False):
        super().__init__()
        self.names, self.shown = names, shown
        self.start, self.before, self.curve = time.monotonic(), 0.0, []

    def on_epoch_end(self, epoch, logs=None):
        seconds = self.before + time.monotonic() - self.start
        self.curve.append([round(seconds, 1), *(round(logs.get(n, 0.0), 4) for n in self.names)])
        if self.shown:
            names = ", ".join(self.names)
            print(f"epoch {epoch + 1}: seconds, {names}: {self.curve[-1]}", flush=True)

    def state(self):
        return {"curve": self.curve}, []

    def set_state(self, facts, arrays):
        self.curve = facts["curve"]
        self.before = self.curve[-1][0] if self.curve else 0.0


def trained(recipe, parts, epochs, **options):
    """Trains what a recipe makes: its reports on validation and test part, and the clock."""
    clock = Clock("val_accuracy")
    model = recipe(parts["train"], **options)
    model.fit(
        parts["train"],
        validation_data=parts["validation"],
        epochs=epochs,
        callbacks=[clock],
        verbose=0,
    )
    return model.report(parts["validation"]), model.report(parts["test"]), clock


def completed(path, names, tasks, run):
    """The results in a file, those that were missing measured now and added to it, one by one.

    Args:
        path: of the file, JSON lines.
        names: what a task is told by, such as `("row", "seed")`.
        tasks: tuples of values for these names.
        run: `run(*task)` to a dict of plain values.

    Returns:
        list of dict: all lines of the file.
    """
    results = []
    if path.exists():
        results = [json.loads(line) for line in path.read_text().splitlines()]
    done = {tuple(result[name] for name in names) for result in results}
    for task in tasks:
        if task in done:
            continue
        results.append({**dict(zip(names, task, strict=True)), **run(*task)})
        with path.open("a") as file:
            file.write(json.dumps(results[-1]) + "\n")
        print(json.dumps(results[-1]), flush=True)
    return results


def time_to(goal, results):
    """Mean seconds after which the figure of the curves was at the goal; "-" if one never was."""
    reached = [next((s for s, figure in r["curve"] if figure >= goal), None) for r in results]
    return "-" if None in reached else f"{np.mean(reached):.0f}"
