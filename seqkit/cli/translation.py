"""The commands on pairs of texts: `seqkit train seq2seq`, `seqkit translate`."""

import json
import pathlib
from typing import Annotated

import typer

from seqkit.cli.answer import asked, chunks, written
from seqkit.cli.parts import AsJson, Model, Overwrite, Resume, parsed, wake
from seqkit.cli.train import train_run
from seqkit.files import writable

__all__ = ["train", "translate"]


def train(
    source: Annotated[
        pathlib.Path | None, typer.Option(help="Source texts, one a line; .gz too.")
    ] = None,
    target: Annotated[
        pathlib.Path | None, typer.Option(help="Their translations, line by line.")
    ] = None,
    pairs: Annotated[
        pathlib.Path | None, typer.Option("--train", help="Both in one .tsv: source, target.")
    ] = None,
    validation_source: Annotated[
        pathlib.Path | None, typer.Option(help="Source texts that choose the best epoch.")
    ] = None,
    validation_target: Annotated[
        pathlib.Path | None, typer.Option(help="Their translations.")
    ] = None,
    validation: Annotated[pathlib.Path | None, typer.Option(help="Both in one .tsv.")] = None,
    out: Annotated[
        pathlib.Path, typer.Option("--out", "--output", help="Run directory to write.")
    ] = pathlib.Path("runs/seq2seq"),
    encoder: Annotated[str, typer.Option(help="transformer or recurrent.")] = "transformer",
    decoder: Annotated[str | None, typer.Option(help="The same; as the encoder if left out.")] = (
        None
    ),
    cell: Annotated[
        str | None, typer.Option(help="Of recurrent layers: gru if left out, lstm, mut1, ...")
    ] = None,
    attention: Annotated[
        str | None,
        typer.Option(
            help="Of a recurrent decoder: additive if left out, dot, general, cosine, none."
        ),
    ] = None,
    positions: Annotated[
        str | None,
        typer.Option(
            help="Of a transformer: sinusoidal if left out, learned, rotary, alibi, log_spaced."
        ),
    ] = None,
    units: Annotated[int, typer.Option(min=1, help="Units of each layer.")] = 256,
    layers: Annotated[
        int | None,
        typer.Option(min=1, help="On each side; 3 of a transformer, 1 of a recurrent net."),
    ] = None,
    tokens: Annotated[str, typer.Option(help="pieces, words or characters.")] = "pieces",
    vocabulary: Annotated[int, typer.Option(min=1, help="Most tokens to know.")] = 8000,
    dropout: Annotated[float, typer.Option(help="Share of what is left out in training.")] = 0.1,
    epochs: Annotated[int, typer.Option(min=1, help="Most passes over the data.")] = 20,
    patience: Annotated[
        int, typer.Option(min=1, help="Stop after so many passes without a better one.")
    ] = 5,
    learning_rate: Annotated[
        float, typer.Option(help="At its highest: it rises, then falls till the last epoch.")
    ] = 1e-3,
    batch_tokens: Annotated[
        int | None, typer.Option(min=1, help="Most tokens of a batch; by the size of the data.")
    ] = None,
    option: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="For the recipe: heads=8")
    ] = None,
    seed: Annotated[int, typer.Option(help="Makes the run reproducible.")] = 1,
    overwrite: Overwrite = False,
    resume: Resume = False,
):
    """Train a translator, or whatever else makes a text of a text.

    Example: seqkit train seq2seq --source train.en --target train.de --out runs/de
    """
    wake()
    from rich.console import Console

    import recipes
    from seqkit.inspect import Run
    from seqkit.training import Preview

    settings = dict(encoder=encoder, decoder=decoder or encoder)
    given = dict(cell=cell, attention=attention, positions=positions)
    settings |= {name: value for name, value in given.items() if value is not None}
    if attention == "none":
        settings["attention"] = None
    settings |= dict(units=units, layers=layers, tokens=tokens, vocabulary=vocabulary)
    settings |= dict(dropout=dropout, batch_tokens=batch_tokens, seed=seed)
    settings |= dict(learning_rate=learning_rate, epochs=epochs)
    settings |= parsed(option, known=settings)
    known = read(pairs, source, target, ("--train", "--source", "--target"))
    if known is None:
        raise ValueError("What to learn from is missing: --source and --target, or --train.")
    held_out = read(
        validation,
        validation_source,
        validation_target,
        ("--validation", "--validation-source", "--validation-target"),
    )
    run = Run(out, overwrite=overwrite, resume=resume)
    model = recipes.seq2seq(known, **settings)
    console = Console(stderr=True)
    preview = []
    if held_out is not None:
        preview.append(Preview(held_out, console=console, beams=1))
    how = dict(patience=patience, callbacks=preview, console=console)
    train_run(run, model, known, held_out, settings, epochs, **how)


