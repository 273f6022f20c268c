"""Examples of what forecasts: heads, decoders, linear maps, forecasters. `examples.py` holds them.

Shapes: B batch, L look-back, H horizon, D channels, C targets, N units, P numbers of each value.
"""

import functools

from seqkit import layers, training

__all__ = ["decoders", "forecasters", "heads", "losses", "maps", "metrics", "numbers"]

H, L, N = 3, 12, 4


def heads(example):
    """Heads, with raw numbers `(B, P)`."""
    makers = {
        "Point": functools.partial(layers.Point, "huber", delta=2.0),
        "Quantiles": functools.partial(layers.Quantiles, [0.1, 0.5, 0.9]),
        "Gaussian": layers.Gaussian,
        "StudentT": layers.StudentT,
        "Mixture": functools.partial(layers.Mixture, 2),
        "NegativeBinomial": functools.partial(layers.NegativeBinomial, limit=50),
    }
    return {name: example(make) for name, make in makers.items()}


def maps(example):
    """Layers on windows `(B, L, D)`."""
    return {
        "ReversibleNorm": example(layers.ReversibleNorm),
        "ReversibleNorm last": example(functools.partial(layers.ReversibleNorm, "last")),
        "LinearForecast": example(functools.partial(layers.LinearForecast, H, individual=True)),
        "DecompositionLinear": example(functools.partial(layers.DecompositionLinear, H, period=3)),
    }


def decoders(example):
    """From windows to raw numbers of the horizon; they hold an encoder of their own."""

    def direct(**options):
        from seqkit import models

        stack = layers.Stack("gru", N, return_sequences=False)
        return models.Direct(H, 2, stack, patch=2, **options)

    def autoregressive(**options):
        from seqkit import models

        return models.Autoregressive(H, 2, layers.Stack("gru", N, return_state=True), **options)

    return {"Direct": example(direct), "Autoregressive": example(autoregressive)}


def losses(example, y, parameters):
    """Losses of `y` (B,) under three quantiles `(B, 3)`."""
    head = layers.Quantiles([0.1, 0.5, 0.9])
    make = functools.partial(training.ForecastLoss, head)
    return {"ForecastLoss": example(make, (y, parameters))}


def metrics(example, y, parameters):
    """Metrics of `y` (B,) under three quantiles `(B, 3)`."""
    head = layers.Quantiles([0.1, 0.5, 0.9])
    return {
        f"ForecastError {kind}": example(
            functools.partial(training.ForecastError, head, kind), (y, parameters)
        )
        for kind in ("mae", "crps")
    }


def series():
    """Two short series with a covariate."""
    from seqkit import data

    return data.samples.series(2, steps=60)


def numbers(**options):
    """Series to windows."""
    from seqkit import data

    given = {"horizon": H, "lookback": L, "calendar": ["hour"], **options}
    return data.Forecasting.learn(series(), **given)


def forecasters(example):
    """Models of every kind, small; called with the frame they forecast from, and its future."""

    def make(autoregressive=False, **options):
        from seqkit import models

        encoder = None
        if options.pop("recurrent", True):
            kept = {"return_sequences": autoregressive, "return_state": autoregressive}
            encoder = layers.Stack("gru", N, **kept)
        decoder = "autoregressive" if autoregressive else "direct"
        scaling = options.pop("scaling", "series")
        ready = numbers(teacher=autoregressive, scaling=scaling)
        return models.Forecaster(ready, encoder, decoder=decoder, seed=0, **options)

    kinds = {
        "Forecaster": {"linear": "decomposition"},
        "Forecaster linear": {"recurrent": False, "linear": "linear", "head": "mse"},
        "Forecaster joint": {"head": "student_t", "channels": "joint", "patch": 3},
        "Forecaster counts": {
            "head": "negative_binomial", "norm": "scale", "scaling": None,
        },
        "Forecaster paths": {"autoregressive": True, "head": "gaussian", "paths": 20},
    }  # fmt: skip
    return {name: example(functools.partial(make, **options)) for name, options in kinds.items()}
