"""The recipe: arguments arrive, seeds decide, and it beats what it should beat."""

import keras
import numpy as np
import pytest

import recipes
from seqkit import data, layers
from seqkit.layers import Stack
from seqkit.models import Autoregressive, Direct

FRAME = data.samples.series(2, steps=150, as_frame=True)


def make(**options):
    return recipes.forecasting(FRAME, **{"horizon": 6, "lookback": 24, "target": "y", **options})


def test_defaults():
    model = make()
    assert isinstance(model.deep, Direct)
    assert isinstance(model.straight, layers.DecompositionLinear)
    assert isinstance(model.head, layers.Quantiles)
    assert model.preprocessor.scaling == "series"
    assert recipes.forecasting(FRAME, horizon=6, target="y").preprocessor.lookback == 18


@pytest.mark.parametrize("cell", ["lstm", "mut1", layers.MGUCell])
def test_any_cell(cell):
    model = make(cell=cell, units=3, layers=2, zoneout=0.1)
    assert model.encoder.layers == 2
    assert model.encoder.noise == {"zoneout": 0.1}
    assert np.isfinite(model.evaluate(FRAME, verbose=0)).all()


def test_any_encoder():
    model = make(encoder="transformer", units=8, heads=2, patch=4)
    assert isinstance(model.encoder, layers.TransformerEncoder)
    assert np.isfinite(model.evaluate(FRAME, verbose=0)).all()
    encoder = keras.layers.Conv1D(4, 3, padding="causal")
    assert make(encoder=encoder, linear=None).predict(FRAME, verbose=0).shape[1:] == (6, 1)


def test_autoregressive():
    model = make(decoder="autoregressive", head="gaussian", units=3)
    assert isinstance(model.deep, Autoregressive)
    assert model.straight is None
    assert model.preprocessor.teacher
    assert isinstance(model.encoder, Stack)


def test_the_seed_decides():
    runs = []
    for seed in (1, 1, 2):
        model = make(units=3, seed=seed)
        model.fit(FRAME, verbose=0)
        runs.append(model.forecast(FRAME).mean)
    np.testing.assert_allclose(runs[0], runs[1], rtol=1e-5)
    assert np.abs(runs[0] - runs[2]).max() > 1e-3


def test_columns_of_other_names():
    frame = FRAME.rename(columns={"ds": "when", "y": "load", "unique_id": "plant"})
    model = recipes.forecasting(
        frame, horizon=6, lookback=24, cell=None, time="when", id="plant", target="load",
        future=["maintenance"],
    )  # fmt: skip
    found = model.forecast(frame[frame["when"] < "2024-01-06"], future=frame).to_frame()
    assert list(found.columns[:3]) == ["plant", "when", "mean"]
