"""Examples of what reads or writes by attention run as they stand."""

import doctest
import importlib
import re

import keras
import pytest

MODULES = (
    "attention",
    "decoder",
    "decoders",
    "positions",
    "recurrent_decoder",
    "scored_attention",
    "transformer",
    "transformer_block",
)


class Shapes(doctest.OutputChecker):
    """Takes the shape of a TensorFlow tensor for the tuple that it is elsewhere."""

    def check_output(self, want, got, optionflags):
        want, got = (re.sub(r"TensorShape\(\[(.*?)\]\)", r"(\1)", text) for text in (want, got))
        return super().check_output(want, got, optionflags)


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name):
    module = importlib.import_module(f"seqkit.layers.{name}")
    runner = doctest.DocTestRunner(Shapes())
    for test in doctest.DocTestFinder().find(module, extraglobs={"keras": keras}):
        runner.run(test)
    assert runner.failures == 0
