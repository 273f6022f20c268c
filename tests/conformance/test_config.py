"""A config tells all: what is made from it has the same config and the same answers."""

import json

import keras
import numpy as np
import pytest
from keras import ops

from seqkit import layers
from seqkit.testing.examples import (
    ATTENTIONS,
    CELLS,
    CHAINS,
    DATA,
    DECODERS,
    ENCODERS,
    HEADS,
    LAYERS,
    LOSSES,
    METRICS,
    POOLINGS,
    RECURRENT,
    SCHEDULES,
    SEARCHES,
    STACKS,
    WRITERS,
)

LAYERS_OF_ALL_KINDS = {
    **RECURRENT,
    **STACKS,
    **ENCODERS,
    **POOLINGS,
    **CHAINS,
    **LAYERS,
    **ATTENTIONS,
    **WRITERS,
}
ALL = {**CELLS, **LAYERS_OF_ALL_KINDS, **LOSSES, **METRICS, **DATA}
ALL |= {**HEADS, **DECODERS, **SCHEDULES, **SEARCHES}


def again(thing):
    """Through text and back, as a file would do it."""
    config = keras.saving.serialize_keras_object(thing)
    return keras.saving.deserialize_keras_object(json.loads(json.dumps(config)))


@pytest.mark.parametrize("name", ALL)
def test_same_config(name):
    first = ALL[name].make()
    second = again(first)
    assert type(second) is type(first)
    assert json.dumps(second.get_config()) == json.dumps(first.get_config())


# The others, through a file: `test_saving.py`.
SOME = ("Jordan", "LSTM zoneout", "Stack skip", "TransformerEncoder learned", "CRF scheme",
        "AdditiveAttention", "RecurrentDecoder feeding", "WordDropout")  # fmt: skip


@pytest.mark.parametrize("name", SOME)
def test_same_answers(name):
    example = LAYERS_OF_ALL_KINDS[name]
    first = example.build()
    second = again(first)
    if not second.built:
        second.build(*[argument.shape for argument in example.arguments])
    second.set_weights(first.get_weights())
    for a, b in zip(answers(first, example), answers(second, example), strict=True):
        np.testing.assert_array_equal(a, b)


def answers(layer, example):
    return [ops.convert_to_numpy(a) for a in keras.tree.flatten(layer(*example.arguments))]


# Every argument away from its default, on a layer with all of the arguments.
EVERY_OPTION = {
    "return_sequences": True,
    "return_state": True,
    "go_backwards": True,
    "unroll": True,
    "zero_output_for_mask": True,
    "dropout": 0.1,
    "recurrent_dropout": 0.2,
    "update_dropout": 0.3,
    "cell_dropout": 0.15,
    "zoneout": (0.05, 0.25),
    "weight_drop": 0.35,
    "seed": 7,
    "activation": "relu",
    "recurrent_activation": "hard_sigmoid",
    "layer_norm": True,
    "gate_bias": {"f": 2.0},
    "kernel_initializer": "he_normal",
    "recurrent_initializer": "identity",
    "bias_initializer": "ones",
    "kernel_regularizer": keras.regularizers.L2(0.1),
    "recurrent_regularizer": keras.regularizers.L1(0.1),
    "bias_regularizer": keras.regularizers.L2(0.2),
    "activity_regularizer": keras.regularizers.L2(0.3),
    "kernel_constraint": keras.constraints.MaxNorm(1.5),
    "recurrent_constraint": keras.constraints.UnitNorm(),
    "bias_constraint": keras.constraints.NonNeg(),
    "unit_forget_bias": False,
    "name": "mine",
    "trainable": False,
}


@pytest.mark.parametrize("named", [True, False], ids=["LSTM", "Recurrent"])
def test_every_option_survives(named):
    """`use_bias=False` apart, without which there is no `gate_bias`."""
    assert again(layers.LSTM(4, use_bias=False)).cell.use_bias is False
    own = {"trainable_initial_state": True} if named else {"stateful": True}  # either or
    options = {**EVERY_OPTION, **own, "dtype": "mixed_bfloat16"}
    first = layers.LSTM(4, **options) if named else layers.Recurrent("lstm", 4, **options)
    second = again(first)
    assert json.dumps(second.get_config()) == json.dumps(first.get_config())
    for name, value in {**EVERY_OPTION, **own}.items():
        for layer in (first, second):
            owner = layer if hasattr(layer, name) else layer.cell
            assert plain(getattr(owner, name)) == plain(value), name
    for layer in (first, second):
        assert layer.cell.dtype_policy.name == layer.dtype_policy.name == "mixed_bfloat16"


def plain(value):
    """Something to compare: configs for objects, names for functions and policies."""
    if isinstance(value, str):
        for find in (keras.initializers.get, keras.activations.get):
            try:
                return plain(find(value))
            except (ValueError, TypeError):
                continue
        return value
    if hasattr(value, "get_config"):
        return type(value).__name__, json.dumps(value.get_config())
    if callable(value):
        return value.__name__
    return tuple(value) if isinstance(value, list) else value
