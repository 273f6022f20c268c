"""The `seqkit` command. Nothing heavy is imported before a command needs it."""

import itertools
import json
import os
import pathlib
import sys
import time
from typing import Annotated

import typer

from seqkit._version import __version__

__all__ = ["app", "main"]

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode="rich")
train_app = typer.Typer(no_args_is_help=True)
app.add_typer(train_app, name="train")

Data = Annotated[
    pathlib.Path, typer.Argument(help="Labelled texts: .tsv, .csv, .jsonl, .gz, folder.")
]
Model = Annotated[pathlib.Path, typer.Argument(help="A .keras file or a run directory.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace what is there.")]


def main():
    """Runs the command; errors are one line on stderr and exit code 2, Ctrl-C is 130."""
    try:
        code = app(prog_name="seqkit", standalone_mode=False) or 0
    except typer.Exit as end:
        code = end.exit_code
    except (KeyboardInterrupt, typer.Abort):
        code = 130
    except BrokenPipeError:  # `| head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except Exception as error:
        if os.environ.get("SEQKIT_DEBUG"):
            raise
        print(f"seqkit: error: {message(error)}", file=sys.stderr)
        code = 2
    if code == 130:
        print("\nseqkit: interrupted", file=sys.stderr)
    sys.exit(code)


def message(error):
    """One line for whatever went wrong."""
    if hasattr(error, "format_message"):  # wrong usage, from the parser of the command line
        text = error.format_message().rstrip(".")
        asked = getattr(error, "ctx", None)
        return f"{text}. Try: {asked.command_path} --help" if asked else text
    known = isinstance(error, (ValueError, OSError, ArithmeticError))
    return ("" if known else f"{type(error).__name__}: ") + " ".join(str(error).split())


def version(wanted: bool):
    if wanted:
        print(f"seqkit {__version__}")
        raise typer.Exit


@app.callback()
def options(
    _: Annotated[
        bool, typer.Option("--version", callback=version, is_eager=True, help="Print the version.")
    ] = False,
):
    """Sequence models from raw text: train, measure, ask, export."""


@train_app.callback()
def train_options():
    """Train a model and write a run directory: model, figures, plots, model card.

    Example: seqkit train sentiment --train train.tsv --validation dev.tsv --out runs/first
    """


@train_app.command()
def sentiment(
    train: Annotated[
        pathlib.Path, typer.Option(help="Labelled texts: .tsv, .csv, .jsonl, folder.")
    ],
    out: Annotated[pathlib.Path, typer.Option(help="Run directory to write.")],
    validation: Annotated[
        pathlib.Path | None, typer.Option(help="Labelled texts that choose the best epoch.")
    ] = None,
    cell: Annotated[str, typer.Option(help="Recurrent cell: lstm, gru, mut1, ...")] = "lstm",
    units: Annotated[int, typer.Option(help="Units of each layer and direction.")] = 64,
    layers: Annotated[int, typer.Option(help="Recurrent layers.")] = 1,
    bidirectional: Annotated[bool, typer.Option(help="Read in both directions.")] = True,
    pooling: Annotated[str, typer.Option(help="last, mean, max or attention.")] = "attention",
    tokens: Annotated[str, typer.Option(help="words, characters or subwords.")] = "words",
    epochs: Annotated[int, typer.Option(min=1, help="Most passes over the data.")] = 10,
    batch_size: Annotated[int, typer.Option(min=1, help="Texts in a batch.")] = 32,
    option: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="For the cell: zoneout=0.1")
    ] = None,
    seed: Annotated[int, typer.Option(help="Makes the run reproducible.")] = 1,
    overwrite: Overwrite = False,
):
    """Train a classifier of whole texts: sentiment, topic, language, ...

    Example: seqkit train sentiment --train train.tsv --validation dev.tsv --cell mut1 --out runs/a
    """
    wake()
    import recipes
    from seqkit import data
    from seqkit.inspect import Run

    settings = dict(cell=cell, units=units, layers=layers, bidirectional=bidirectional)
    settings |= dict(pooling=pooling, tokens=tokens, seed=seed, **parsed(option))
    run = Run(out, overwrite=overwrite)  # refused before an hour of training, not after
    examples = data.as_examples(train)
    held_out = data.as_examples(validation) if validation else None
    model = recipes.sentiment(examples, **settings)
    if held_out is not None:
        model.preprocessor.label_ids(held_out.labels or (), name=held_out.name)
    settings |= dict(epochs=epochs, batch_size=batch_size)
    report, seconds = train_run(run, model, examples, held_out, settings)
    print(report or "no validation data: nothing measured")
    print(f"{run.folder}: model, figures, plots and model card ({seconds:.0f} s of training)")


