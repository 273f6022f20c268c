"""The package as a whole: version, wheel, what imports what, and what imports cost.

Whatever a fresh process would do differently runs in one.
"""

import ast
import importlib.util
import json
import os
import pathlib
import shutil
import subprocess
import sys
import venv
import zipfile

import pytest

import recipes
import seqkit

ROOT = pathlib.Path(__file__).parents[1]
COMMAND = "import sys; sys.argv[0] = 'seqkit'; from seqkit.cli import main; main()"


def python(code, *arguments, executable=sys.executable, cwd=ROOT, **environment):
    """What a fresh process prints."""
    kept = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "KERAS_BACKEND")}
    done = subprocess.run(
        [executable, "-c", code, *map(str, arguments)],
        cwd=cwd,
        env={**kept, "TF_CPP_MIN_LOG_LEVEL": "3", **environment},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


# --- version and names ------------------------------------------------------------


def test_version():
    assert python(COMMAND, "--version").strip() == f"seqkit {seqkit.__version__}"


def test_changelog_begins_with_what_is_unreleased():
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    headings = [line[3:] for line in text.splitlines() if line.startswith("## ")]
    assert headings[0] == "Unreleased"
    assert "version number covers" in text.split("## ")[0]


def test_recipes_is_one_module():
    assert seqkit.recipes is recipes


@pytest.mark.parametrize("name", [n for n in seqkit.__all__ if n != "__version__"])
def test_every_package_lists_its_names(name):
    package = getattr(seqkit, name)
    assert package.__all__ == [n for n in package.__all__ if hasattr(package, n)]
    assert len(set(package.__all__)) == len(package.__all__)


def test_unknown_name():
    with pytest.raises(AttributeError, match="module 'seqkit' has no attribute 'nonsense'"):
        _ = seqkit.nonsense


# --- what imports bring -----------------------------------------------------------

LOADED = "import json, sys; print(json.dumps(sorted(sys.modules)))"
# Imported in the functions that use them, if at all.
HEAVY = {
    "keras_hub",
    "keras_nlp",
    "matplotlib",
    "pandas",
    "sklearn",
    "scipy",
    "tokenizers",
    "torch",
}


def modules_after(code, **environment):
    lines = python(f"{code}\n{LOADED}", **environment).splitlines()
    return {name.split(".")[0] for name in json.loads(lines[-1])}


def test_import_brings_what_keras_brings():
    before, after = python(f"import keras\n{LOADED}\nimport seqkit\n{LOADED}").splitlines()[-2:]
    own = {name.split(".")[0] for name in set(json.loads(after)) - set(json.loads(before))}
    assert not own & HEAVY
    assert own >= {"seqkit"}


def test_command_answers_without_keras():
    code = f"try:\n    {COMMAND}\nexcept SystemExit:\n    pass"
    kept = python(f"{code}\n{LOADED}".replace("main()", "sys.argv.append('--help'); main()"))
    assert "Usage: seqkit" in kept
    loaded = {name.split(".")[0] for name in json.loads(kept.splitlines()[-1])}
    assert not loaded & {"keras", "tensorflow", "numpy", *HEAVY}


def test_layers_and_models_without_tensorflow():
    """On JAX, where `tensorflow` cannot be found: a layer runs, a cell trains in a model."""
    pytest.importorskip("jax")
    code = """
import sys
sys.modules["tensorflow"] = None  # as good as not installed: ModuleNotFoundError
import numpy as np, keras
import seqkit, seqkit.layers, seqkit.models, seqkit.training
model = keras.Sequential([seqkit.layers.MUT1(4, zoneout=0.1), keras.layers.Dense(1)])
model.compile("sgd", "mse")
model.fit(np.ones((4, 5, 3), "float32"), np.ones((4, 1)), verbose=0)
assert model.predict(np.ones((2, 5, 3), "float32"), verbose=0).shape == (2, 1)
assert keras.backend.backend() == "jax"
assert not [name for name in sys.modules if name.startswith("tensorflow.")]
try:
    import seqkit.data
except ModuleNotFoundError as error:
    print(error)
"""
    assert "tensorflow" in python(code, KERAS_BACKEND="jax")


# --- who may import whom: architecture -------------------------------------------

# A package imports only from its left. A search knows decoders, not models, which ask it.
ORDER = ["data", "layers", "decoding", "models", "training", "export", "recipes"]
# Look at everything, and nothing looks at them.
ONLOOKERS = {"inspect", "cli", "demo", "testing"}
# Importable by all.
GROUND = {"checks", "configured", "files", "_version"}
# Verbs of Keras that reach to the right, each in the function that needs it.
REACHES = {
    ("models/task.py", "training"): "`fit` guards training unless it is told otherwise",
    ("models/task.py", "export"): "`model.export` is where users of Keras look for it",
    ("models/files.py", "training"): "a saved model may hold losses and metrics",
}
TENSORFLOW = ("data/", "export/", "layers/engine_tensorflow.py", "testing/gradients.py")

FILES = sorted([*(ROOT / "seqkit").rglob("*.py"), *(ROOT / "recipes").rglob("*.py")])


def imports(path):
    """(dotted name, whether at import time) of every import in a file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inner = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        for node in ast.walk(function)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            names = [node.module]
            if node.module == "seqkit":
                names = [f"seqkit.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            yield name, id(node) not in inner


def place(path):
    """A file's package, and its path as the tables above name it."""
    relative = path.relative_to(ROOT)
    if relative.parts[0] == "recipes":
        return "recipes", str(relative)
    inside = relative.relative_to("seqkit")
    return inside.parts[0].removesuffix(".py"), str(inside)


def reaches():
    """(file, package, at import time) of every import that goes to the right."""
    for path in FILES:
        own, name = place(path)
        if own in ONLOOKERS | {"__init__"}:
            continue
        for imported, at_import in imports(path):
            parts = imported.split(".")
            if parts[0] == "recipes":
                other = "recipes"
            elif parts[0] == "seqkit":
                other = parts[1] if len(parts) > 1 else None
            else:
                continue
            if other in GROUND or other == own:
                continue
            left = ORDER[: ORDER.index(own)] if own in ORDER else []
            if other not in left:
                yield name, other, at_import


def test_every_package_has_its_place():
    places = {place(path)[0] for path in FILES}
    assert places - {"__init__"} <= {*ORDER, *ONLOOKERS, *GROUND}


def test_imports_go_to_the_left():
    found = set(reaches())
    for name, other, at_import in sorted(found, key=str):
        assert not at_import, f"{name} imports {other} from its right"
        assert (name, other) in REACHES, f"{name} imports {other} from its right, in a function"
    assert {(name, other) for name, other, _ in found} == set(REACHES), "no longer needed"


def test_tensorflow_stays_where_it_belongs():
    for path in FILES:
        _, name = place(path)
        if not name.startswith(TENSORFLOW):
            tensorflow = [
                other for other, _ in imports(path) if other.split(".")[0] == "tensorflow"
            ]
            assert not tensorflow, f"{name} imports {tensorflow}"


def test_heavy_libraries_are_imported_in_functions():
    for path in FILES:
        heavy = {name.split(".")[0] for name, at_import in imports(path) if at_import} & HEAVY
        assert not heavy, f"{path} imports {heavy}"


# --- the wheel --------------------------------------------------------------------


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Built from a copy, so that the checkout keeps no traces of it."""
    if not importlib.util.find_spec("build"):
        pytest.skip("`build` is not installed")
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    for name in ("seqkit", "recipes", "tests", "benchmarks"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, source],
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    return built


def test_wheel_holds_seqkit_and_recipes(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    information = f"seqkit-{seqkit.__version__}.dist-info"
    assert {name.split("/")[0] for name in names} == {"seqkit", "recipes", information}
    source = {str(path.relative_to(ROOT)) for path in FILES}
    assert {name for name in names if name.endswith(".py")} == source
    assert f"{information}/licenses/LICENSE" in names


def test_wheel_runs_outside_the_checkout(wheel, tmp_path):
    """Its files alone, found before the checkout's."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    code = "import seqkit, recipes; print(seqkit.__file__, recipes.__file__, seqkit.__version__)"
    out = python(code, cwd=tmp_path, PYTHONPATH=str(tmp_path / "installed"))
    first, second, version = out.split()
    assert pathlib.Path(first) == tmp_path / "installed/seqkit/__init__.py"
    assert pathlib.Path(second) == tmp_path / "installed/recipes/__init__.py"
    assert version == seqkit.__version__


@pytest.mark.slow
def test_wheel_in_an_empty_environment(wheel, tmp_path):
    """Needs a package index: installs all that seqkit needs, and runs the demo."""
    environment = tmp_path / "environment"
    venv.create(environment, with_pip=True)
    executable = environment / "bin/python"
    install = "import runpy, sys; sys.argv[0] = 'pip'; runpy.run_module('pip', run_name='__main__')"
    python(install, "install", "--quiet", wheel, executable=executable, cwd=tmp_path)
    code = "import seqkit, recipes; print(seqkit.__file__)"
    installed = python(code, executable=executable, cwd=tmp_path).strip()
    assert pathlib.Path(installed).is_relative_to(environment)
    out = python(COMMAND, "demo", executable=executable, cwd=tmp_path)
    assert out.count("equal to the model") == 3
