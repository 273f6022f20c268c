"""The commands that ask a model: `seqkit predict`, `seqkit tag`."""

import contextlib
import itertools
import json
import pathlib
import sys
import tempfile
from typing import Annotated

import typer

from seqkit.cli.parts import AsJson, Model, loaded

__all__ = ["predict", "tag"]

Lines = Annotated[str, typer.Argument(help="File with a text on each line; - is standard input.")]


def predict(model: Model, texts: Lines = "-", as_json: AsJson = False):
    """Answer each line of a file or of standard input with a line: label, probability.

    Example: echo "a joyless mess" | seqkit predict runs/mut1 --json
    """
    with chunks(texts) as parts:
        classifier = asked(model, "classify")
        for part in parts:
            for answer in classifier.classify(part):
                row = f"{answer.label}\t{answer.probability:.4f}"
                print(json.dumps(answer.to_dict(), ensure_ascii=False) if as_json else row)
            sys.stdout.flush()


def tag(
    model: Model,
    sentences: Annotated[
        str,
        typer.Argument(help="A .conllu file, or one with a sentence a line; - is standard input."),
    ] = "-",
    out: Annotated[
        pathlib.Path | None, typer.Option(help="File to write in place of standard output.")
    ] = None,
    as_json: AsJson = False,
):
    """Tag each word: a CoNLL-U file comes back with its column filled, lines as word, tag.

    Example: echo "Dogs bark ." | seqkit tag runs/ewt
    """
    if sentences.removesuffix(".gz").endswith(".conllu"):
        tag_conllu(model, pathlib.Path(sentences), out, as_json)
        return
    with chunks(sentences) as parts, written(out) as file:
        tagger = asked(model, "tag")
        for part in parts:
            words = part if tagger.preprocessor.splitter else [line.split() for line in part]
            for answer in tagger.tag(words):
                rows = "".join(f"{word}\t{tag}\n" for word, tag in answer)
                print(answer_json(answer) if as_json else rows, file=file)
            file.flush()


def tag_conllu(model, source, out, as_json):
    tagger = asked(model, "tag")
    from seqkit import data

    tagged = tagger.tag(data.read_conllu(source).bare())
    if as_json:
        with written(out) as file:
            for answer in tagged:
                print(answer_json(answer), file=file)
        return
    with tempfile.TemporaryDirectory() as around:
        filled = out or pathlib.Path(around, "filled.conllu")
        tags = [answer.tags for answer in tagged]
        data.fill_conllu(source, filled, tags, column=tagger.preprocessor.column)
        if out is None:  # as bytes: text would lose the carriage returns
            sys.stdout.flush()
            sys.stdout.buffer.write(filled.read_bytes())


def answer_json(answer):
    rows = {name: value for name, value in answer.to_dict().items() if value is not None}
    return json.dumps(rows, ensure_ascii=False)


# The command that asks each kind of model.
ASKED_BY = {
    "TextClassifier": "predict",
    "Tagger": "tag",
    "Forecaster": "forecast",
    "Translator": "translate",
}


def asked(model, verb):
    """The model, if it is one that answers so."""
    found = loaded(model)
    if not hasattr(found, verb):
        known = ASKED_BY.get(type(found).__name__)
        hint = f": ask it by `seqkit {known}`" if known else ""
        raise ValueError(f"{model} is a {type(found).__name__}{hint}.")
    return found


@contextlib.contextmanager
def chunks(source):
    """The lines of a file or of standard input, as lists of a few hundred."""
    here = source == "-"
    with open(
        sys.stdin.fileno() if here else source,
        encoding="utf-8",
        errors="replace",
        newline="\n",  # nothing else ends a line, lest there be more answers than lines
        closefd=not here,
    ) as lines:
        rows = (line.rstrip("\r\n") for line in lines)
        yield iter(lambda: list(itertools.islice(rows, 512)), [])


@contextlib.contextmanager
def written(out):
    """Standard output, or a file that is there whole or not at all."""
    if out is None:
        yield sys.stdout
        return
    from seqkit.files import replacing

    with replacing(out) as temporary, open(temporary, "w", encoding="utf-8", newline="\n") as file:
        yield file
