"""`seqkit train forecasting` and `seqkit forecast`: CSV in, CSV out, the fan as PNG."""

import io
import json

import numpy as np
import pandas as pd
import pytest

from seqkit import data, models


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("series")
    frame = data.samples.series(2, steps=300, as_frame=True)
    frame = frame.rename(columns={"ds": "date", "y": "OT", "unique_id": "plant"})
    frame.to_csv(folder / "whole.csv", index=False)
    frame.groupby("plant").head(280).to_csv(folder / "F.csv", index=False)
    frame.drop(columns="OT").to_csv(folder / "future.csv", index=False)
    frame.drop(5).to_csv(folder / "gap.csv", index=False)
    return folder


@pytest.fixture(scope="module")
def run_folder(files, command, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "oil"
    arguments = [
        "train", "forecasting", "--data", files / "F.csv", "--time", "date", "--target", "OT",
        "--id", "plant", "--future", "maintenance", "--horizon", "12", "--lookback", "48",
        "--cell", "none", "--epochs", "2", "--out", folder, "--option", "learning_rate=0.01",
    ]  # fmt: skip
    assert command(*arguments) == 0
    return folder


def test_a_run_directory_says_all(run_folder):
    names = {path.name for path in run_folder.iterdir()}
    assert names == {
        "model.keras", "metrics.json", "README.md", "learning_curves.png", "backtest.png"
    }  # fmt: skip
    record = json.loads((run_folder / "metrics.json").read_text())
    assert record["settings"]["horizon"] == 12
    assert record["figures"]["windows"] == 4
    assert set(record["figures"]["baselines"]) == {"naive", "seasonal naive", "ets"}
    card = (run_folder / "README.md").read_text()
    assert "reads the last 48 steps of a series and says the next 12 of `OT`" in card
    assert "| seasonal naive |" in card
    model = models.load(run_folder / "model.keras")
    assert model.margins.numpy().any()  # its intervals were set right


def test_forecast_as_csv_and_png(seqkit, run_folder, files, tmp_path):
    ask = ["forecast", run_folder, files / "F.csv", "--future", files / "future.csv"]
    code, out, _ = seqkit(*ask, "--plot", "fan.png", "--level", "0.1", "--level", "0.9")
    assert code == 0
    frame = pd.read_csv(io.StringIO(out), parse_dates=["date"])
    assert list(frame.columns) == ["plant", "date", "mean", "q0.1", "q0.9"]
    assert len(frame) == 24
    assert frame["date"].iloc[0] == pd.Timestamp("2024-01-12 16:00")
    assert (tmp_path / "fan.png").read_bytes().startswith(b"\x89PNG")
    code, _, _ = seqkit(*ask, "--out", "forecast.csv")
    assert code == 0
    written = pd.read_csv("forecast.csv")
    np.testing.assert_allclose(written["mean"], frame["mean"], rtol=1e-6)
    code, out, _ = seqkit(*ask, "--json")
    rows = [json.loads(line) for line in out.splitlines()]
    assert rows[0]["q0.05"] == pytest.approx(written["q0.05"][0])


def test_forecast_from_a_frame_with_a_gap(seqkit, run_folder, files):
    ask = ["forecast", run_folder, files / "gap.csv", "--future", files / "future.csv"]
    code, _, err = seqkit(*ask)
    assert code == 2
    assert "--repair gaps=interpolate|forward|zero." in err
    ahead = data.samples.series(2, steps=312, as_frame=True).drop(columns="y").drop(305)
    ahead = ahead.rename(columns={"ds": "date", "unique_id": "plant"})
    ahead.to_csv("ahead.csv", index=False)
    ask[-1] = "ahead.csv"
    code, out, err = seqkit(*ask, "--repair", "gaps=forward")
    assert (code, err, len(out.splitlines())) == (0, "", 25)


def test_evaluate(seqkit, run_folder, files):
    code, out, err = seqkit("evaluate", run_folder, files / "whole.csv", "--json")
    assert (code, err) == (0, "")
    assert set(json.loads(out)["baselines"]) == {"naive", "seasonal naive", "ets"}
    code, _, err = seqkit("evaluate", run_folder, files / "gap.csv")
    assert code == 2
    assert "--repair gaps=" in err
    code, out, _ = seqkit("evaluate", run_folder, files / "gap.csv", "--repair", "gaps=forward")
    assert code == 0
    assert "seasonal naive" in out


def test_info(seqkit, run_folder):
    code, out, _ = seqkit("info", run_folder)
    assert code == 0
    assert "lookback     48" in out
    assert "head         Quantiles" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["forecast", "RUN", "FILES/F.csv"], "expected `future` with maintenance"),
        (["forecast", "RUN", "FILES/none.csv"], "expected a .csv file that exists"),
        (["predict", "RUN", "FILES/F.csv"], "ask it by `seqkit forecast`"),
        (
            ["train", "forecasting", "--data", "FILES/gap.csv", "--time", "date", "--id", "plant",
             "--target", "OT", "--horizon", "12"],
            "policy: --repair gaps=interpolate|forward|zero.",
        ),
        (["forecast", "RUN", "FILES/gap.csv", "--repair", "gaps"], "--repair must be NAME=VALUE"),
        (
            ["train", "forecasting", "--data", "FILES/F.csv", "--time", "date", "--id", "plant",
             "--target", "OT", "--horizon", "12", "--validation", "1.5"],
            "`validation` must be a number of steps, or a share below 1. Received: 1.5",
        ),
        (["forecast", "NOWHERE", "NOTHING", "--level", "1.5"], "Levels must be numbers in (0, 1)"),
        (
            ["train", "forecasting", "--data", "FILES/F.csv", "--time", "date", "--id", "plant",
             "--target", "OT", "--horizon", "500"],
            "expected 2000 steps or more of every series",
        ),
        (
            ["train", "forecasting", "--data", "FILES/F.csv", "--time", "when", "--horizon", "5"],
            "expected a column 'when'",
        ),
    ],
)  # fmt: skip
def test_errors_are_one_line(seqkit, run_folder, files, arguments, message):
    given = [a.replace("RUN", str(run_folder)).replace("FILES", str(files)) for a in arguments]
    code, _, err = seqkit(*given)
    assert code == 2
    assert err.count("\n") == 1
    assert message in err