def train_run(run, model, examples, held_out, settings):
    from rich.console import Console

    from seqkit.training import KeepBest, Progress

    keeper = KeepBest(path=run.model_path)
    if held_out is None:
        keeper = KeepBest(patience=None, restore=False, path=run.model_path)
    progress = Progress(Console(stderr=True))
    start = time.monotonic()
    with progress.shown():
        history = model.fit(
            examples,
            validation_data=held_out,
            epochs=settings["epochs"],
            batch_size=settings["batch_size"],
            callbacks=[keeper, progress] if sys.stderr.isatty() else [keeper],
            verbose=0,
        )
    seconds = time.monotonic() - start
    report = model.report(held_out) if held_out is not None else None
    described = {"training data": f"{examples.name}, {len(examples):,} texts"}
    if held_out is not None:
        described["validation data"] = f"{held_out.name}, {len(held_out):,} texts"
    run.write(
        model, history=history, seconds=seconds, report=report, data=described, settings=settings
    )
    return report, seconds


@app.command()
def evaluate(model: Model, data: Data, as_json: AsJson = False):
    """Measure a model on labelled texts: accuracy, macro-F1, a table of the classes.

    Example: seqkit evaluate runs/mut1 test.tsv
    """
    report = loaded(model).report(data)
    print(json.dumps(report.figures()) if as_json else report)


@app.command()
def predict(
    model: Model,
    texts: Annotated[
        str, typer.Argument(help="File with a text on each line; - is standard input.")
    ] = "-",
    as_json: AsJson = False,
):
    """Answer each line of a file or of standard input with a line: label, probability.

    Example: echo "a joyless mess" | seqkit predict runs/mut1 --json
    """
    source = sys.stdin.fileno() if texts == "-" else texts
    with open(source, encoding="utf-8", errors="replace", closefd=texts != "-") as lines:
        classifier = loaded(model)
        rows = (line.rstrip("\r\n") for line in lines)
        for some in iter(lambda: list(itertools.islice(rows, 512)), []):
            for answer in classifier.classify(some):
                row = f"{answer.label}\t{answer.probability:.4f}"
                print(json.dumps(answer.to_dict(), ensure_ascii=False) if as_json else row)
            sys.stdout.flush()


@app.command()
def export(
    model: Model,
    out: Annotated[pathlib.Path, typer.Argument(help="Folder to write the SavedModel into.")],
    overwrite: Overwrite = False,
):
    """Write a SavedModel that takes strings and needs TensorFlow alone, and check it.

    Example: seqkit export runs/mut1 serving/sentiment
    """
    if out.exists() and not overwrite:
        raise FileExistsError(f"{out} exists: give another folder, or --overwrite.")
    print(loaded(model).export(out))
    print(f"{out}: SavedModel, texts in; label, labels and probabilities out")


@app.command()
def info(model: Model, as_json: AsJson = False):
    """Say what a saved model is: its parts, sizes, labels and figures.

    Example: seqkit info runs/mut1
    """
    wake()
    from seqkit.inspect import facts

    file = model_file(model)
    found = facts(loaded(model)) | {"file": str(file), "bytes": file.stat().st_size}
    record = file.parent / "metrics.json"
    if record.exists():
        known = json.loads(record.read_text(encoding="utf-8"))
        found |= {"created": known["created"], **(known["figures"] or {})}
    if as_json:
        print(json.dumps(found, ensure_ascii=False))
        return
    for name, value in found.items():
        if name not in ("classes", "confusion"):
            print(f"{name:12} {shown(value)}")


@app.command()
def demo(
    out: Annotated[
        pathlib.Path | None, typer.Option(help="Keep the run and the export in this folder.")
    ] = None,
):
    """Train, measure, ask, export and reload on small reviews that come along; a minute.

    Example: seqkit demo
    """
    wake()
    from seqkit.demo import demo as run

    run(out)


# --- parts of the commands ------------------------------------------------------


def loaded(path):
    wake()
    from seqkit import models

    return models.load(model_file(path))


def model_file(path):
    return path / "model.keras" if (path / "model.keras").exists() else path


def wake():
    """Imports Keras and TensorFlow without the lines that their libraries write meanwhile."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)  # they write to the file descriptor, past `sys.stderr`
    try:
        import seqkit.data  # noqa: F401
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def parsed(pairs):
    """["zoneout=0.1"] -> {"zoneout": 0.1}"""
    options = {}
    for pair in pairs or ():
        name, equals, value = pair.partition("=")
        if not (name.isidentifier() and equals):
            raise ValueError(f"`--option` must be NAME=VALUE. Received: {pair!r}")
        try:
            options[name] = json.loads(value)
        except json.JSONDecodeError:
            options[name] = value
    return options


def shown(value):
    if isinstance(value, float):
        return f"{value:.4f}"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return f"{value:,}" if isinstance(value, int) else value
