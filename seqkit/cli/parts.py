"""What the commands share: their arguments, how a model is found, how values are shown."""

import json
import os
import pathlib
import sys
from typing import Annotated

import typer

__all__ = [
    "LAST",
    "AsJson",
    "Data",
    "Model",
    "Overwrite",
    "Reading",
    "Repair",
    "Resume",
    "loaded",
    "model_file",
    "parsed",
    "read",
    "shown",
    "wake",
]

# The column of tags in files that have no names for theirs.
LAST = "last"

Data = Annotated[
    pathlib.Path, typer.Argument(help="Labelled data: a file or folder as in `train`.")
]
Model = Annotated[pathlib.Path, typer.Argument(help="A .keras file or a run directory.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with a training that was stopped.")]
Repair = Annotated[
    list[str] | None,
    typer.Option(metavar="WHAT=HOW", help="Of series: gaps=interpolate, ...; may be repeated."),
]
Reading = Annotated[
    list[str] | None,
    typer.Option(
        "--read",
        metavar="NAME=VALUE",
        help="Of texts: text=COLUMN, label=COLUMN, header=false, encoding=latin-1, ...",
    ),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace what is there.")]


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


def read(path, reading):
    """Labelled texts, read as `--read` says."""
    from seqkit import data

    return data.read(path, **parsed(reading, "--read")) if reading else data.as_examples(path)


# As Python spells them; JSON's own spellings are JSON's.
PLAIN = {"True": True, "False": False, "None": None}


def parsed(pairs, option="--option", known=()):
    """["zoneout=0.1"] -> {"zoneout": 0.1}; what is `known` has an option of its own."""
    options = {}
    for pair in pairs or ():
        name, equals, value = pair.partition("=")
        if not (name.isidentifier() and equals):
            raise ValueError(f"{option} must be NAME=VALUE. Received: {pair!r}")
        if name in known:
            raise ValueError(
                f"{option} is for what has no option of its own, {name!r} has one: see --help. "
                f"Received: {pair!r}"
            )
        try:
            options[name] = PLAIN[value] if value in PLAIN else json.loads(value)
        except json.JSONDecodeError:
            options[name] = value
    return options


def shown(value):
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, float):
        return f"{value:.4f}"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return f"{value:,}" if isinstance(value, int) else value
