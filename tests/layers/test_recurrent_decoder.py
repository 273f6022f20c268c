"""The recurrent decoder against Keras's cells and NumPy, step by step, and its options.

Shapes: B batch, T time, S steps of a memory, D input features, N units, M of the memory.
"""

import keras
import numpy as np
import pytest
from keras import ops

from seqkit import layers
from seqkit.layers import AdditiveAttention, decoders
from seqkit.testing.examples import random

B, T, S, D, N, M = 3, 6, 5, 4, 8, 6
CLOSE = {"rtol": 1e-4, "atol": 1e-5}
MASK = np.array([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1], [0, 1, 0, 1, 1]], bool)
X, MEMORY = random(B, T, D), random(B, S, M, seed=1)


def numpy(tensor):
    return ops.convert_to_numpy(tensor)


def make(cell="lstm", states=None, width=M, **options):
    decoder = layers.RecurrentDecoder(cell, N, **options)
    decoder.build((B, T, D), (B, S, width), states)
    for k, weight in enumerate(decoder.trainable_variables):
        weight.assign(0.5 * random(*weight.shape, seed=k))
    return decoder


def arrays(layer):
    return [numpy(weight.value) for weight in layer.weights]


@pytest.mark.parametrize("feeding", [False, True])
@pytest.mark.parametrize("attention", ["additive", "general", "cosine"])
@pytest.mark.parametrize("cell", ["lstm", "gru_reset_after"])
def test_equation(cell, attention, feeding):
    """Luong et al. 2015, section 3: Keras's cell, the attention and `W` by hand."""
    decoder = make(cell, attention=attention, input_feeding=feeding)
    theirs = (keras.layers.LSTMCell if cell == "lstm" else keras.layers.GRUCell)(N)
    theirs.build((B, D + (N if feeding else 0)))
    (layer,) = decoder.stack.recurrent[0]
    theirs.set_weights(arrays(layer.cell))
    clean = np.where(MASK[:, :, None], MEMORY, 0)
    mean = clean.sum(axis=1) / MASK.sum(axis=1, keepdims=True)
    states = []
    for letter, bridge in zip(layer.cell.states, decoder.bridges, strict=True):
        kernel, bias = arrays(bridge)
        states.append(mean @ kernel + bias if letter == "c" else np.tanh(mean @ kernel + bias))
    fed, outputs, weights = np.zeros((B, N), "float32"), [], []
    kernel, bias = arrays(decoder.combine)
    for t in range(T):
        x = np.concatenate([X[:, t], fed], axis=-1) if feeding else X[:, t]
        h, states = theirs(x, states)
        query = numpy(h)[:, None]
        context, share = decoder.attention(query, MEMORY, memory_mask=MASK, return_weights=True)
        fed = np.tanh(np.concatenate([numpy(context)[:, 0], numpy(h)], -1) @ kernel + bias)
        outputs.append(fed)
        weights.append(numpy(share)[:, 0])
    got = decoder(X, MEMORY, memory_mask=MASK, return_weights=True)
    np.testing.assert_allclose(numpy(got[0]), np.stack(outputs, 1), **CLOSE)
    np.testing.assert_allclose(numpy(got[1]), np.stack(weights, 1), **CLOSE)


def test_without_attention_it_is_the_recurrent_layer():
    """Sutskever et al. 2014: from the encoder's states as they are."""
    decoder = make("lstm", states=[(B, N), (B, N)], attention=None)
    theirs = keras.layers.LSTM(N, return_sequences=True)
    theirs.build((B, T, D))
    theirs.set_weights(arrays(decoder.stack.recurrent[0][0].cell))
    states = [random(B, N, seed=k) for k in (2, 3)]
    expected = theirs(X, initial_state=states)
    output, weights = decoder(X, MEMORY, states=states, return_weights=True)
    np.testing.assert_allclose(numpy(output), numpy(expected), **CLOSE)
    assert weights is None
    assert not decoder.bridges


# What an encoder ended in, and what becomes of it in an LSTM of two layers.
STARTS = {
    "as they are": [N] * 4,
    "another width": [3] * 4,
    "fewer": [N, N],
    "both ways": [N] * 8,
}


