"""The command, as a shell sees it: output, exit codes, one line for an error."""

import gzip
import json
import pathlib
import shutil
import subprocess
import sys
import time

import pytest

from seqkit import data, models, training
from seqkit._version import __version__

ROOT = pathlib.Path(__file__).parents[1]
COMMANDS = ["train", "train sentiment", "evaluate", "predict", "export", "info", "demo"]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    splits = data.samples.reviews(300)
    for part, examples in splits.examples.items():
        rows = "".join(f"{text}\t{label}\n" for text, label in examples)
        (folder / f"{part}.tsv").write_text("text\tlabel\n" + rows)
    (folder / "broken.tsv").write_text("text\tlabel\nno label here\n")
    (folder / "one.tsv").write_text("text\tlabel\ngood\tpositive\nfine\tpositive\n")
    (folder / "other.tsv").write_text("text\tlabel\ngood\tsplendid\n")
    (folder / "spoilt.keras").write_bytes(b"PK\x03\x04 cut short")
    (folder / "texts.txt").write_text("what a joy\n\nwhat a mess\n")
    return folder


@pytest.fixture(scope="module")
def run_folder(files, command, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "mut1"
    arguments = [
        "train", "sentiment", "--train", files / "train.tsv",
        "--validation", files / "validation.tsv", "--cell", "mut1", "--units", "8",
        "--epochs", "2", "--out", folder, "--option", "zoneout=0.1",
    ]  # fmt: skip
    assert command(*arguments) == 0
    return folder


@pytest.mark.parametrize("words", [(), ("train",)])
def test_no_command_is_help_and_no_message(seqkit, words):
    code, out, err = seqkit(*words)
    assert code == 2
    assert "Usage: seqkit" in out + err
    assert "error" not in err


def test_a_reader_that_goes_away_is_no_error():
    """As `head` does."""
    code = "import sys; sys.argv = ['seqkit', '--help']; from seqkit.cli import main; main()"
    command = subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    command.stdout.close()
    err = command.stderr.read()
    command.stderr.close()
    assert (command.wait(), err) == (0, b"")


def test_help_answers_at_once_and_imports_nothing_heavy():
    script = pathlib.Path(sys.executable).with_name("seqkit")
    if not script.exists():
        pytest.skip("seqkit is not installed as a command")
    start = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-X", "importtime", script, "--help"],
        check=True,
        capture_output=True,
        text=True,
    )
    assert time.monotonic() - start < 3  # 0.4 s on a quiet machine
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "typer" in imported
    assert not imported & {"keras", "tensorflow", "numpy", "pandas", "matplotlib"}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_shows_an_example(command, seqkit):
    code, out, _ = seqkit(*command.split(), "--help")
    assert code == 0
    assert f"Example: {'echo' if command == 'predict' else 'seqkit ' + command}" in out


def test_version(seqkit):
    assert seqkit("--version") == (0, f"seqkit {__version__}\n", "")


def test_train_writes_a_run(run_folder):
    assert {path.name for path in run_folder.iterdir()} == {
        "model.keras", "metrics.json", "README.md", "learning_curves.png", "confusion_matrix.png",
    }  # fmt: skip
    record = json.loads((run_folder / "metrics.json").read_text())
    assert record["settings"]["cell"] == "mut1"
    assert record["settings"]["zoneout"] == 0.1
    assert record["data"]["training data"].endswith("train.tsv, 240 texts")


def test_evaluate(run_folder, files, seqkit):
    code, out, err = seqkit("evaluate", run_folder, files / "test.tsv")
    assert (code, err) == (0, "")
    assert "macro-F1" in out
    code, out, _ = seqkit("evaluate", run_folder, files / "test.tsv", "--json")
    assert json.loads(out)["examples"] == 30


