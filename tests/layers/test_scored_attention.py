"""Attention of one head against NumPy from the papers, and against Keras's own layers.

Shapes: B batch, T steps that ask, S steps that are read, N width of a query, M of the memory.
"""

import keras
import numpy as np
import pytest
from keras import ops

from seqkit import layers
from seqkit.layers import scored_attention
from seqkit.testing.examples import random
from seqkit.testing.gradients import value_and_gradients

B, T, S, N, M, A = 3, 4, 5, 6, 7, 8
CLOSE = {"rtol": 1e-5, "atol": 1e-5}
MASK = np.array([[1, 1, 0, 0, 0], [1, 1, 1, 1, 1], [0, 1, 0, 1, 0]], bool)
NAMES = list(scored_attention.ATTENTIONS)


def numpy(tensor):
    return ops.convert_to_numpy(tensor)


def width(name):
    return N if name == "dot" else M


def make(name, **options):
    layer = scored_attention.get(name, **options)
    layer.build((B, T, N), (B, S, width(name)))
    for k, weight in enumerate(layer.trainable_variables):
        weight.assign(0.5 * random(*weight.shape, seed=k))
    return layer


def arrays(name):
    return random(B, T, N, seed=7), random(B, S, width(name), seed=8)


# One query `(N,)`, one step of a memory `(M,)`, weights by name -> a number.
SCORES = {
    "additive": lambda q, m, w: (
        w["scale"][:, 0] @ np.tanh(w["query_kernel"].T @ q + w["key_kernel"].T @ m + w["bias"])
    ),
    "dot": lambda q, m, w: q @ m,
    "general": lambda q, m, w: q @ (w["key_kernel"].T @ m),
    "cosine": lambda q, m, w: (
        q
        @ (k := w["key_kernel"].T @ m)
        / (np.linalg.norm(q) * np.linalg.norm(k))
        / max(np.exp(w["log_tau"]), 0.01)
    ),
}


def by_equation(name, layer, query, memory, mask):
    w = {v.path.split("/")[-1]: numpy(v.value).astype("float64") for v in layer.variables}
    context = np.zeros((B, T, memory.shape[-1]))
    weights = np.zeros((B, T, S))
    for b, t in np.ndindex(B, T):
        read = np.flatnonzero(mask[b])
        if len(read):
            scores = [SCORES[name](query[b, t], memory[b, s], w) for s in read]
            shares = np.exp(scores) / np.exp(scores).sum()
            weights[b, t, read], context[b, t] = shares, shares @ memory[b, read]
    return context, weights


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_equation(name, masked):
    layer, (query, memory) = make(name), arrays(name)
    mask = MASK if masked else np.ones_like(MASK)
    expected = by_equation(name, layer, query, memory, mask)
    got = layer(query, memory, memory_mask=mask if masked else None, return_weights=True)
    for mine, theirs in zip(got, expected, strict=True):
        np.testing.assert_allclose(numpy(mine), theirs, **CLOSE)
    bare = numpy(layer(query, memory, memory_mask=mask if masked else None))
    np.testing.assert_array_equal(bare, numpy(got[0]))


# Keras compares query and memory as they are: what we multiply by it is given multiplied.
THEIRS = {
    "additive": (keras.layers.AdditiveAttention, lambda w: w["scale"][:, 0]),
    "dot": (lambda: keras.layers.Attention(use_scale=False), None),
    "general": (lambda: keras.layers.Attention(use_scale=False), None),
}


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("name", THEIRS)
def test_same_as_keras(name, masked):
    layer, (query, memory) = (
        make(name, **({"units": A} if name == "additive" else {})),
        arrays(name),
    )
    w = {v.path.split("/")[-1]: numpy(v.value) for v in layer.variables}
    make_theirs, scale = THEIRS[name]
    theirs = make_theirs()
    asked = query @ w["query_kernel"] if name == "additive" else query
    keys = memory @ w["key_kernel"] if name != "dot" else memory
    keys = keys + w.get("bias", 0)
    masks = [None, MASK] if masked else None
    theirs.build([asked.shape, memory.shape, keys.shape])
    if scale is not None:
        theirs.scale.assign(scale(w))
    expected = theirs([asked, memory, keys], mask=masks, return_attention_scores=True)
    given = MASK if masked else None
    got = layer(query, memory, memory_mask=given, return_weights=True)
    for mine, other in zip(got, expected, strict=True):
        np.testing.assert_allclose(numpy(mine), numpy(other), **CLOSE)


def test_additive_width():
    assert tuple(make("additive").query_kernel.shape) == (N, N)
    assert tuple(make("additive", units=A).key_kernel.shape) == (M, A)