@pytest.mark.parametrize("name", STARTS)
def test_start(name):
    sizes = STARTS[name]
    decoder = make("lstm", layers=2, states=[(B, size) for size in sizes])
    states = [random(B, size, seed=k) for k, size in enumerate(sizes)]
    first = decoder.begin(MEMORY, MASK, states=states)[1][0]
    if name == "as they are":
        expected = states
    else:
        joined = np.concatenate(states, axis=-1)
        weights = map(arrays, decoder.bridges)
        expected = [joined @ kernel + bias for kernel, bias in weights]
        expected[::2] = [np.tanh(h) for h in expected[::2]]  # a cell state has no bounds
    for state, other in zip(first, expected, strict=True):
        np.testing.assert_allclose(numpy(state), other, **CLOSE)


CASES = {
    "lstm": {},
    "gru": {"cell": "gru", "attention": "dot", "width": N},
    "gru feeding": {"cell": "gru", "attention": "general", "input_feeding": True},
    "mut1 two layers": {"cell": "mut1", "layers": 2, "attention": "cosine"},
    "elman two layers feeding": {"cell": "elman", "layers": 2, "input_feeding": True},
    "peephole residual": {"cell": "peephole_lstm", "layers": 3, "residual": True},
    "coupled residual feeding": {
        "cell": "coupled_lstm", "layers": 2, "residual": True, "input_feeding": True,
    },
    "mgu skip": {"cell": "mgu", "layers": 2, "skip": True},
    "ugrnn skip feeding": {"cell": "ugrnn", "layers": 2, "skip": True, "input_feeding": True},
    "indrnn": {"cell": "indrnn", "attention": None},
    "irnn": {"cell": "irnn"},
    "leaky": {"cell": "leaky", "attention": "dot", "width": N},
    "lstm 1997 feeding": {"cell": "lstm_1997", "input_feeding": True},
    "mut2": {"cell": "mut2", "layers": 2},
    "mut3 feeding": {"cell": "mut3", "attention": "general", "input_feeding": True},
    "jordan": {"cell": "jordan", "outputs": 3, "attention": None},
    "jordan feeding": {"cell": "jordan", "outputs": 3, "layers": 2, "input_feeding": True},
    "projected": {"cell": "projected_lstm", "projection": 3},
    "projected alone": {"cell": "projected_lstm", "projection": 3, "attention": None, "layers": 2},
    "zoneout": {"zoneout": (0.1, 0.3)},
    "zoneout alone": {"cell": "gru", "zoneout": 0.2, "attention": None, "layers": 2},
    "cell dropout": {"cell_dropout": 0.3},
    "layer norm": {"layer_norm": True},
    "layer norm feeding": {"cell": "mut1", "layer_norm": True, "input_feeding": True},
}  # fmt: skip


# States given to every other one, by `-m slow` to all.
GIVEN = [
    pytest.param(name, given, marks=pytest.mark.slow if given and k % 2 else ())
    for k, name in enumerate(CASES)
    for given in (False, True)
]


@pytest.mark.parametrize(("name", "given"), GIVEN)
def test_step_by_step(name, given):
    """Two rows for each memory, as a beam has them; row by row the same as on their own."""
    options = CASES[name]
    sizes = [3, 2] if given else []
    decoder = make(**options, states=[(B, size) for size in sizes] or None)
    states = [random(B, size, seed=k) for k, size in enumerate(sizes)] or None
    memory = random(B, S, options.get("width", M), seed=1)
    x = random(2 * B, T, D, seed=3)
    twice = [np.repeat(a, 2, axis=0) for a in (memory, MASK, *(states or []))]
    call = {"memory_mask": twice[1], "states": twice[2:] or None, "return_weights": True}
    whole, weights = decoder(x, twice[0], **call)
    read, state = decoder.begin(memory, MASK, states=states, rows=2)
    state = decoder.grow(state, T)
    for t in range(T):
        output, state, seen = decoder.advance(x[:, t], read, state, t, weights=True)
        np.testing.assert_allclose(numpy(output), numpy(whole)[:, t], **CLOSE)
        if weights is not None:
            np.testing.assert_allclose(numpy(seen), numpy(weights)[:, t], **CLOSE)
    assert (seen is None) == (options.get("attention", "additive") is None)
    width = decoder.compute_output_shape(x.shape)
    assert tuple(whole.shape) == tuple(width)


def spread(decoder):
    """How far two calls in training lie from one another, and from one without noise."""
    first, second = (numpy(decoder(X, MEMORY, training=True)) for _ in range(2))
    still = numpy(decoder(X, MEMORY))
    return np.abs(first - second).max(), np.abs(first - still).max()