def test_columns_and_encoding_are_told_by_read(files, seqkit, tmp_path):
    rows = (files / "train.tsv").read_text().splitlines()[1:61]
    for name in ("train", "test"):
        table = "".join(f'{k},"caf\u00e9 {text}",{label}\n' for k, text, label in (
            (k, *row.split("\t")) for k, row in enumerate(rows)))  # fmt: skip
        (tmp_path / f"{name}.csv").write_bytes(("id,review,mood\n" + table).encode("latin-1"))
    told = ["--read=text=review", "--read=label=mood", "--read=encoding=latin-1"]
    command = ["train", "sentiment", "--train=train.csv", "--out=out", "--epochs=1", "--units=4"]
    code, _, err = seqkit(*command)
    assert code == 2
    assert "expected utf-8 text" in err
    code, _, err = seqkit(*command, told[2])
    assert code == 2
    assert "--read text=... --read label=..." in err
    assert seqkit(*command, *told)[0] == 0
    known = models.load(tmp_path / "out" / "model.keras").preprocessor.tokens.vocabulary
    assert "caf\u00e9" in known
    assert "mood" not in known
    assert json.loads((tmp_path / "out" / "metrics.json").read_text())["settings"]["read"] == [
        each.removeprefix("--read=") for each in told
    ]
    code, out, _ = seqkit("evaluate", "out", "test.csv", *told, "--json")
    assert json.loads(out)["examples"] == 60
    (tmp_path / "bare.tsv").write_text("good\tyes\nbad\tno\n" * 9)
    code, _, err = seqkit("train", "sentiment", "--train=bare.tsv", "--out=bare", "--epochs=1")
    assert code == 2
    assert "--read header=false" in err
    bare = ["train", "sentiment", "--train=bare.tsv", "--out=bare", "--epochs=1", "--units=4"]
    assert seqkit(*bare, "--read=header=false")[0] == 0


def test_predict_answers_each_line(run_folder, files, seqkit):
    code, out, err = seqkit("predict", run_folder / "model.keras", files / "texts.txt")
    assert (code, err) == (0, "")
    assert [line.split("\t")[0] in ("negative", "positive") for line in out.splitlines()] == [
        True, True, True,
    ]  # fmt: skip


def test_predict_reads_standard_input_and_writes_json(run_folder, seqkit):
    code, out, _ = seqkit("predict", run_folder, "--json", text="what a joy\n\u00fcber\n")
    answers = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert [answer["text"] for answer in answers] == ["what a joy", "\u00fcber"]
    assert sum(answers[0]["probabilities"].values()) == pytest.approx(1, abs=1e-5)


def test_predict_reads_compressed_lines_without_a_byte_order_mark(run_folder, seqkit, tmp_path):
    lines = "\ufeffwhat a joy\r\nwhat a mess\r\n"
    (tmp_path / "texts.txt.gz").write_bytes(gzip.compress(lines.encode()))
    code, out, _ = seqkit("predict", run_folder, "texts.txt.gz", "--json")
    assert code == 0
    assert [json.loads(line)["text"] for line in out.splitlines()] == ["what a joy", "what a mess"]


def test_predict_of_nothing_is_nothing(run_folder, seqkit):
    assert seqkit("predict", run_folder, text="") == (0, "", "")


def test_export(run_folder, seqkit, tmp_path):
    code, out, _ = seqkit("export", run_folder, tmp_path / "serving")
    assert code == 0
    assert out.startswith("export equals model")
    code, _, err = seqkit("export", run_folder, tmp_path / "serving")
    assert code == 2
    assert "--overwrite" in err
    assert seqkit("export", run_folder, tmp_path / "serving", "--overwrite")[0] == 0


def test_info(run_folder, seqkit):
    code, out, _ = seqkit("info", run_folder)
    assert code == 0
    for part in ("negative, positive", "MUT1", "parameters", "accuracy"):
        assert part in out
    found = json.loads(seqkit("info", run_folder, "--json")[1])
    assert found["labels"] == ["negative", "positive"]
    assert found["bytes"] == (run_folder / "model.keras").stat().st_size


def test_a_model_is_there_before_it_is_measured(run_folder, files, seqkit, tmp_path, monkeypatch):
    """An hour of training is not lost to what comes after; nor do old figures stand beside it."""
    shutil.copytree(run_folder, tmp_path / "out")

    def fail(self, *arguments):
        raise MemoryError("no room")

    monkeypatch.setattr(models.TextClassifier, "report", fail)
    code, _, err = seqkit(*train(files, validation=files / "validation.tsv"), "--overwrite")
    assert (code, err) == (2, "seqkit: error: MemoryError: no room\n")
    left = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert left == ["model.keras", "training.resume"]
    assert models.load(tmp_path / "out" / "model.keras").encoder.units == [64]
    monkeypatch.undo()
    trained = (tmp_path / "out" / "model.keras").stat().st_mtime_ns
    monkeypatch.chdir(tmp_path)
    code, out, _ = seqkit(*train(files, validation=files / "validation.tsv"), "--resume")
    assert code == 0
    assert "macro-F1" in out
    assert not (tmp_path / "out" / "training.resume").exists()
    assert (tmp_path / "out" / "model.keras").stat().st_mtime_ns > trained


