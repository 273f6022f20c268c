"""The `seqkit` command. Nothing heavy is imported before a command needs it."""

import json
import os
import pathlib
import re
import sys
from typing import Annotated

import typer

from seqkit._version import __version__
from seqkit.cli import answer, forecasting, train, translation
from seqkit.cli.parts import (
    AsJson,
    Data,
    Model,
    Overwrite,
    Reading,
    Repair,
    loaded,
    model_file,
    parsed,
    read,
    shown,
    wake,
)
from seqkit.files import writable

__all__ = ["app", "main"]

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode="rich")
app.add_typer(train.app, name="train")


def main():
    """Runs the command; errors are one line on stderr and exit code 2, Ctrl-C is 130."""
    try:
        code = app(prog_name="seqkit", standalone_mode=False) or 0
    except typer.Exit as end:
        code = end.exit_code
    except (KeyboardInterrupt, typer.Abort):
        code = 130
    except (BrokenPipeError, SystemExit):  # `| head` has seen enough; the parser exits by itself
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except Exception as error:
        if os.environ.get("SEQKIT_DEBUG"):
            raise
        if type(error).__name__ != "NoArgsIsHelpError":  # which has printed its help
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
    text = as_options(forecasting.policies(str(error)))
    return ("" if known else f"{type(error).__name__}: ") + " ".join(text.split())


def as_options(text):
    """A message of the library with its `data.read(path, ...)` as the command takes it."""

    def typed(found):
        return " ".join(f"--read {each.lower()}" for each in found[1].split(", "))

    return re.sub(r"`data\.read\(path, (.*?)\)`", typed, text)


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
    """Sequence models from raw data: train, measure, ask, export."""


@app.command()
def evaluate(
    model: Model,
    data: Data,
    target: Annotated[
        pathlib.Path | None, typer.Option(help="Translations of the lines of DATA.")
    ] = None,
    reading: Reading = None,
    repair: Repair = None,
    as_json: AsJson = False,
):
    """Measure a model on labelled data: accuracy, a table of the classes.

    A tagger shows its worst mistakes, too. A translator is measured on a .tsv of pairs, or on two
    files of lines, by BLEU and chrF; a forecaster on the end of each series, beside what simple
    methods forecast.

    Example: seqkit evaluate runs/mut1 test.tsv
    """
    if repair is not None:
        report = answer.asked(model, "forecast").report(data, repair=parsed(repair, "--repair"))
    elif reading is not None:
        report = answer.asked(model, "classify").report(read(data, reading))
    elif target is None:
        report = loaded(model).report(data)
    else:
        translator = answer.asked(model, "translate")
        from seqkit.data import read_pairs

        report = translator.report(read_pairs(data, target))
    print(json.dumps(report.figures()) if as_json else report)


app.command()(answer.predict)
app.command()(answer.tag)
app.command()(forecasting.forecast)
app.command()(translation.translate)
train.app.command("forecasting")(forecasting.train)
train.app.command("seq2seq")(translation.train)


@app.command()
def export(
    model: Model,
    out: Annotated[pathlib.Path, typer.Argument(help="Folder to write the SavedModel into.")],
    overwrite: Overwrite = False,
):
    """Write a SavedModel that takes raw data and needs TensorFlow alone, and check it.

    Example: seqkit export runs/mut1 serving/sentiment
    """
    if out.exists() and not overwrite:
        raise FileExistsError(f"{out} exists: give another folder, or --overwrite.")
    writable(out, "folder")
    print(loaded(model).export(out))
    print(f"{out}: SavedModel")


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
    if file.name == "model.keras" and record.exists():  # a run directory
        known = json.loads(record.read_text(encoding="utf-8"))
        if isinstance(known, dict) and "created" in known:
            found |= {"created": known["created"], **(known.get("figures") or {})}
    if as_json:
        print(json.dumps(found, ensure_ascii=False))
        return
    lines = {
        name: shown(value)
        for name, value in found.items()
        if not isinstance(value, dict) and name not in ("confusion", "mistakes")
    }
    width = max(12, *map(len, lines))
    for name, value in lines.items():
        print(f"{name:{width}} {value}")


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
