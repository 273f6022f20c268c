"""The commands that train and ask taggers, as a shell sees them."""

import json

import pytest

from seqkit import data, training

ROWS = [
    ("the", "DET"), ("dog", "NOUN"), ("barks", "VERB"), (".", "PUNCT"),
]  # fmt: skip
OTHER = [("a", "DET"), ("cat", "NOUN"), ("sleeps", "VERB")]


def conllu(sentences):
    blocks = []
    for number, rows in enumerate(sentences):
        lines = [f"# sent_id = {number}"]
        lines += [
            f"{i}\t{word}\t_\t{tag}\t_\t_\t_\t_\t_\t_" for i, (word, tag) in enumerate(rows, 1)
        ]
        blocks.append("\n".join(lines) + "\n")
    return "\n".join(blocks) + "\n"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    (folder / "train.conllu").write_text(conllu([ROWS, OTHER] * 200))
    (folder / "unseen.conllu").write_text(conllu([[("oh", "INTJ")]]))
    (folder / "broken.conllu").write_text("1\tdog\tNOUN\n\n")
    (folder / "chunks.conll").write_text("The B-NP\ndog I-NP\nbarks O\n\nIt B-NP\nran O\n\n")
    (folder / "texts.tsv").write_text("text\tlabel\ngood\tx\nbad\ty\n")
    return folder


