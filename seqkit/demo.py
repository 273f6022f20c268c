"""What `seqkit demo` does: the whole way from raw text to a served model, in a minute."""

import json
import pathlib
import subprocess
import sys
import tempfile
import time

import recipes
from seqkit import data
from seqkit.export import saved_model
from seqkit.inspect.run import Run
from seqkit.training import KeepBest, Progress

__all__ = ["demo"]

SENTENCES = [
    "the plot is not bad at all , i loved it",
    "i expected a great film , but it is a dull mess",
    "what a joy",
]

# Runs where neither seqkit nor Keras can be imported: nothing but TensorFlow and the export.
SERVE = """
import json, sys
sys.modules["seqkit"] = sys.modules["keras"] = None
import tensorflow as tf
model = tf.saved_model.load(sys.argv[1])
answers = model.signatures["serving_default"](texts=tf.constant(json.loads(sys.argv[2])))
rows = zip(answers["label"].numpy(), answers["probabilities"].numpy().max(axis=1))
print(json.dumps([[label.decode(), float(p)] for label, p in rows]))
"""


def demo(folder=None):
    """Trains on the project's own reviews, measures, asks, exports, and asks the export.

    Args:
        folder: where run and export are kept; `None` throws them away.

    Raises:
        RuntimeError: if the export answers otherwise than the model.
    """
    from rich.console import Console

    console = Console()
    with tempfile.TemporaryDirectory() as temporary:
        kept = pathlib.Path(folder or temporary)
        run = Run(kept / "run", overwrite=True)
        reviews = data.samples.reviews()
        model = train(run, reviews, console)
        ask(model, console)
        serve(model, kept / "export", console)
        if folder:
            console.print(f"kept: {run.folder} (model, figures, plots, card), {kept / 'export'}")


def train(run, reviews, console):
    from rich.table import Table

    console.print(f"[bold]1  Train[/bold] on {len(reviews.examples['train']):,} small reviews")
    model = recipes.sentiment(reviews.examples["train"], embedding=64, seed=1)
    callbacks = [KeepBest(path=run.model_path)]
    progress = Progress(console)
    start = time.monotonic()
    with progress.shown():
        history = model.fit(
            reviews.examples["train"],
            validation_data=reviews.examples["validation"],
            epochs=10,
            callbacks=[*callbacks, progress] if console.is_terminal else callbacks,
            verbose=0 if console.is_terminal else 2,
        )
    seconds = time.monotonic() - start
    report = model.report(reviews.examples["validation"])
    run.write(model, history=history, seconds=seconds, report=report, data={"data": reviews.name})

    test = model.report(reviews.examples["test"])
    table = Table("model", "test accuracy", "macro-F1", "seconds")
    words = data.samples.bag_of_words_accuracy(reviews)
    table.add_row("bag of words", f"{words:.3f}", "", "")
    table.add_row(
        "LSTM, both directions", f"{test.accuracy:.3f}", f"{test.macro_f1:.3f}", f"{seconds:.0f}"
    )
    console.print(table)
    return model


def ask(model, console):
    console.print("[bold]2  Ask[/bold]")
    for answer in model.classify(SENTENCES):
        console.print(f"   {answer}", highlight=False)


def serve(model, path, console):
    console.print(
        "[bold]3  Export[/bold], and ask the export in a process without seqkit and Keras"
    )
    parity = saved_model(model, path)
    console.print(f"   {parity}", highlight=False)
    served = subprocess.run(
        [sys.executable, "-c", SERVE, str(path), json.dumps(SENTENCES)],
        capture_output=True,
        text=True,
    )
    if served.returncode:
        raise RuntimeError(f"The export does not run: {served.stderr.strip().splitlines()[-1]}")
    own = model.classify(SENTENCES)
    for answer, (label, probability) in zip(own, json.loads(served.stdout), strict=True):
        if label != answer.label or abs(probability - answer.probability) > 1e-4:
            raise RuntimeError(f"The export answers {label} {probability:.3f} for {answer}")
        console.print(f"   {label} {probability:.3f}  equal to the model", highlight=False)