def train(files, part="train", **options):
    options = {"train": files / f"{part}.tsv", "out": "out", "epochs": 1, **options}
    return ["train", "sentiment", *(f"--{name}={value}" for name, value in options.items())]


BAD = {
    "no command": (lambda f, r: ["bogus"], "No such command 'bogus'. Try: seqkit --help"),
    "no option": (lambda f, r: ["train", "sentiment"], "Missing option '--train'"),
    "not a number": (lambda f, r: train(f, units="many"), "Invalid value for '--units'"),
    "no epochs": (lambda f, r: train(f, epochs=0), "Invalid value for '--epochs'"),
    "no such file": (lambda f, r: train(f, "nowhere"), "nowhere.tsv"),
    "broken row": (lambda f, r: train(f, "broken"), "broken.tsv"),
    "one class": (lambda f, r: train(f, "one"), "two or more distinct labels"),
    "unknown cell": (lambda f, r: train(f, cell="lstn"), "lstn"),
    "unknown pooling": (lambda f, r: train(f, pooling="sum"), "last, mean, max, attention"),
    "no units": (lambda f, r: train(f, units=0), "units"),
    "bad option": (lambda f, r: train(f, option="zoneout"), "NAME=VALUE. Received: 'zoneout'"),
    "option twice": (
        lambda f, r: train(f, option="pooling=max"), "'pooling' has one: see --help. Received"),
    "unknown option": (lambda f, r: train(f, option="zoneuot=1"), "zoneuot"),
    "bad reading": (lambda f, r: train(f, read="text"), "--read must be NAME=VALUE"),
    "unknown reading": (lambda f, r: train(f, read="colour=1"), "'colour'"),
    "no such encoding": (
        lambda f, r: train(f, read="encoding=latin-99"), "`encoding` must be the name"),
    "no such column": (lambda f, r: train(f, read="text=body"), "a column named 'body'"),
    "validation of other labels": (
        lambda f, r: train(f, validation=f / "other.tsv"), "Received: 'splendid'"),
    "run exists": (lambda f, r: train(f, out=r), "is not empty"),
    "no model": (lambda f, r: ["info", "nowhere.keras"], "There is no model file nowhere.keras"),
    "spoilt model": (lambda f, r: ["info", f / "spoilt.keras"], "is not a whole .keras file"),
    "folder without model": (lambda f, r: ["info", f.parent], "is a folder, expected a .keras"),
    "no texts": (lambda f, r: ["predict", r, "nowhere.txt"], "nowhere.txt: no such file."),
    "evaluate unlabelled": (lambda f, r: ["evaluate", r, f / "texts.txt"], "texts.txt"),
    "export into a full folder": (lambda f, r: ["export", r, f], "exists: give another folder"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_an_error_is_one_line_and_exit_code_2(name, seqkit, files, run_folder):
    arguments, message = BAD[name]
    code, out, err = seqkit(*arguments(files, run_folder))
    assert code == 2
    assert out == ""
    assert message in err
    assert err.startswith("seqkit: error: ")
    assert len(err.splitlines()) == 1


def test_ctrl_c_leaves_the_best_model_and_130(seqkit, files, tmp_path, monkeypatch, press_ctrl_c):
    epochs = []

    def press(self, batch, logs=None):
        epochs.append(batch == 0)
        if sum(epochs) == 2:  # in the second epoch, before it is over
            press_ctrl_c()

    monkeypatch.setattr(training.StopOnNaN, "on_train_batch_end", press)
    code, out, err = seqkit(*train(files, epochs=3))
    assert code == 130
    assert "Interrupted. The model holds its best weights (epoch 1)" in out
    assert str(tmp_path / "out" / "model.keras") in out
    assert models.load(tmp_path / "out" / "model.keras").labels == ("negative", "positive")
    assert err.splitlines()[-1] == "seqkit: interrupted"
