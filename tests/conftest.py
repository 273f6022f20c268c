"""What all tests share: a quiet TensorFlow, the command in this process, Ctrl-C."""

import functools
import os
import pathlib
import signal
import sys

import pytest

# Before any test imports it: its log lines say nothing that a test reads.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


# Files with few tests that take minutes begin first, lest one process wait for another at the end.
LONG = ("test_jax.py", "test_readme.py", "test_elsewhere.py", "test_docstrings.py")


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: item.path.name not in LONG)  # the rest stays in its order


def exit_code(*arguments):
    """Runs the command in this process, so that Keras is imported once for all tests."""
    from seqkit import cli

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["seqkit", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            cli.main()
    return end.value.code


@pytest.fixture(scope="session")
def command():
    """`command("train", ...)`: the exit code."""
    return exit_code


@functools.lru_cache(maxsize=3)
def model_in(path, written):
    from seqkit.models import files

    return files.load(path)


def load(path, **kwargs):
    """`models.load` that gives a file once for all commands, which so compile it once."""
    from seqkit.models import files

    path = pathlib.Path(path)
    if kwargs or not path.is_file():
        return files.load(path, **kwargs)
    return model_in(path.resolve(), path.stat().st_mtime_ns)


@pytest.fixture
def seqkit(monkeypatch, capsys, tmp_path):
    """`seqkit("predict", ..., text="standard input")` in an empty folder: code, output, errors."""
    from seqkit import models

    monkeypatch.setattr(models, "load", load)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")

    def run(*arguments, text=""):
        (tmp_path / "stdin").write_bytes(text.encode())
        with open(tmp_path / "stdin", encoding="utf-8") as stdin:
            monkeypatch.setattr(sys, "stdin", stdin)
            code = exit_code(*arguments)
        out, err = capsys.readouterr()
        return code, out, err

    return run


@pytest.fixture
def press_ctrl_c():
    """A function that does; where tests run in the background, Python would not hear it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield lambda: os.kill(os.getpid(), signal.SIGINT)
    signal.signal(signal.SIGINT, before)
