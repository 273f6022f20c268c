"""Every public name explains itself with an example that runs."""

import doctest
import importlib
import pkgutil
import subprocess
import sys

import pytest

from seqkit import data
from seqkit.data import public_pairs, public_series

MODULES = [module.name for module in pkgutil.walk_packages(data.__path__, "seqkit.data.")]
# Bases nobody builds have no example of their own.
BASES = {"Tokens", "DataError", "Report"}


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name):
    results = doctest.testmod(importlib.import_module(name))
    assert results.failed == 0


def test_every_public_name_has_an_example():
    for name in data.__all__:
        target = getattr(data, name)
        if name not in BASES | {"samples", "schemes", "Batches"}:
            assert "Example:" in target.__doc__, name
            assert ">>>" in target.__doc__, name


def test_the_list_of_names_is_complete_and_sorted():
    assert sorted(data.__all__) == data.__all__
    public = {
        name
        for module in MODULES
        for name in getattr(importlib.import_module(module), "__all__", ())
    }
    # Parts of one another, not of the package's face.
    inner = {"PADDING", "UNKNOWN", "best_boundaries", "canonical", "clean", "source"}
    inner |= {"as_it_is", "graphed", "is_text"}
    inner |= {
        "READERS",
        "file_bytes",
        "file_text",
        "numbered",
        "read_sentences",
        "shortened",
        "COLUMNS",
    }
    inner |= {*data.samples.__all__, *data.schemes.__all__}
    inner |= {
        "Table",
        "audited",
        "ways",
        "FEATURES",
        "features",
        "features_for",
        "ahead",
        "learned",
    }
    inner |= {"times_of", "numbers_of", "filled", "with_gaps_open", "without_duplicates"}
    inner |= {"looked_up", "numbered_words", "opened", "ordered"}
    inner |= {"following", "infer", "offset_of", "positions", "times_from", "seconds", "signatures"}
    inner |= {*public_series.__all__, *public_pairs.__all__}
    inner |= {"PairBatches", "Plan", "as_text", "combining", "compose", "find", "pair_buckets"}
    assert public - inner <= set(data.__all__)


def test_importing_the_package_brings_no_library_that_only_some_need():
    # Keras itself brings some of them where they are installed.
    code = (
        "import sys, keras, tensorflow as tf; tf.data.Dataset, tf.strings; before = {*sys.modules};"
        "import seqkit.data;"
        "some = {'pandas', 'sklearn', 'matplotlib', 'keras_hub', 'tokenizers'};"
        "print(*(some & ({*sys.modules} - before)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr
