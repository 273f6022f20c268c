"""Every kind of forecaster: saved, loaded in a fresh process, and it forecasts the same."""

import subprocess
import sys

import numpy as np
import pytest

from seqkit import data
from seqkit.testing.examples import FORECASTERS

# Forecasts of every `name.keras` from the frames beside them, as `name.npy`.
FRESH = """
import pathlib, sys
import numpy as np, pandas as pd
import seqkit, keras
from seqkit import data

folder = pathlib.Path(sys.argv[1])
frame, future = (pd.read_csv(folder / f"{name}.csv") for name in ("frame", "future"))
for path in sorted(folder.glob("*.keras")):
    model = keras.models.load_model(path)
    np.save(path.with_suffix(".npy"), model.forecast(frame, future=future).quantile([0.1, 0.9]))
"""


@pytest.fixture(scope="module")
def forecasts(tmp_path_factory):
    folder = tmp_path_factory.mktemp("forecasters")
    frame = data.samples.series(2, steps=60, as_frame=True)
    frame["ds"] = frame["ds"].astype(str)
    known = frame.groupby("unique_id").head(50)
    known.to_csv(folder / "frame.csv", index=False)
    frame.drop(columns="y").to_csv(folder / "future.csv", index=False)
    here = {}
    for name, example in FORECASTERS.items():
        model = example.make()
        model.build()
        for k, weight in enumerate(model.trainable_variables):
            weight.assign(0.1 * np.random.default_rng(k).normal(size=weight.shape))
        model.calibrate(frame)
        model.save(folder / f"{name}.keras")
        here[name] = model.forecast(known, future=frame.drop(columns="y")).quantile([0.1, 0.9])
    command = [sys.executable, "-c", FRESH, str(folder)]
    process = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert process.returncode == 0, process.stderr[-2000:]
    return here, {path.stem: np.load(path) for path in folder.glob("*.npy")}


@pytest.mark.parametrize("name", FORECASTERS)
def test_same_forecasts_in_a_fresh_process(forecasts, name):
    here, there = forecasts
    assert here[name].shape == (2, 3, 1, 2)
    assert np.isfinite(here[name]).all()
    np.testing.assert_allclose(there[name], here[name], rtol=1e-5, atol=1e-5)