NOISE = {
    "between layers": {"layers": 2, "dropout": 0.5},
    "between layers, feeding": {"layers": 2, "dropout": 0.5, "input_feeding": True},
    "projected, feeding": {
        "cell": "projected_lstm", "projection": 3, "layers": 2, "dropout": 0.5,
        "input_feeding": True,
    },
    "zoneout": {"zoneout": 0.5},
    "input": {"input_dropout": 0.5},
    "attention": {"attention": layers.AdditiveAttention(dropout=0.5)},
}  # fmt: skip


@pytest.mark.parametrize("name", NOISE)
def test_noise_only_in_training(name):
    assert min(spread(make(**NOISE[name]))) > 1e-3


def test_noise_of_feeding_is_seeded():
    def draw(seed):
        decoder = make("irnn", layers=2, dropout=0.5, input_feeding=True, seed=seed)
        return numpy(decoder(X, MEMORY, training=True))

    first = draw(1)
    np.testing.assert_array_equal(first, draw(1))
    assert np.abs(first - draw(2)).max() > 1e-3


def test_every_option_survives():
    options = dict(
        layers=2, attention=layers.AdditiveAttention(3), input_feeding=True, dropout=0.2, seed=3,
        residual=True, skip=True, layer_norm=True, use_bias=False, dtype="mixed_bfloat16",
        kernel_initializer=keras.initializers.HeNormal(),
    )  # fmt: skip
    first = layers.RecurrentDecoder("gru", 4, **options)
    second = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(first))
    assert second.get_config() == first.get_config()
    assert second.attention.units == 3
    assert second.stack.get_config() == first.stack.get_config()
    (layer,) = second.stack.recurrent[1]
    assert layer.cell.layer_norm
    assert not layer.cell.use_bias
    assert second.dtype_policy.name == layer.dtype_policy.name == "mixed_bfloat16"


def test_decoders_by_name():
    decoder = decoders.get(cell="gru", units=4, layers=2, attention="dot", zoneout=0.1)
    assert isinstance(decoder, layers.RecurrentDecoder)
    assert (decoder.units, decoder.layers) == (4, 2)
    assert isinstance(decoder.attention, layers.DotAttention)
    transformer = decoders.get("transformer", units=8, layers=3, heads=2, positions="alibi")
    assert (transformer.units, transformer.layers, transformer.heads) == (8, 3, 2)
    assert decoders.get(transformer) is transformer


BAD = {
    "feeding": (lambda: make(attention=None, input_feeding=True), "Received: attention=None"),
    "noise": (lambda: make(zoneout=0.1, input_feeding=True), "`dropout` alone. Received: zoneout"),
    "input": (lambda: make(input_dropout=0.1, input_feeding=True), "Received: input_dropout"),
    "drawn attention": (
        lambda: make(attention=AdditiveAttention(dropout=0.5), input_feeding=True),
        "an attention without dropout. Received: dropout=0.5",
    ),
    "widths of layers": (
        lambda: layers.RecurrentDecoder("gru", [4, 3], layers=2),
        "`units` must be a positive int",
    ),
    "learned start": (
        lambda: make(trainable_initial_state=True),
        r"states of the encoder.*trainable_initial",
    ),
    "both ways": (lambda: make(bidirectional=True), "Received: bidirectional"),
    "rate": (lambda: make(dropout=1.0), "`dropout` must be a rate"),
    "attention": (lambda: make(attention="self"), "additive, cosine.*'self'"),
    "widths": (lambda: make(attention="dot"), "query 8, memory 6"),
    "layers": (lambda: make(layers=0), "`layers` must be"),
    "states": (
        lambda: make(states=[(B, 3)])(X, MEMORY, states=[random(B, 2)]),
        r"Expected: widths \[3\]. Received: widths \[2\]",
    ),
    "no states": (lambda: make(states=[(B, 3)])(X, MEMORY), r"widths \[3\]. Received: None"),
    "decoder": (lambda: decoders.get("trasnformer"), "recurrent, transformer.*'trasnformer'"),
    "options": (lambda: decoders.get(make(), heads=2), "Received: heads"),
    "not one": (lambda: decoders.get(keras.layers.GRU(3)), "or a seqkit.layers.Decoder"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input(name):
    call, message = BAD[name]
    with pytest.raises(ValueError, match=message):
        call()
