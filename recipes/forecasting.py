"""Forecasting: a frame of series to a model that says what comes next, and how sure it is."""

import functools

import keras

from recipes._unread import refuse_unread
from seqkit.data import Forecasting
from seqkit.layers import encoders
from seqkit.models import Forecaster
from seqkit.training import ForecastError, ForecastLoss

__all__ = ["forecasting"]

COLUMNS = ("time", "target", "id", "past", "future", "static", "freq")


def forecasting(
    frame,
    *,
    horizon,
    lookback=None,
    cell="gru",
    units=64,
    layers=1,
    encoder="recurrent",
    decoder="direct",
    linear="decomposition",
    head="quantiles",
    norm="standard",
    channels="independent",
    scaling="series",
    calendar=(),
    repair=None,
    patch=1,
    stride=1,
    dropout=0.1,
    learning_rate=1e-3,
    seed=None,
    **options,
):
    """A compiled forecaster: learns columns and scales from `frame`, not yet trained.

    Normalisation of each window -> a linear map, and beside it a recurrent encoder -> a head.

    Args:
        frame: long or wide pandas frame, `.csv` path or `seqkit.data.Series`; as
            `seqkit.data.as_series` takes it.
        horizon: steps to forecast.
        lookback: steps to read; `None` is three horizons.
        cell: recurrent cell by name ("gru", "lstm", ...), class or instance; `None` for the
            linear map alone.
        units: of each layer, or of the transformer.
        layers: how many.
        encoder: "recurrent", "transformer", or any layer `(B, T, D) -> (B, T, D)`, whose last
            step is read, or `(B, D)`.
        decoder: "direct", the horizon at once; "autoregressive", step by step, with paths.
        linear: "decomposition" (DLinear, Zeng et al. 2023), "linear", a layer, or `None`.
        head: "quantiles", "gaussian", "student_t", "negative_binomial", "mixture", "mse", "mae",
            "huber", or a `seqkit.layers.Head`.
        norm: "standard" (reversible instance normalisation, Kim et al. 2022), "last" (NLinear),
            "scale" (for counts) or `None`.
        channels: "independent" or "joint": whether targets see one another.
        scaling: "series", "all" or `None`, as `seqkit.data.Forecasting` takes it.
        calendar: calendar features: names, or "auto".
        repair: policies for what is wrong with the frame.
        patch: steps that the encoder reads as one.
        stride: steps between training windows.
        dropout: on what the encoder says, and between its layers.
        learning_rate: of Adam.
        seed: makes weights, noise and the order of the windows reproducible.
        **options: columns (`time`, `target`, `id`, `past`, `future`, `static`, `freq`), and
            what the recurrent layers take: `zoneout=0.1`, `layer_norm=True`, ..., or the
            transformer: `heads=8`, `positions="alibi"`, ...

    Returns:
        `seqkit.models.Forecaster`, compiled; `compile` again for another optimizer.

    Raises:
        seqkit.data.DataError: the frame is broken or too short; says where.
        ValueError: an argument is out of range.

    Example:
        >>> from seqkit import data
        >>> frame = data.samples.series(2, steps=200, as_frame=True)
        >>> model = forecasting(frame, horizon=12, cell="gru", units=8, future=["maintenance"])
        >>> history = model.fit(frame, epochs=1, verbose=0)
    """
    if seed is not None:
        keras.utils.set_random_seed(seed)
    named = isinstance(encoder, str)
    refuse = functools.partial(refuse_unread, forecasting)
    refuse(dict(cell=cell), named and encoder == "recurrent", '`encoder` to be "recurrent"')
    refuse(dict(units=units, layers=layers), named, "`encoder` to be a name")
    if decoder == "autoregressive" and linear is not None:
        refuse(dict(linear=linear), False, '`decoder` to be "direct"')
    columns = {name: options.pop(name) for name in COLUMNS if name in options}
    autoregressive = decoder == "autoregressive"
    numbers = Forecasting.learn(
        frame,
        horizon=horizon,
        lookback=3 * horizon if lookback is None else lookback,
        scaling=scaling,
        calendar=calendar,
        repair=repair,
        stride=stride,
        teacher=autoregressive,
        **columns,
    )
    if encoder == "recurrent" and cell is None:
        encoder = None
    if encoder is None:
        given = [*options, *(["patch"] if patch != 1 else [])]
        if given:
            raise ValueError(f"A linear map takes no options. Received: {', '.join(given)}")
    if encoder == "recurrent":
        # What comes after a step is not there to be read when it is fed back.
        options |= dict(return_sequences=autoregressive, return_state=autoregressive)
        options |= dict(cell=cell, bidirectional=False)
    if encoder is not None:
        encoder = encoders.get(encoder, units=units, layers=layers, dropout=dropout, **options)
    model = Forecaster(
        numbers,
        encoder,
        head=head,
        decoder=decoder,
        linear=None if autoregressive else linear,
        norm=norm,
        channels=channels,
        patch=patch,
        dropout=dropout,
        seed=seed,
        name="forecaster",
    )
    model.build()
    model.compile(
        keras.optimizers.Adam(learning_rate, global_clipnorm=1.0),
        ForecastLoss(model.head),
        metrics=[ForecastError(model.head, "mse"), ForecastError(model.head, "mae")],
    )
    return model
