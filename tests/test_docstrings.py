"""Examples in docstrings run as they stand; `tests/data` holds those of its own package."""

import doctest
import importlib
import pkgutil
import re

import keras
import numpy as np
import pytest

import recipes
import seqkit

MODULES = [
    module.name
    for package in (seqkit, recipes)
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + ".")
    if not module.name.startswith(("seqkit.data", "seqkit.cli"))
]
NEEDS = {"engine_jax": "jax", "engine_tensorflow": "tensorflow", "onnx_model": "tf2onnx"}


class Shapes(doctest.OutputChecker):
    """Takes the shape of a TensorFlow tensor for the tuple that it is elsewhere."""

    def check_output(self, want, got, optionflags):
        want, got = (re.sub(r"TensorShape\(\[(.*?)\]\)", r"(\1)", text) for text in (want, got))
        return super().check_output(want, got, optionflags)


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if name.rpartition(".")[2] in NEEDS:
        pytest.importorskip(NEEDS[name.rpartition(".")[2]])
    module = importlib.import_module(name)
    tests = doctest.DocTestFinder().find(module, extraglobs={"keras": keras, "np": np})
    runner = doctest.DocTestRunner(Shapes())
    for test in tests:
        runner.run(test)
    assert runner.failures == 0