@pytest.fixture(scope="module")
def run_folder(files, command, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "tagger"
    arguments = [
        "train", "tagging", "--train", files / "train.conllu",
        "--validation", files / "train.conllu", "--units", "12", "--epochs", "12", "--out", folder,
        "--option", "embedding=8",
    ]  # fmt: skip
    assert command(*arguments) == 0
    return folder


def test_a_run_holds_model_figures_plots_and_card(run_folder):
    names = {path.name for path in run_folder.iterdir()}
    assert {"model.keras", "metrics.json", "README.md", "confusion_matrix.png"} <= names
    record = json.loads((run_folder / "metrics.json").read_text())
    assert record["settings"]["embedding"] == 8
    assert record["figures"]["accuracy"] == 1
    card = (run_folder / "README.md").read_text()
    for part in ("A tagger", "`NOUN`", "seqkit tag", "words were unknown", "Stack("):
        assert part in card


def test_tags_come_back_in_the_column_of_a_conllu_file(run_folder, files, seqkit, tmp_path):
    blank = conllu([[(word, "_") for word, _ in rows] for rows in (ROWS, OTHER)])
    (tmp_path / "blank.conllu").write_text(blank)
    code, out, err = seqkit("tag", run_folder, "blank.conllu")
    assert (code, err) == (0, "")
    assert out == conllu([ROWS, OTHER])
    assert seqkit("tag", run_folder, "blank.conllu", "--out", "full.conllu")[:2] == (0, "")
    assert (tmp_path / "full.conllu").read_text() == out
    assert data.read_conllu("full.conllu").labels[1] == ["DET", "NOUN", "VERB"]
    _, out, _ = seqkit("tag", run_folder, "blank.conllu", "--json")
    assert json.loads(out.splitlines()[1])["tags"] == ["DET", "NOUN", "VERB"]


WHOLE = """\
# newdoc
# text = thedog barks
1-2\tthedog\t_\t_\t_\t_\t_\t_\t_\tSpaceAfter=No
1\tthe\tthe\t_\tDT\tA=B\t2\tdet\t_\t_
2\tdog\tdog\tX\tNN\t_\t3\tnsubj\t2:nsubj|3.1:nsubj\t_
3\tbarks\tbark\t_\t_\t_\t0\troot\t_\tGloss= a  b
3.1\tbarks\tbark\tVERB\t_\t_\t_\t_\t0:root\t_

# a comment alone


# text = \u202bto the left\u202c
1\ta\t_\t_\t_\t_\t_\t_\t_\t_
2\tcat\t_\t_\t_\t_\t_\t_\t_\t_
"""


@pytest.mark.parametrize(
    "text",
    [WHOLE, WHOLE.replace("\n", "\r\n"), "\ufeff" + WHOLE + "\n\n", WHOLE.rstrip("\n")],
    ids=["as it is", "crlf", "byte order mark and blank lines", "no newline"],
)
def test_all_but_the_column_comes_back_byte_for_byte(run_folder, seqkit, tmp_path, text):
    (tmp_path / "in.conllu").write_bytes(text.encode())
    assert seqkit("tag", run_folder, "in.conllu", "--out", "out.conllu")[:2] == (0, "")
    expected, tags = text.split("\n"), iter(["DET", "NOUN", "VERB", "DET", "NOUN"])
    for at, line in enumerate(expected):
        fields = line.split("\t")
        if fields[0].isdigit():
            expected[at] = "\t".join([*fields[:3], next(tags), *fields[4:]])
    assert (tmp_path / "out.conllu").read_bytes() == "\n".join(expected).encode()


def test_lines_of_standard_input(run_folder, seqkit):
    code, out, _ = seqkit("tag", run_folder, text="the dog barks\n\na cat\n")
    assert code == 0
    assert out == "the\tDET\ndog\tNOUN\nbarks\tVERB\n\n\na\tDET\ncat\tNOUN\n\n"


def test_evaluate_info_and_export(run_folder, files, seqkit):
    _, out, _ = seqkit("evaluate", run_folder, files / "train.conllu", "--json")
    assert json.loads(out)["accuracy"] == 1
    code, out, _ = seqkit("info", run_folder)
    assert code == 0
    for part in ("Tagger", "crf", "characters", "unknown_words"):
        assert part in out
    code, out, _ = seqkit("export", run_folder, "served")
    assert code == 0
    assert out.startswith("export equals model")


def train(file, *more):
    return ["train", "tagging", "--train", file, "--out", "out", "--epochs", "1", *more]


BAD = {
    "no such file": (lambda f, r: train("nowhere.conllu"), "nowhere.conllu"),
    "broken file": (lambda f, r: train(f / "broken.conllu"), "broken.conllu, line 1"),
    "column": (lambda f, r: train(f / "train.conllu", "--column", "pos"), "pos"),
    "no tags": (lambda f, r: train(f / "train.conllu", "--column", "xpos"), "distinct tags"),
    "a folder to write": (lambda f, r: ["tag", r, f / "chunks.conll", "--out", f], "is a folder"),
    "no place to write": (lambda f, r: ["tag", r, "-", "--out", "/dev/null/x"], "/dev/null"),
    "no place to export": (lambda f, r: ["export", r, "/dev/null/x"], "/dev/null"),
    "no place to train": (
        lambda f, r: [*train(f / "train.conllu")[:4], "--out", "/dev/null/x"], "/dev/null"),
    "a column of lines": (lambda f, r: ["tag", r, "-", "--column", "xpos"], "--column"),
    "characters": (lambda f, r: train(f / "train.conllu", "--characters", "lstm"), "cnn, rnn"),
    "no vectors": (lambda f, r: train(f / "train.conllu", "--vectors", "no.txt"), "no.txt"),
    "asked as a classifier": (lambda f, r: ["predict", r, f / "texts.tsv"], "`seqkit tag`"),
    "no sentences": (lambda f, r: ["tag", r, "nowhere.txt"], "nowhere.txt"),
    "texts to evaluate": (lambda f, r: ["evaluate", r, "nowhere.conllu"], "nowhere.conllu"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_an_error_is_one_line_and_exit_code_2(name, seqkit, files, run_folder):
    arguments, message = BAD[name]
    code, out, err = seqkit(*arguments(files, run_folder))
    assert (code, out) == (2, "")
    assert message in err
    assert len(err.splitlines()) == 1


def test_chunks_of_a_column_file(seqkit, files):
    code, out, _ = seqkit(
        "train", "tagging", "--train", files / "chunks.conll", "--validation",
        files / "chunks.conll", "--out", "out", "--epochs", "1", "--units", "4",
    )  # fmt: skip
    assert code == 0
    assert "spans" in out
    # Its tags are no parts of speech: a CoNLL-U file's column is not theirs unless it is said.
    code, out, _ = seqkit("tag", "out", files / "chunks.conll")
    assert code == 0
    assert [line.split("\t")[0] for line in out.splitlines()] == [
        "The", "dog", "barks", "", "It", "ran", ""]  # fmt: skip
    code, _, err = seqkit("tag", "out", files / "train.conllu")
    assert (code, "--column misc" in err) == (2, True)
    code, out, _ = seqkit("tag", "out", files / "unseen.conllu", "--column", "misc")
    fields = out.splitlines()[1].split("\t")
    assert (code, fields[3]) == (0, "INTJ")
    assert fields[9] in ("O", "B-NP", "I-NP")


def test_a_training_that_was_stopped_goes_on(seqkit, files, tmp_path, monkeypatch):
    plain = ["--units", "4", "--no-crf", "--characters", "none"]
    ask = [*train(files / "chunks.conll", *plain), "--epochs", "3"]

    def killed(self, epoch, logs=None):
        write(self, epoch, logs)
        if epoch == 1:
            raise RuntimeError("killed")

    write = training.Resume.on_epoch_end
    with monkeypatch.context() as patch:
        patch.setattr(training.Resume, "on_epoch_end", killed)
        assert seqkit(*ask)[0] == 2
    code, _, err = seqkit(*ask)
    assert (code, "go on with it (--resume)" in err) == (2, True)
    code, _, err = seqkit("info", "out")
    assert (code, "a training that was stopped: finish it with --resume" in err) == (2, True)
    assert seqkit(*ask, "--resume")[0] == 0
    history = json.loads((tmp_path / "out" / "metrics.json").read_text())["history"]
    assert len(history["loss"]) == 3
    assert not (tmp_path / "out" / "training.resume").exists()
    assert seqkit(*ask, "--resume")[0] == 2  # over, and not to be lost


def test_a_refused_training_leaves_nothing_behind(seqkit, tmp_path):
    assert seqkit(*train("nowhere.conllu"))[0] == 2
    assert not (tmp_path / "out").exists()
