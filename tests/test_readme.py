"""The README keeps its word: its Python runs, its commands, files and names exist."""

import importlib.metadata
import importlib.util
import os
import pathlib
import re
import subprocess
import sys
from inspect import signature

import pytest

import recipes
from seqkit import data, inspect, layers, models, training

ROOT = pathlib.Path(__file__).parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
BLOCKS = [
    (match[1], match[2], TEXT[: match.start(2)].count("\n")) for match in BLOCK.finditer(TEXT)
]
SHELL = [line for kind, code, _ in BLOCKS if kind == "bash" for line in code.splitlines()]
# On the first line, where the README has its title: no block may need the network.
OFFLINE = "import socket; socket.getaddrinfo = socket.create_connection = None"
ON_JAX = 'os.environ["KERAS_BACKEND"] = "jax"'


def python_blocks(*, on_jax):
    """The blocks as one script, each line where it stands in the README, for tracebacks."""
    lines = [OFFLINE] + [""] * TEXT.count("\n")
    for kind, code, start in BLOCKS:
        if kind != "python" or (ON_JAX in code) != on_jax:
            continue
        if "import torch" in code and not importlib.util.find_spec("torch"):
            continue
        lines[start : start + code.count("\n")] = code.splitlines()
    return "\n".join(lines)


def executed(script, folder):
    path = folder / "README.py"
    path.write_text(script, encoding="utf-8")
    environment = {k: v for k, v in os.environ.items() if k not in ("KERAS_BACKEND", "SEQKIT_DATA")}
    environment |= {"TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONPATH": str(ROOT), "COLUMNS": "200"}
    done = subprocess.run(
        [sys.executable, path], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "Warning:" not in done.stderr
    return done.stdout


def test_python_runs(tmp_path):
    out = executed(python_blocks(on_jax=False), tmp_path)
    assert (tmp_path / "sentiment.keras").is_file()
    assert (tmp_path / "serving/sentiment/saved_model.pb").is_file()
    accuracy = float(re.search(r"^accuracy ([\d.]+)", out, re.MULTILINE)[1])
    assert accuracy > 0.9  # counting words reaches 0.7 here
    answers = re.findall(r"^(positive|negative) 0\.\d{3}  \w", out, re.MULTILINE)
    assert len(answers) == 2
    assert answers[1] == "negative"  # "what a joyless mess"
    assert out.count("(4, 20, 16)") == 1
    assert out.count("(4, 16)") == 1
    if importlib.util.find_spec("torch"):
        assert float(re.search(r"^\d\S*e-\d+$|^0\.\d+$", out, re.MULTILINE)[0]) < 1e-5


def test_python_runs_on_jax(tmp_path):
    pytest.importorskip("jax")
    assert ON_JAX in TEXT
    executed(python_blocks(on_jax=True), tmp_path)
    assert (tmp_path / "from_jax.keras").is_file()


def test_blocks_are_short():
    kinds = [kind for kind, _, _ in BLOCKS]
    assert kinds.count("python") >= 6
    assert all(code.count("\n") <= 20 for kind, code, _ in BLOCKS if kind in ("python", "bash"))


@pytest.fixture
def help_of(command, capsys, monkeypatch):
    """`help_of("train")`: what `seqkit train --help` prints."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("NO_COLOR", "1")

    def show(*commands):
        assert command(*commands, "--help") == 0
        return capsys.readouterr().out

    return show


def test_commands_exist(help_of):
    used = [part.split() for line in SHELL for part in re.findall(r"seqkit ([^|&]+)", line)]
    commands = commands_in(help_of())
    assert {words[0] for words in used} == commands
    assert {name.split()[0] for name in table("commands")} == commands
    for words in used:
        names = words[:2] if words[0] == "train" else words[:1]
        shown = help_of(*names)
        for option in (word for word in words if word.startswith("--")):
            assert f"{option} " in shown, f"seqkit {' '.join(names)} has no {option}"


def commands_in(shown):
    """The names in `seqkit --help`."""
    assert shown.count("Commands") == 1
    return set(re.findall(r"^│ (\w+) ", shown.split("Commands")[1], re.MULTILINE))


def test_extras_and_scripts_exist():
    extras = set(re.findall(r'"\.\[(\w+)\]"', TEXT))
    offered = importlib.metadata.metadata("seqkit").get_all("Provides-Extra")
    assert {"dev", "gpu", "jax"} <= extras <= set(offered)
    scripts = re.findall(r"python (\S+)", "\n".join(SHELL))
    assert scripts
    assert all((ROOT / script).is_file() for script in scripts)


def test_links_lead_somewhere():
    links = re.findall(r"\]\(([^)#]+)\)", BLOCK.sub("", TEXT))
    assert links
    assert all((ROOT / link).exists() for link in links if "://" not in link)


# --- the table of what exists -----------------------------------------------------


def table(row):
    """The names in a row: what stands in backticks, or between commas where nothing does."""
    cell = re.search(rf"^\| {row} \| (.*) \|$", TEXT, re.MULTILINE)[1]
    names = re.findall(r"`([\w ]+)(?:\([^`]*\))?`", cell)
    return names or cell.split(", ")


def test_cells():
    assert table("cells") == list(layers.CELLS)


def public_classes(package, base):
    public = [getattr(package, name) for name in package.__all__]
    return {name for name, value in zip(package.__all__, public, strict=True) if base(value)}


def test_layers():
    def is_layer(value):
        return isinstance(value, type) and not issubclass(value, layers.Cell)

    assert set(table("layers")) == public_classes(layers, is_layer)


@pytest.mark.parametrize(("row", "package"), [("recipes", recipes), ("inspect", inspect)])
def test_all_that_a_package_offers(row, package):
    assert set(table(row)) == set(package.__all__)


@pytest.mark.parametrize(
    ("row", "package"), [("models", models), ("training", training), ("data", data)]
)
def test_what_is_named_exists(row, package):
    for name in table(row):
        assert hasattr(package.samples if name in ("reviews", "series") else package, name), name


def test_noise():
    loop = signature(layers.Recurrent).parameters
    assert set(table("noise")) - {"word_dropout"} <= set(loop)
    assert "word_dropout" in signature(recipes.sentiment).parameters


# --- the tree ---------------------------------------------------------------------


def tree():
    """The paths in the annotated tree."""
    code = next(code for kind, code, _ in BLOCKS if kind == "" and code.startswith("seqkit/"))
    paths, folders = [], []
    for line in code.splitlines():
        name, comment = line.split(maxsplit=1)
        assert comment, f"no comment on {name}"
        depth = (len(line) - len(line.lstrip())) // 2
        folders[depth:] = [name]
        paths.append("".join(folders))
    return paths


def test_tree_holds_every_module():
    shown = tree()
    gone = [path for path in shown if not (ROOT / path).exists()]
    assert not gone, f"in the README, not on disk: {gone}"
    modules = {
        str(path.relative_to(ROOT))
        for package in ("seqkit", "recipes")
        for path in (ROOT / package).rglob("*.py")
        if path.name != "__init__.py" or path.parent.name == "seqkit"
    }
    missing = sorted(modules - set(shown))
    assert not missing, f"on disk, not in the README: {missing}"