def read(table, source, target, names):
    """Pairs from a table or from two files of lines; `None` where nothing is given."""
    from seqkit import data

    if table is None and source is None and target is None:
        return None
    if table is not None:
        if source is not None or target is not None:
            raise ValueError(f"{names[0]} holds both sides: {names[1]} and {names[2]} are too much")
        return data.read_pairs_tsv(table)
    if source is None or target is None:
        given, missing = names[1:] if target is None else names[:0:-1]
        raise ValueError(f"{given} needs {missing}: the same number of lines.")
    return data.read_pairs(source, target)


def translate(
    model: Model,
    texts: Annotated[
        str | None,
        typer.Argument(metavar="[FILE]", help="A text a line; - or nothing is standard input."),
    ] = None,
    text: Annotated[
        list[str] | None, typer.Option(help="A text in place of a file; may be repeated.")
    ] = None,
    beams: Annotated[
        int | None,
        typer.Option(min=1, help="Translations to follow at a time; 1 is greedy, 5 if left out."),
    ] = None,
    n_best: Annotated[int, typer.Option(min=1, help="Lines for each text, the best first.")] = 1,
    length_penalty: Annotated[
        float | None, typer.Option(help="How much longer translations are favoured.")
    ] = None,
    coverage_penalty: Annotated[
        float | None, typer.Option(help="What it costs to leave parts unread.")
    ] = None,
    no_repeat: Annotated[
        int | None, typer.Option(help="So many pieces in a row never come twice.")
    ] = None,
    max_length: Annotated[
        int | None, typer.Option(min=1, help="Most pieces of a translation.")
    ] = None,
    prefix: Annotated[str | None, typer.Option(help="With which every translation begins.")] = None,
    require: Annotated[
        list[str] | None, typer.Option(help="To stand in every translation; may be repeated.")
    ] = None,
    forbid: Annotated[
        list[str] | None, typer.Option(help="To stand in none; may be repeated.")
    ] = None,
    temperature: Annotated[
        float | None, typer.Option(help="Draw translations in place of a search; 1 as probable.")
    ] = None,
    top_k: Annotated[int | None, typer.Option(help="Draw from the k most probable.")] = None,
    top_p: Annotated[
        float | None, typer.Option(help="Draw from the fewest with so much probability.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Of what is drawn.")] = None,
    plot: Annotated[
        pathlib.Path | None, typer.Option(help="Draw what the first translation read: .png.")
    ] = None,
    out: Annotated[
        pathlib.Path | None, typer.Option(help="File to write in place of standard output.")
    ] = None,
    as_json: AsJson = False,
):
    """Translate each line of a file or of standard input to a line.

    With --n-best N there are N lines for each text, empty where a search has found fewer. With
    --json there is one object for each text, with scores.

    Example: echo "A dog runs." | seqkit translate runs/de --beams 5 --json
    """
    writable(out)
    writable(plot)
    if text and texts is not None:
        raise ValueError(f"Texts come from --text or from a file. Received: both, and {texts}")
    with chunks("-" if texts is None else texts) as lines:
        translator = asked(model, "translate")
        how = dict(
            length_penalty=length_penalty, coverage_penalty=coverage_penalty, no_repeat=no_repeat
        )
        drawn = dict(temperature=temperature, top_k=top_k, top_p=top_p)
        drawn = {name: value for name, value in drawn.items() if value is not None}
        if drawn:
            from seqkit.decoding import Sampling

            drawn["no_repeat"] = how.pop("no_repeat") or 0
            how["sampling"] = Sampling(samples=n_best, **drawn)
        how |= dict(n_best=n_best, max_length=max_length, beams=beams)
        how |= dict(prefix=prefix, required=require or None, forbidden=forbid or None)
        with written(out) as file:
            for number, part in enumerate([text] if text else lines):
                how["seed"] = None if seed is None else seed + number  # no chunk as another
                first = plot is not None and not number
                found = translator.translate(part, attention=first, **how)
                if first:
                    draw(found[0], plot)
                for answer in found:
                    print(shown(answer, n_best, as_json), file=file)
                file.flush()


def shown(answer, n_best, as_json):
    """A translation as the lines that stand for it."""
    if as_json:
        return json.dumps(answer.to_dict(), ensure_ascii=False)
    rows = [answer.text, *(row for row, _ in answer.alternatives)]
    rows += [""] * (n_best - len(rows))
    return "\n".join(" ".join(row.splitlines()) for row in rows)


def draw(answer, path):
    """What a translation read, as a picture."""
    from seqkit.files import replacing
    from seqkit.inspect import attention

    with replacing(path) as temporary:
        attention(answer).savefig(temporary, dpi=120)
