"""`seqkit train seq2seq` and `seqkit translate`: lines in, lines out, as a shell sees them."""

import json

import pytest

from seqkit import decoding, models, training

PAIRS = [
    ("I see a dog", "Ich sehe einen Hund"), ("I see the dog", "Ich sehe den Hund"),
    ("I see a cat", "Ich sehe eine Katze"), ("I see the cat", "Ich sehe die Katze"),
    ("I hear a man", "Ich h\u00f6re einen Mann"), ("I hear the man", "Ich h\u00f6re den Mann"),
]  # fmt: skip
ASKED = "I see a dog\nI hear the man\n"


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
def run_folder(files, command, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "de"
    arguments = [
        "train", "seq2seq", "--source", files / "train.en", "--target",
        files / "train.de", "--validation-source", files / "few.en", "--validation-target",
        files / "few.de", "--encoder", "recurrent", "--units", "8", "--tokens", "words",
        "--epochs", "2", "--batch-tokens", "200", "--out", folder, "--option", "embedding=16",
        "--learning-rate", "0.002", "--patience", "1",
    ]  # fmt: skip
    assert command(*arguments) == 0
    return folder


@pytest.fixture
def told(monkeypatch):
    """Stands in for `translate`, whose answers other tests judge, and holds what it was told."""
    calls = []

    def translate(self, texts, **how):
        calls.append({name: value for name, value in how.items() if value is not None})
        others = [("2nd", -2.0)] if how["n_best"] > 1 else []
        return models.Translations(
            models.Translation(text, text.upper(), -1.0, others) for text in texts
        )

    monkeypatch.setattr(models.Translator, "translate", translate)
    return calls


def test_a_run_says_all(run_folder):
    assert {path.name for path in run_folder.iterdir()} == {
        "model.keras", "metrics.json", "README.md", "learning_curves.png",
    }  # fmt: skip
    record = json.loads((run_folder / "metrics.json").read_text())
    assert record["settings"]["embedding"] == 16
    assert record["settings"]["batch_tokens"] == 200
    assert record["settings"]["learning_rate"] == 0.002
    assert "positions" not in record["settings"]  # of no use to a recurrent net
    schedule = models.load(run_folder / "model.keras").optimizer.get_config()["learning_rate"]
    assert schedule["class_name"] == "CosineWithWarmup"
    assert schedule["config"]["peak"] == 0.002
    assert record["figures"]["sentences"] == 6
    assert record["data"]["training data"].endswith("train.en, train.de, 120 pairs")
    assert len(record["history"]["val_bleu"]) == len(record["history"]["loss"]) == 2
    card = (run_folder / "README.md").read_text()
    parts = "A translator", "| BLEU | **", "nrefs:1", "seqkit translate", "AdditiveAttention"
    for part in (*parts, "of a sample of the validation pairs"):
        assert part in card


def test_the_answers_are_the_models_own(run_folder, files, seqkit, tmp_path):
    model = models.load(run_folder / "model.keras")
    assert model.batch_tokens == 200
    assert model.encoder.units == [4]
    own = model.translate(ASKED.splitlines(), beams=3, n_best=2, max_length=6, attention=True)
    options = ["--beams", 3, "--n-best", 2, "--max-length", 6]
    code, out, err = seqkit(
        "translate", run_folder, "--json", "--plot", "read.png", *options, text=ASKED
    )
    assert (code, err) == (0, "")
    rows = [json.loads(line) for line in out.splitlines()]
    assert [row["translation"] for row in rows] == [answer.text for answer in own]
    for row, answer in zip(rows, own, strict=True):
        assert row["score"] == pytest.approx(answer.score, rel=1e-5)
        assert row["alternatives"][0]["translation"] == answer.alternatives[0][0]
    assert (tmp_path / "read.png").read_bytes().startswith(b"\x89PNG")
    code, out, err = seqkit(
        "evaluate", run_folder, files / "few.en", "--target", files / "few.de", "--json"
    )
    assert (code, err) == (0, "")
    figures = json.loads((run_folder / "metrics.json").read_text())["figures"]
    assert json.loads(out)["chrf"] == pytest.approx(figures["chrf"])
    assert json.loads(out)["bleu_signature"].startswith("nrefs:1|case:mixed")
    code, out, _ = seqkit("info", run_folder)
    assert code == 0
    for part in ("Translator", "source vocabulary", "bleu", "RecurrentDecoder"):
        assert part in out


def test_lines_in_lines_out(told, run_folder, files, seqkit, tmp_path):
    expected = "".join(f"{source.upper()}\n" for source, _ in PAIRS)
    text = expected.lower().replace("\n", "\r\n")
    assert seqkit("translate", run_folder, files / "few.en") == (0, expected, "")
    assert seqkit("translate", run_folder / "model.keras", text=text) == (0, expected, "")
    assert seqkit("translate", run_folder, "-", text=text) == (0, expected, "")
    asked = [f"--text={source}" for source, _ in PAIRS]
    assert seqkit("translate", run_folder, *asked) == (0, expected, "")
    assert seqkit("translate", run_folder, files / "few.en", "--out", "out.de") == (0, "", "")
    assert (tmp_path / "out.de").read_text() == expected
    assert seqkit("translate", run_folder, text="") == (0, "", "")
    assert told == [{"n_best": 1, "attention": False}] * 5


def test_as_many_lines_as_there_were(told, run_folder, seqkit):
    odd = "a\n\n\u4e16\u754c\x0bb\u2028cat\rd\n"  # only \n ends a line, of answers too
    assert seqkit("translate", run_folder, text=odd)[1] == "A\n\n\u4e16\u754c B CAT D\n"
    _, out, _ = seqkit("translate", run_folder, "--n-best", 3, text="a\nb\n")
    assert out == "A\n2nd\n\nB\n2nd\n\n"
    _, out, _ = seqkit("translate", run_folder, text="".join(f"{n}\n" for n in range(1200)))
    assert out.splitlines() == [str(n) for n in range(1200)]
    assert len(told) == 2 + 3


OPTIONS = {
    "--beams 4 --n-best 2": {"beams": 4, "n_best": 2},
    "--length-penalty 0 --coverage-penalty 0.2": {"length_penalty": 0, "coverage_penalty": 0.2},
    "--no-repeat 3 --max-length 7": {"no_repeat": 3, "max_length": 7},
    "--prefix Ich": {"prefix": "Ich"},
    "--require a --require b --forbid c": {"required": ["a", "b"], "forbidden": ["c"]},
    "--temperature 2 --n-best 3": {
        "sampling": decoding.Sampling(samples=3, temperature=2.0), "n_best": 3},
    "--top-k 5 --top-p 0.9 --seed 7": {
        "sampling": decoding.Sampling(top_k=5, top_p=0.9), "seed": 7},
}  # fmt: skip


@pytest.mark.parametrize("options", OPTIONS)
def test_options_reach_translate(options, told, run_folder, seqkit):
    assert seqkit("translate", run_folder, *options.split(), text="a\n")[0] == 0
    assert told == [{"n_best": 1, "attention": False} | OPTIONS[options]]


@pytest.mark.slow
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
    code, out, err = seqkit("translate", "out", "--plot", "read.png", text=ASKED)
    assert (code, out) == (2, "")
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


@pytest.mark.slow
def test_ctrl_c_keeps_the_best(seqkit, files, tmp_path, monkeypatch, press_ctrl_c):
    epochs = []

    def press(self, batch, logs=None):
        epochs.append(batch == 0)
        if sum(epochs) == 2:  # in the second epoch, before it is over
            press_ctrl_c()

    monkeypatch.setattr(training.StopOnNaN, "on_train_batch_end", press)
    code, out, err = seqkit(*train("--epochs", "3", "--encoder", "recurrent")(files, None))
    assert code == 130
    assert "Interrupted. The model holds its best weights (epoch 1)" in out
    assert models.load(tmp_path / "new" / "model.keras").preprocessor.shared
    assert err.splitlines()[-1] == "seqkit: interrupted"