@pytest.mark.parametrize("junk", [np.nan, np.inf])
@pytest.mark.parametrize("name", NAMES)
def test_what_stands_in_padding_is_not_read(name, junk):
    """Values and gradients; in the last row there is nothing to read at all."""
    layer, (query, memory) = make(name), arrays(name)
    mask = MASK & np.array([[True], [True], [False]])

    def run(filler):
        def loss(query, memory):
            context, weights = layer(query, memory, memory_mask=mask, return_weights=True)
            return ops.sum(ops.square(context)) + ops.sum(ops.square(weights)), context

        filled = np.where(mask[:, :, None], memory, np.float32(filler))
        (_, context), by_input, by_weight = value_and_gradients(
            loss, [query, filled], layer.trainable_variables
        )
        return [numpy(context), *by_input, *by_weight]

    clean = run(0)
    for spoilt, expected in zip(run(junk), clean, strict=True):
        np.testing.assert_array_equal(spoilt, expected)
    context, _, d_memory, *d_weights = clean
    assert not context[2].any()
    assert not d_memory[~mask].any()
    assert all(np.abs(d).max() > 0 for d in d_weights)


def test_tau_is_held_above_its_bound():
    layer, (query, memory) = make("cosine"), arrays("cosine")
    layer.log_tau.assign(np.log(0.01))
    bound = numpy(layer(query, memory))
    layer.log_tau.assign(-50.0)
    np.testing.assert_allclose(numpy(layer(query, memory)), bound, **CLOSE)


@pytest.mark.parametrize("name", NAMES)
def test_one_step_to_read_and_none(name):
    layer, (query, memory) = make(name), arrays(name)
    context, weights = layer(query, memory[:, :1], return_weights=True)
    np.testing.assert_array_equal(numpy(weights), np.ones((B, T, 1)))
    np.testing.assert_allclose(numpy(context), np.repeat(memory[:, :1], T, axis=1), **CLOSE)
    assert not numpy(layer(query, memory[:, :0])).any()


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float16"])
@pytest.mark.parametrize("name", NAMES)
def test_the_softmax_runs_in_float32(name, policy):
    query, memory = arrays(name)
    context, weights = make(name, dtype=policy)(query, memory, return_weights=True)
    assert keras.backend.standardize_dtype(context.dtype) == policy.removeprefix("mixed_")
    assert keras.backend.standardize_dtype(weights.dtype) == "float32"
    np.testing.assert_allclose(numpy(weights).sum(-1), 1, atol=1e-6)


def test_dropout_only_in_training_and_seeded():
    def draw(seed, **call):
        return numpy(make("general", dropout=0.5, seed=seed)(*arrays("general"), **call))

    np.testing.assert_array_equal(draw(1, training=True), draw(1, training=True))
    assert np.abs(draw(1, training=True) - draw(2, training=True)).max() > 1e-3
    np.testing.assert_array_equal(draw(1), draw(2))


@pytest.mark.parametrize("name", NAMES)
def test_in_a_functional_model(name):
    query, memory = arrays(name)
    layer = make(name)
    inputs = keras.Input((None, N)), keras.Input((None, width(name)))
    context, weights = layer(*inputs, return_weights=True)
    assert context.shape == (None, None, width(name))
    assert weights.shape == (None, None, None)
    seen = keras.Model(inputs, [context, weights])([query, memory])
    for mine, expected in zip(seen, layer(query, memory, return_weights=True), strict=True):
        np.testing.assert_allclose(numpy(mine), numpy(expected), **CLOSE)


@pytest.mark.parametrize("name", NAMES)
def test_get(name):
    made = scored_attention.get(name, dropout=0.1)
    assert type(made) is scored_attention.ATTENTIONS[name]
    assert scored_attention.get(made) is made
    assert type(scored_attention.get(type(made))) is type(made)
    config = keras.saving.serialize_keras_object(made)
    assert scored_attention.get(config).dropout == 0.1
    assert scored_attention.get(None) is None


BAD = {
    "name": (lambda: scored_attention.get("bahdanau"), ValueError, "additive, cosine.*'bahdanau'"),
    "kind": (lambda: scored_attention.get(3), TypeError, "Received: attention=3"),
    "class": (lambda: scored_attention.get(keras.layers.Dense), TypeError, "Received: attention="),
    "options": (
        lambda: scored_attention.get(layers.DotAttention(), dropout=0.1),
        TypeError,
        "made already.*dropout",
    ),
    "units": (lambda: layers.AdditiveAttention(0), ValueError, "Received: units=0"),
    "rate": (lambda: layers.DotAttention(dropout=1.0), ValueError, "`dropout` must be a rate"),
    "widths": (
        lambda: layers.DotAttention()(random(B, T, N), random(B, S, M)),
        ValueError,
        "query 6, memory 7",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input(name):
    call, kind, message = BAD[name]
    with pytest.raises(kind, match=message):
        call()
