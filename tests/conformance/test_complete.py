"""The table of examples holds everything that can be trained or saved."""

import inspect

import keras
import pytest

import seqkit.data
import seqkit.decoding
import seqkit.layers
import seqkit.models
import seqkit.training
from seqkit.layers import Cell
from seqkit.testing import examples

TABLES = (
    "CELLS",
    "RECURRENT",
    "STACKS",
    "ENCODERS",
    "ATTENTIONS",
    "WRITERS",
    "POOLINGS",
    "CHAINS",
    "LAYERS",
    "LOSSES",
    "METRICS",
    "SCHEDULES",
    "SEARCHES",
    "DATA",
    "MODELS",
    "HEADS",
    "DECODERS",
    "FORECASTERS",
)
# Classes that nobody builds: they are there to be extended.
BASES = {"Cell", "Head", "Positions", "ScoredAttention", "Task", "Tokens"}


@pytest.fixture(scope="module")
def present():
    """The classes of all examples, and of the cells inside their layers."""
    made = [e.make() for table in TABLES for e in getattr(examples, table).values()]
    cells = [layer.cell for layer in made if isinstance(layer, keras.layers.RNN)]
    return {type(thing) for thing in made + cells}


def test_every_registered_class_has_an_example(present):
    registered = {
        value
        for name, value in keras.saving.get_custom_objects().items()
        if name.startswith("seqkit>") and inspect.isclass(value)
    }
    assert len(registered) > 30
    missing = {value.__name__ for value in registered - present} - BASES
    assert not missing, f"add to seqkit/testing/examples.py: {sorted(missing)}"


@pytest.mark.parametrize("package", ["layers", "training", "decoding", "models", "data"])
def test_every_public_part_has_an_example(present, package):
    """What is a Keras layer, loss, metric or model, or has a config of its own."""
    package = getattr(seqkit, package)
    kinds = (keras.layers.Layer, keras.losses.Loss, keras.metrics.Metric)
    public = {name: getattr(package, name) for name in package.__all__}
    parts = {
        value
        for value in public.values()
        if inspect.isclass(value) and (issubclass(value, kinds) or hasattr(value, "get_config"))
    }
    missing = {value.__name__ for value in parts - present} - BASES
    assert not missing, f"add to seqkit/testing/examples.py: {sorted(missing)}"


def test_every_part_is_registered(present):
    for part in present:
        registered = keras.saving.get_registered_name(part)
        assert registered == f"seqkit>{part.__name__}", part


@pytest.mark.parametrize("name", seqkit.layers.CELLS)
def test_every_cell_is_also_a_layer(name):
    """By name through `Recurrent`, and as a layer that the table holds."""
    cell = seqkit.layers.CELLS[name]
    assert issubclass(cell, Cell)
    assert isinstance(seqkit.layers.Recurrent(name, 3).cell, cell)
    layers = [e.make() for e in examples.RECURRENT.values()]
    named = [x for x in layers if type(x.cell) is cell and type(x) is not seqkit.layers.Recurrent]
    assert named
