"""`seqkit train seq2seq` and `seqkit translate`: lines in, lines out, as a shell sees them."""

import json
import os
import signal
import sys

import pytest

from seqkit import cli, data, models, training

# Few enough to be learned by heart.
PAIRS = [
    ("I see a dog", "Ich sehe einen Hund"), ("I see the dog", "Ich sehe den Hund"),
    ("I see a cat", "Ich sehe eine Katze"), ("I see the cat", "Ich sehe die Katze"),
    ("I hear a man", "Ich h\u00f6re einen Mann"), ("I hear the man", "Ich h\u00f6re den Mann"),
]  # fmt: skip
ASKED = "I see a dog\nI hear the man\n"


@pytest.fixture
def seqkit(monkeypatch, capsys, tmp_path):
    """Runs the command in this process: Keras is imported once for all tests."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")

    def run(*arguments, text=None):
        (tmp_path / "stdin").write_bytes((text or "").encode())
        monkeypatch.setattr(sys, "argv", ["seqkit", *map(str, arguments)])
        with open(tmp_path / "stdin", encoding="utf-8") as stdin:
            monkeypatch.setattr(sys, "stdin", stdin)
            with pytest.raises(SystemExit) as end:
                cli.main()
        out, err = capsys.readouterr()
        return end.value.code, out, err

    return run


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pairs")
    sources, targets = zip(*PAIRS * 20, strict=True)
    contents = {
        "train.en": sources,
        "train.de": targets,
        "few.en": sources[:6],
        "few.de": targets[:6],
        "pairs.tsv": map("\t".join, PAIRS * 20),
        "one.tsv": ["a dog\tein Hund", "a cat"],
    }
    for name, rows in contents.items():
        (folder / name).write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def run_folder(files, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "de"
    arguments = [
        "seqkit", "train", "seq2seq", "--source", files / "train.en", "--target",
        files / "train.de", "--validation-source", files / "few.en", "--validation-target",
        files / "few.de", "--encoder", "recurrent", "--units", "24", "--tokens", "words",
        "--epochs", "20", "--batch-tokens", "40", "--dropout", "0", "--out", folder,
        "--option", "embedding=16",
    ]  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", list(map(str, arguments)))
        with pytest.raises(SystemExit) as end:
            cli.main()
    assert end.value.code == 0
    return folder


def test_a_run_says_all(run_folder):
    assert {path.name for path in run_folder.iterdir()} == {
        "model.keras", "metrics.json", "README.md", "learning_curves.png",
    }  # fmt: skip
    record = json.loads((run_folder / "metrics.json").read_text())
    assert record["settings"]["embedding"] == 16
    assert record["settings"]["batch_tokens"] == 40
    assert record["figures"]["exact"] == 1
    assert record["data"]["training data"].endswith("train.en, train.de, 120 texts")
    assert len(record["history"]["val_bleu"]) == len(record["history"]["loss"])
    card = (run_folder / "README.md").read_text()
    for part in ("A translator", "| BLEU | **", "nrefs:1", "seqkit translate", "AdditiveAttention"):
        assert part in card
    model = models.load(run_folder / "model.keras")
    assert model.batch_tokens == 40


def test_lines_in_lines_out(run_folder, files, seqkit, tmp_path):
    expected = "".join(f"{target}\n" for _, target in PAIRS)
    assert seqkit("translate", run_folder, files / "few.en") == (0, expected, "")
    text = "".join(f"{source}\r\n" for source, _ in PAIRS)
    assert seqkit("translate", run_folder / "model.keras", text=text) == (0, expected, "")
    assert seqkit("translate", run_folder, "-", text=text) == (0, expected, "")
    asked = [f"--text={source}" for source, _ in PAIRS]
    assert seqkit("translate", run_folder, *asked, "--beams", 1) == (0, expected, "")
    assert seqkit("translate", run_folder, files / "few.en", "--out", "out.de") == (0, "", "")
    assert (tmp_path / "out.de").read_text() == expected


def test_as_many_lines_as_there_were(run_folder, seqkit):
    code, out, _ = seqkit("translate", run_folder, text="I see\n\n\u4e16\u754c\x0ba\u2028cat\ra\n")
    assert (code, out.count("\n")) == (0, 3)
    assert seqkit("translate", run_folder, text="") == (0, "", "")


def test_json_has_scores_and_the_next_best(run_folder, seqkit):
    code, out, err = seqkit(
        "translate", run_folder, "--json", "--beams", 3, "--n-best", 3, text=ASKED
    )
    assert (code, err) == (0, "")
    rows = [json.loads(line) for line in out.splitlines()]
    assert [row["translation"] for row in rows] == ["Ich sehe einen Hund", "Ich h\u00f6re den Mann"]
    scores = [rows[0]["score"], *(other["score"] for other in rows[0]["alternatives"])]
    assert len(scores) == 3
    assert scores == sorted(scores, reverse=True)
    model = models.load(run_folder / "model.keras")
    own = model.translate(ASKED.splitlines(), beams=3, n_best=3)
    assert rows[0]["score"] == pytest.approx(own[0].score, rel=1e-5)
    _, out, _ = seqkit("translate", run_folder, "--beams", 3, "--n-best", 3, text=ASKED)
    assert out.split("\n")[:3] == [own[0].text, *(t for t, _ in own[0].alternatives)]
    assert out.count("\n") == 6


WISHES = {
    "prefix": (["--prefix", "Ich h\u00f6re die"],
               lambda rows: all(row.startswith("Ich h\u00f6re die") for row in rows)),
    "required": (["--require", "Katze"], lambda rows: all("Katze" in row for row in rows)),
    "forbidden": (["--forbid", "Hund"], lambda rows: not any("Hund" in row for row in rows)),
    "short": (["--max-length", "1"], lambda rows: all(len(row.split()) <= 1 for row in rows)),
    "penalties": (["--length-penalty", "0", "--coverage-penalty", "0.2", "--no-repeat", "2"],
                  lambda rows: rows == ["Ich sehe einen Hund", "Ich h\u00f6re den Mann"]),
}  # fmt: skip


@pytest.mark.parametrize("name", WISHES)
def test_wishes(name, run_folder, seqkit):
    options, right = WISHES[name]
    code, out, _ = seqkit("translate", run_folder, *options, text=ASKED)
    assert code == 0
    assert right(out.splitlines())


def test_draws_follow_their_seed(run_folder, seqkit):
    ask = ["translate", run_folder, "--temperature", 4, "--n-best", 4, "--seed"]
    first, again, other = (seqkit(*ask, seed, text=ASKED)[1] for seed in (1, 1, 2))
    assert first == again != other
    assert first.count("\n") == 8


def test_what_was_read_is_drawn(run_folder, seqkit, tmp_path):
    assert seqkit("translate", run_folder, "--plot", "read.png", text=ASKED)[0] == 0
    assert (tmp_path / "read.png").read_bytes().startswith(b"\x89PNG")


def test_evaluate_info_and_export(run_folder, files, seqkit):
    few = ["evaluate", run_folder, files / "few.en", "--target", files / "few.de", "--json"]
    code, out, err = seqkit(*few)
    assert (code, err) == (0, "")
    assert json.loads(out)["bleu"] == pytest.approx(100)
    assert json.loads(out)["bleu_signature"].startswith("nrefs:1|case:mixed")
    code, out, _ = seqkit("evaluate", run_folder, files / "pairs.tsv")
    assert code == 0
    assert "chrF" in out
    code, out, _ = seqkit("info", run_folder)
    assert code == 0
    for part in ("Translator", "source vocabulary", "bleu", "RecurrentDecoder"):
        assert part in out
    code, out, _ = seqkit("export", run_folder, "served")
    assert code == 0
    assert out.startswith("export equals model")


def test_a_table_of_pairs_and_no_validation(files, seqkit, tmp_path):
    code, out, err = seqkit(
        "train", "seq2seq", "--train", files / "pairs.tsv", "--output", "out", "--epochs", 1,
        "--units", 8, "--layers", 1, "--decoder", "recurrent", "--attention", "none",
        "--option", "heads=2",
    )  # fmt: skip
    assert (code, err) == (0, "")
    assert out.startswith("no validation data")
    settings = json.loads((tmp_path / "out" / "metrics.json").read_text())["settings"]
    assert settings["attention"] is None
    assert settings["decoder"] == "recurrent"
    code, _, err = seqkit("translate", "out", "--plot", "read.png", text=ASKED)
    assert code == 2
    assert "has no attention to show" in err


def train(*more, source="train.en", target="train.de"):
    def arguments(files, run):
        given = [a.replace("FILES", str(files)).replace("RUN", str(run)) for a in more]
        start = ["train", "seq2seq", "--epochs", "1", "--units", "8", "--layers", "1"]
        for name, file in (("--source", source), ("--target", target)):
            start += [name, files / file] if file else []
        return [*start, "--output", "new", *given]

    return arguments


def ask(*more):
    return lambda files, run: [
        a.replace("FILES", str(files)).replace("RUN", str(run)) for a in ("translate", *more)
    ]


BAD = {
    "unequal files": (
        train(source="few.en"), "Received: 6 and 120; ", "train.de, line 7, has no partner"),
    "no such file": (train(source="nowhere.en"), "nowhere.en"),
    "no target": (train(target=None), "--source needs --target"),
    "no source": (train(source=None), "--target needs --source"),
    "nothing to learn from": (train(source=None, target=None), "--source and --target, or --train"),
    "both": (train("--train", "FILES/pairs.tsv"), "--train holds both sides"),
    "half a row": (train("--train", "FILES/one.tsv", source=None, target=None), "one.tsv, line 2"),
    "no validation target": (
        train("--validation-source", "FILES/few.en"), "needs --validation-target"),
    "encoder": (train("--encoder", "convolution"), "convolution"),
    "cell": (train("--encoder", "recurrent", "--cell", "lstn"), "lstn"),
    "attention": (train("--encoder", "recurrent", "--attention", "sharp"), "sharp"),
    "tokens": (train("--tokens", "syllables"), "syllables"),
    "no epochs": (train("--epochs", "0"), "Invalid value for '--epochs'"),
    "run exists": (train("--output", "RUN"), "is not empty"),
    "no beams": (ask("RUN", "--beams", "0"), "Invalid value for '--beams'"),
    "more than beams": (ask("RUN", "--beams", "2", "--n-best", "3"), "n_best=3, beams=2"),
    "file and text": (ask("RUN", "FILES/few.en", "--text", "a"), "from --text or from a file"),
    "no texts": (ask("RUN", "nowhere.en"), "nowhere.en"),
    "unwritable": (ask("RUN", "--prefix", "\u4e16"), "made of what the model can write"),
    "beams and draws": (ask("RUN", "--beams", "2", "--top-k", "3"), "does not go with beams"),
    "no model": (ask("FILES/few.en"), "is not a whole .keras file"),
    "asked as a classifier": (lambda f, r: ["predict", r, f / "few.en"], "`seqkit translate`"),
    "unequal to evaluate": (
        lambda f, r: ["evaluate", r, f / "few.en", "--target", f / "train.de"], "6 and 120"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_an_error_is_one_line_and_exit_code_2(name, seqkit, files, run_folder):
    arguments, *messages = BAD[name]
    code, out, err = seqkit(*arguments(files, run_folder), text=ASKED)
    assert (code, out) == (2, "")
    assert all(message in err for message in messages), err
    assert err.startswith("seqkit: error: ")
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    ("command", "example"),
    [("train seq2seq", "seqkit train seq2seq --source"), ("translate", 'echo "A dog runs."')],
)
def test_help_has_an_example(command, example, seqkit):
    code, out, _ = seqkit(*command.split(), "--help")
    assert code == 0
    assert f"Example: {example}" in out


def test_ctrl_c_keeps_the_best(seqkit, files, tmp_path, monkeypatch):
    epochs = []

    def press(self, batch, logs=None):
        epochs.append(batch == 0)
        if sum(epochs) == 2:  # in the second epoch, before it is over
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(training.StopOnNaN, "on_train_batch_end", press)
    code, out, err = seqkit(*train("--epochs", "3", "--option", "heads=2")(files, None))
    assert code == 130
    assert "Interrupted. The model holds its best weights (epoch 1)" in out
    model = models.load(tmp_path / "new" / "model.keras")
    assert len(model.translate(data.read_pairs(files / "few.en"))) == 6
    assert err.splitlines()[-1] == "seqkit: interrupted"
