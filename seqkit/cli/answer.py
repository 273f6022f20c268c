"""The commands that ask a model: `seqkit predict`, `seqkit tag`."""

import contextlib
import itertools
import json
import pathlib
import sys
import tempfile
from typing import Annotated

import typer

from seqkit.cli.parts import LAST, AsJson, Model, loaded
from seqkit.files import writable

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
        typer.Argument(help="A .conllu, .conll, .tsv file, or lines; - is standard input."),
    ] = "-",
    out: Annotated[
        pathlib.Path | None, typer.Option(help="File to write in place of standard output.")
    ] = None,
    column: Annotated[
        str | None, typer.Option(help="Of a .conllu file, to fill; else the one learned from.")
    ] = None,
    as_json: AsJson = False,
):
    """Tag each word: a CoNLL-U file comes back with its column filled, all else as word, tag.

    A .conll or .tsv file has a word to a line, in its first column; any other a sentence to a line.

    Example: echo "Dogs bark ." | seqkit tag runs/ewt
    """
    writable(out)
    kind = pathlib.Path(sentences.removesuffix(".gz")).suffix
    if kind == ".conllu":
        tag_conllu(model, pathlib.Path(sentences), out, column, as_json)
        return
    if column is not None:
        raise ValueError(f"--column is for .conllu files. Received: {sentences}")
    with contextlib.ExitStack() as stack:
        if kind in (".conll", ".tsv"):
            tagger = asked(model, "tag")
            from seqkit import data

            separator = "\t" if kind == ".tsv" else None
            parts = [data.read_conll(sentences, tag=None, separator=separator)]
        else:
            parts = stack.enter_context(chunks(sentences))
            tagger = asked(model, "tag")
            if not tagger.preprocessor.splitter:
                parts = ([line.split() for line in part] for part in parts)
        file = stack.enter_context(written(out))
        for part in parts:
            for answer in tagger.tag(part):
                rows = "".join(f"{word}\t{tag}\n" for word, tag in answer)
                print(answer_json(answer) if as_json else rows, file=file)
            file.flush()


def tag_conllu(model, source, out, column, as_json):
    tagger = asked(model, "tag")
    from seqkit import data

    column = column or tagger.preprocessor.column
    if column == LAST and not as_json:
        raise ValueError(
            f"{model} learned from a file that is no .conllu. Say which column of {source} to "
            "fill: --column misc, xpos, ..."
        )
    tagged = tagger.tag(data.read_conllu(source).bare())
    if as_json:
        with written(out) as file:
            for answer in tagged:
                print(answer_json(answer), file=file)
        return
    with tempfile.TemporaryDirectory() as around:
        filled = out or pathlib.Path(around, "filled.conllu")
        tags = [answer.tags for answer in tagged]
        data.fill_conllu(source, filled, tags, column=column)
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
    """The lines of a file, `.gz` too, or of standard input, as lists of a few hundred."""
    # A byte order mark is no part of a text. Nothing else ends a line, lest there be more answers.
    how = dict(encoding="utf-8-sig", errors="replace", newline="\n")
    with contextlib.ExitStack() as stack:
        if source == "-":
            lines = stack.enter_context(open(sys.stdin.fileno(), closefd=False, **how))
        else:
            from seqkit.data.contents import opened

            if not pathlib.Path(source).is_file():
                raise FileNotFoundError(f"{source}: no such file.")
            lines = stack.enter_context(opened(source, **how))
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
