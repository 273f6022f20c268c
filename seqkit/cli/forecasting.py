"""The commands on series: `seqkit train forecasting`, `seqkit forecast`."""

import json
import pathlib
import re
import sys
from typing import Annotated

import typer

from seqkit.cli.answer import asked
from seqkit.cli.parts import AsJson, Model, Overwrite, Repair, Resume, parsed, wake
from seqkit.cli.train import finish, fitted
from seqkit.files import writable

__all__ = ["forecast", "policies", "train"]

Columns = Annotated[list[str] | None, typer.Option(metavar="COLUMN", help="May be repeated.")]


def train(
    data: Annotated[pathlib.Path, typer.Option(help="Series as .csv: a row for each time.")],
    horizon: Annotated[int, typer.Option(min=1, help="Steps to forecast.")],
    out: Annotated[pathlib.Path, typer.Option(help="Run directory to write.")] = pathlib.Path(
        "runs/forecasting"
    ),
    time_column: Annotated[str, typer.Option("--time", help="Column of the times.")] = "ds",
    target: Annotated[
        list[str] | None, typer.Option(help="Column to forecast; may be repeated.")
    ] = None,
    id_column: Annotated[
        str, typer.Option("--id", help="Column that names the series, if any.")
    ] = "unique_id",
    past: Columns = None,
    future: Columns = None,
    static: Columns = None,
    freq: Annotated[str | None, typer.Option(help="Step, as pandas writes it: h, D, MS.")] = None,
    lookback: Annotated[int | None, typer.Option(min=1, help="Steps to read.")] = None,
    validation: Annotated[
        str, typer.Option(help="Steps (48), or share (0.2), at the end of each series; 0 for none.")
    ] = "0.2",
    cell: Annotated[str, typer.Option(help="Recurrent cell, or none: linear alone.")] = "gru",
    units: Annotated[int, typer.Option(min=1, help="Units of each layer.")] = 64,
    patch: Annotated[int, typer.Option(min=1, help="Steps that are read as one.")] = 1,
    head: Annotated[
        str, typer.Option(help="quantiles, gaussian, student_t, mse, ...")
    ] = "quantiles",
    decoder: Annotated[str, typer.Option(help="direct or autoregressive.")] = "direct",
    epochs: Annotated[int, typer.Option(min=1, help="Most passes over the data.")] = 10,
    batch_size: Annotated[int, typer.Option(min=1, help="Windows in a batch.")] = 32,
    repair: Repair = None,
    option: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="For the recipe: stride=4")
    ] = None,
    seed: Annotated[int, typer.Option(help="Makes the run reproducible.")] = 1,
    overwrite: Overwrite = False,
    resume: Resume = False,
):
    """Train a forecaster: says what comes next, and how sure it is.

    Example: seqkit train forecasting --data F.csv --time date --target OT --horizon 96 --out runs/f
    """
    wake()
    import recipes
    from seqkit import data as reading
    from seqkit.inspect import Run

    size = steps_or_share(validation)
    columns = dict(time=time_column, id=id_column, freq=freq)
    columns |= dict(target=target or None, past=past or (), future=future or ())
    columns["static"] = static or ()
    settings = dict(horizon=horizon, lookback=lookback, units=units, patch=patch, head=head)
    settings |= dict(cell=None if cell == "none" else cell, decoder=decoder, seed=seed)
    settings |= dict(repair=parsed(repair, "--repair"))
    settings |= parsed(option, known=columns | settings)
    run = Run(out, overwrite=overwrite, resume=resume)
    series = reading.as_series(data, repair=settings["repair"], **columns)
    parts = series.split(validation=size) if size else None
    training = parts.train if size else series
    model = recipes.forecasting(training, **columns, **settings)
    train_run(
        run, model, training, parts.validation if size else None, settings, epochs, batch_size
    )


def train_run(run, model, training, held_out, settings, epochs, batch_size):
    """Trains, calibrates, measures, writes the run directory, says how it went."""
    history, seconds = fitted(run, model, training, held_out, epochs, batch_size)
    described = {"training data": f"{training.name}, {len(training):,} series"}
    report = None
    if held_out is not None:
        described["validation data"] = "the end of each series, which also set the intervals right"
        room = int((held_out.ends - held_out.begins).min())
        windows = max(1, min(4, room // model.preprocessor.horizon))
        report = model.backtest(held_out, windows=windows)  # before it has seen the truth
        model.calibrate(held_out)
    settings = settings | dict(epochs=epochs, batch_size=batch_size)
    finish(run, model, history, seconds, report, described, settings)


def forecast(
    model: Model,
    data: Annotated[pathlib.Path, typer.Argument(help="Series as .csv, to their latest step.")],
    future: Annotated[
        pathlib.Path | None, typer.Option(help="Covariates of the steps to come, as .csv.")
    ] = None,
    level: Annotated[
        list[float] | None, typer.Option(help="Quantile to write; may be repeated.")
    ] = None,
    out: Annotated[
        pathlib.Path | None, typer.Option(help="File to write in place of standard output.")
    ] = None,
    plot: Annotated[pathlib.Path | None, typer.Option(help="Draw the fan into this .png.")] = None,
    series: Annotated[str | None, typer.Option(help="Which series to draw.")] = None,
    target: Annotated[str | None, typer.Option(help="Which target to draw.")] = None,
    repair: Repair = None,
    as_json: AsJson = False,
):
    """Forecast what comes after the end of each series, as CSV: mean and quantiles.

    Example: seqkit forecast runs/f F.csv --out forecast.csv --plot fan.png
    """
    writable(out)
    writable(plot)
    wake()
    from seqkit.layers.heads import checked_levels

    levels = checked_levels(sorted(level or (0.05, 0.5, 0.95)))
    forecaster = asked(model, "forecast")
    from seqkit.files import replacing

    found = forecaster.forecast(data, future=future, repair=parsed(repair, "--repair"))
    frame = found.to_frame(levels=levels)
    if plot is not None:
        with replacing(plot) as temporary:
            found.plot(series, target).savefig(temporary, dpi=120)
    if as_json:
        rows = json.loads(frame.to_json(orient="records", date_format="iso"))
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    else:
        text = frame.to_csv(index=False)
    if out is None:
        sys.stdout.write(text)
        return
    with replacing(out) as temporary:
        temporary.write_text(text, encoding="utf-8")


def steps_or_share(text):
    """A whole number of steps, or a share: 1 is not 1.0."""
    try:
        return int(text) if text.isdecimal() else float(text)
    except ValueError:
        raise ValueError(
            f"--validation must be a number of steps, or a share below 1. Received: {text!r}"
        ) from None


def policies(text):
    """A message of the library with its `repair={...}` as the command takes it."""

    def typed(found):
        ways = re.findall(r"'(\w+)': ('\w+'(?: or '\w+')*)", found[1])
        choices = [(kind, way.replace("'", "").replace(" or ", "|")) for kind, way in ways]
        return " ".join(f"--repair {kind}={way}" for kind, way in choices)

    return re.sub(r"repair=\{(.*?)\}", typed, text)
