"""The commands that train: `seqkit train sentiment`, `seqkit train tagging`."""

import pathlib
import sys
import time
from typing import Annotated

import typer

from seqkit.cli.parts import LAST, Overwrite, Reading, Resume, parsed, read, wake

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True)


@app.callback()
def options():
    """Train a model and write a run directory: model, figures, plots, model card.

    Example: seqkit train sentiment --train train.tsv --validation dev.tsv --out runs/first
    """


@app.command()
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
    tokens: Annotated[str, typer.Option(help="words, characters, subwords or pieces.")] = "words",
    epochs: Annotated[int, typer.Option(min=1, help="Most passes over the data.")] = 10,
    batch_size: Annotated[int, typer.Option(min=1, help="Texts in a batch.")] = 32,
    reading: Reading = None,
    option: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="Of the recipe: zoneout=0.1, heads=2, ..."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Makes the run reproducible.")] = 1,
    overwrite: Overwrite = False,
    resume: Resume = False,
):
    """Train a classifier of whole texts: sentiment, topic, language, ...

    Example: seqkit train sentiment --train train.tsv --validation dev.tsv --cell mut1 --out runs/a
    """
    wake()
    import recipes
    from seqkit.inspect import Run

    settings = dict(cell=cell, units=units, layers=layers, bidirectional=bidirectional)
    settings |= dict(pooling=pooling, tokens=tokens, seed=seed)
    settings |= parsed(option, known=settings)
    # Refused before an hour of training, not after.
    run = Run(out, overwrite=overwrite, resume=resume)
    examples = read(train, reading)
    held_out = read(validation, reading) if validation else None
    model = recipes.sentiment(examples, **settings)
    settings |= dict(read=reading) if reading else {}
    train_run(run, model, examples, held_out, settings, epochs, batch_size)


@app.command()
def tagging(
    train: Annotated[
        pathlib.Path, typer.Option(help="Tagged sentences: .conllu, .conll, .tsv, .gz of it.")
    ],
    out: Annotated[pathlib.Path, typer.Option(help="Run directory to write.")],
    validation: Annotated[
        pathlib.Path | None, typer.Option(help="Tagged sentences that choose the best epoch.")
    ] = None,
    column: Annotated[
        str | None,
        typer.Option(help="Which holds the tags: a name in .conllu, else a number; upos, last."),
    ] = None,
    cell: Annotated[str, typer.Option(help="Recurrent cell: lstm, gru, mut1, ...")] = "lstm",
    units: Annotated[int, typer.Option(help="Units of each layer and direction.")] = 128,
    layers: Annotated[int, typer.Option(help="Recurrent layers.")] = 1,
    characters: Annotated[str, typer.Option(help="cnn, rnn or none.")] = "cnn",
    crf: Annotated[bool, typer.Option(help="Score neighbouring tags together.")] = True,
    vectors: Annotated[
        pathlib.Path | None, typer.Option(help="Word vectors to start from, as GloVe's.")
    ] = None,
    splitter: Annotated[
        str | None, typer.Option(help="whitespace or words: how a raw line is cut.")
    ] = None,
    epochs: Annotated[int, typer.Option(min=1, help="Most passes over the data.")] = 15,
    batch_size: Annotated[int, typer.Option(min=1, help="Sentences in a batch.")] = 32,
    option: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="For the recipe: dropout=0.3")
    ] = None,
    seed: Annotated[int, typer.Option(help="Makes the run reproducible.")] = 1,
    overwrite: Overwrite = False,
    resume: Resume = False,
):
    """Train a tagger of words: parts of speech, chunks, entities, ...

    Example: seqkit train tagging --train train.conllu --validation dev.conllu --out runs/ewt
    """
    wake()
    import recipes
    from seqkit import data
    from seqkit.inspect import Run

    if column is None:
        column = "upos" if train.name.removesuffix(".gz").endswith(".conllu") else LAST
    settings = dict(column=column, cell=cell, units=units, layers=layers, crf=crf, seed=seed)
    settings |= dict(
        characters=None if characters == "none" else characters,
        vectors=None if vectors is None else str(vectors),
        splitter=splitter,
    )
    settings |= parsed(option, known=settings)
    run = Run(out, overwrite=overwrite, resume=resume)
    sentences = data.as_sentences(train, column=column, splitter=splitter)
    held_out = None
    if validation is not None:
        held_out = data.as_sentences(validation, column=column, splitter=splitter)
    model = recipes.pos_tagging(sentences, **settings)
    train_run(run, model, sentences, held_out, settings, epochs, batch_size)


def train_run(run, model, examples, held_out, settings, epochs, batch_size=None, **how):
    """Trains as `fitted` does, measures, writes the run directory, says how it went."""
    history, seconds = fitted(run, model, examples, held_out, epochs, batch_size, **how)
    report = model.report(held_out) if held_out is not None else None
    described = {"training data": f"{examples.name}, {len(examples):,} {examples.unit}"}
    if held_out is not None:
        described["validation data"] = f"{held_out.name}, {len(held_out):,} {held_out.unit}"
    settings = settings | dict(epochs=epochs)
    if batch_size is not None:
        settings["batch_size"] = batch_size
    finish(run, model, history, seconds, report, described, settings)


def fitted(
    run,
    model,
    examples,
    held_out,
    epochs,
    batch_size=None,
    *,
    patience=2,
    callbacks=(),
    console=None,
):
    """Trains, the best epoch in the run directory as it goes: the history, and the seconds."""
    from rich.console import Console

    from seqkit import training

    keeper = training.KeepBest(patience=patience, path=run.model_path)
    if held_out is not None:
        model.validation_batches(held_out, batch_size)  # what is wrong shows before training
    else:
        keeper = training.KeepBest(patience=None, restore=False, path=run.model_path)
    progress = training.Progress(console or Console(stderr=True))
    resume = training.Resume(run.resume_path, keep=True)
    callbacks = [keeper, *callbacks, resume]
    callbacks += [progress] if sys.stderr.isatty() else []
    start = time.monotonic()
    with run.training():
        with progress.shown():
            history = model.fit(
                examples,
                validation_data=held_out,
                epochs=epochs,
                batch_size=batch_size,
                callbacks=callbacks,
                verbose=0,
            )
        model.save(run.model_path)  # before it is measured, which takes long and may fail
    return history, resume.seconds + time.monotonic() - start


def finish(run, model, history, seconds, report, described, settings):
    """Writes the run directory, and says how it went."""
    run.write(
        model, history=history, seconds=seconds, report=report, data=described, settings=settings
    )
    print(report or "no validation data: nothing measured")
    print(f"{run.folder}: model, figures, plots and model card ({seconds:.0f} s of training)")
