"""Exported forecasters: raw recent values in, the model's own quantiles out, nothing of ours."""

import importlib.util
import json
import os
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

import recipes
from seqkit import data
from seqkit.data import DataError
from seqkit.export import onnx_model
from seqkit.models.forecaster import SERVED

SERIES = data.samples.series(2, steps=120)
AHEAD = data.samples.series(2, steps=126, as_frame=True).drop(columns="y")
H, L = 6, 24

# Answers rows read from stdin, by each model, where neither seqkit nor Keras can be imported.
ALONE = """
import json, sys
sys.modules["seqkit"] = sys.modules["keras"] = None
import tensorflow as tf
inputs = json.load(sys.stdin)
types = {"times": tf.int64, "series": tf.string}
inputs = {n: tf.constant(x, types.get(n, tf.float32)) for n, x in inputs.items()}
for path in sys.argv[1:]:
    answers = tf.saved_model.load(path).signatures["serving_default"](**inputs)
    print(json.dumps({name: value.numpy().tolist() for name, value in answers.items()}))
"""


def made(**options):
    given = {"horizon": H, "lookback": L, "units": 4, "seed": 1, "stride": 4, **options}
    model = recipes.forecasting(SERIES, **given)
    model.fit(SERIES, verbose=0)
    return model.calibrate(SERIES)


def raw_inputs(calendar):
    """The end of each series as a client would send it."""
    rows = SERIES.ends[:, None] - L + np.arange(L)
    known = AHEAD["maintenance"].to_numpy().reshape(2, 126, 1)[:, 120 - L :]
    inputs = {"values": SERIES.values[rows], "future": known, "series": list(SERIES.ids)}
    if calendar:
        stamps = AHEAD["ds"].to_numpy().astype("datetime64[s]").astype("int64").reshape(2, 126)
        inputs["times"] = stamps[:, 120 - L :]
    return {n: x.tolist() if isinstance(x, np.ndarray) else x for n, x in inputs.items()}


def test_served_alone_it_forecasts_as_the_model_does(tmp_path):
    decoders = ("direct", "autoregressive")
    models = [made(decoder=name, head="gaussian", calendar="auto") for name in decoders]
    for model, name in zip(models, decoders, strict=True):
        assert model.export(tmp_path / name).difference < 1e-5
    done = subprocess.run(
        [sys.executable, "-c", ALONE, *(str(tmp_path / name) for name in decoders)],
        input=json.dumps(raw_inputs(calendar=True)),
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONPATH": ""},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    for model, said in zip(models, done.stdout.splitlines(), strict=True):
        answers, forecast = json.loads(said), model.forecast(SERIES, future=AHEAD)
        np.testing.assert_allclose(answers["mean"], forecast.mean, rtol=1e-4)
        np.testing.assert_allclose(answers["quantiles"], forecast.quantile(SERVED), rtol=1e-4)
        np.testing.assert_allclose(answers["levels"], [SERVED] * 2, rtol=1e-6)


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("exports") / "serving"
    made(cell=None, calendar="auto").export(folder)
    return tf.saved_model.load(str(folder)).signatures["serving_default"]


def broken(value):
    def change(x):
        x = x.copy()
        x[1, 3] = value
        return x

    return change


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("series", lambda x: ["plant 0", "plant 9"], "must be of the training data"),
        ("series", lambda x: x[:1], r"`series` must have the shape \(rows\).*\[1\]"),
        ("values", lambda x: x[:, 1:], r"`values` must have the shape \(rows, 24, 1\).*\[2 23 1\]"),
        ("values", lambda x: np.repeat(x, 2, axis=1), r"`values` must have.*\[2 48 1\]"),
        ("values", lambda x: x[..., 0], r"`values` must have.*\[2 24\]"),
        ("values", broken(np.nan), r"`values` must hold finite numbers.*\[\[1 3 0\]\]"),
        (
            "future", lambda x: x[:, :-1],
            r"\(rows, 30, 1\), 24 steps read and 6 to come.*\[2 29 1\]",
        ),
        ("future", lambda x: np.repeat(x, 2, axis=1), r"`future` must have.*\[2 60 1\]"),
        ("future", lambda x: x[:1], r"`future` must have.*\[1 30 1\]"),
        ("future", broken(np.inf), r"`future` must hold finite numbers"),
        ("times", lambda x: x[:, :-1], r"`times` must have the shape \(rows, 30\)"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_by_the_graph(served, name, change, message):
    inputs = raw_inputs(calendar=True)
    types = {"series": tf.string, "times": tf.int64}
    value = inputs[name] if name == "series" else np.array(inputs[name], dtype="float64")
    inputs[name] = change(value)
    given = {n: tf.cast(tf.constant(x), types.get(n, tf.float32)) for n, x in inputs.items()}
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        served(**given)


def test_samples_of_ones_own(tmp_path):
    model = made(cell=None, scaling="all")
    given = {"values": np.ones((3, L, 1)), "future": np.zeros((3, L + H, 1))}
    assert model.export(tmp_path / "serving", samples=given).inputs == 3
    with pytest.raises(DataError, match="expected a dict of values, future"):
        model.export(tmp_path / "serving", samples=[1])


@pytest.mark.skipif(not importlib.util.find_spec("tf2onnx"), reason="needs the extra onnx")
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
@pytest.mark.parametrize(
    "options", [{"cell": None}, {"cell": "gru", "patch": 6, "calendar": "auto"}]
)
def test_onnx(options, tmp_path):
    model = made(scaling="all", **options)
    parity = onnx_model(model, tmp_path / "load.onnx")
    assert parity.difference < 1e-5
    assert (tmp_path / "load.onnx").stat().st_size > 1000


@pytest.mark.parametrize(
    ("options", "path", "message"),
    [
        ({"cell": None}, "load.pb", "`path` must end in .onnx"),
        ({"cell": None}, "load.onnx", "ONNX takes no names of series"),
        ({"decoder": "autoregressive", "scaling": "all"}, "load.onnx", "decoder='direct'"),
    ],
)
def test_what_onnx_does_not_take(options, path, message, tmp_path):
    model = recipes.forecasting(SERIES, horizon=H, lookback=L, units=4, **options)
    with pytest.raises(ValueError, match=message):
        onnx_model(model, tmp_path / path)
