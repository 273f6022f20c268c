"""Multi-head attention against its equation in NumPy, Keras's layer and PyTorch's.

Shapes: B batch, T steps that ask, S steps that are read, D features, M of the memory, H heads.
"""

import keras
import numpy as np
import pytest
from keras import ops

from seqkit import layers
from seqkit.testing.examples import random
from seqkit.testing.gradients import outcome, value_and_gradients

B, T, S, D, M, H = 3, 5, 4, 8, 6, 2
CLOSE = {"rtol": 1e-5, "atol": 1e-5}
MASK = np.array([[1, 1, 1, 1, 1], [1, 1, 0, 0, 0], [0, 1, 0, 1, 1]], bool)
MEMORY_MASK = np.array([[1, 1, 0, 0], [1, 1, 1, 1], [0, 1, 0, 1]], bool)


def numpy(tensor):
    return ops.convert_to_numpy(tensor)


def make(width=D, **options):
    layer = layers.MultiHeadAttention(H, **options)
    layer.build((B, T, D), (B, S, width))
    for k, weight in enumerate(layer.trainable_variables):
        weight.assign(0.5 * random(*weight.shape, seed=k))
    return layer


def by_equation(layer, query, memory, allowed, bias=None):
    """Vaswani et al. 2017, equation 1 and 3.2.2, a loop over rows, heads and steps."""
    w = {v.path.split("/")[-1]: numpy(v.value).astype("float64") for v in layer.variables}
    q, k, v = (
        x @ w[f"{name}_kernel"] + w.get(f"{name}_bias", 0)
        for name, x in (("query", query), ("key", memory), ("value", memory))
    )
    joined, size = np.zeros((*query.shape[:2], D)), D // H
    shares = np.zeros((len(query), H, query.shape[1], memory.shape[1]))
    output = np.zeros_like(joined)
    for b, h, t in np.ndindex(len(query), H, query.shape[1]):
        part, seen = slice(h * size, (h + 1) * size), np.flatnonzero(allowed[b, t])
        if not len(seen):
            continue
        keys = k[b, seen, part]
        if layer.scores == "cosine":
            lengths = np.linalg.norm(keys, axis=-1) * np.linalg.norm(q[b, t, part])
            scores = keys @ q[b, t, part] / lengths / max(np.exp(w["log_tau"][h, 0, 0]), 0.01)
        else:
            scores = keys @ q[b, t, part] / np.sqrt(size)
        scores = np.exp(scores + (0 if bias is None else bias[b, h, t, seen]))
        shares[b, h, t, seen] = scores / scores.sum()
        joined[b, t, part] = shares[b, h, t, seen] @ v[b, seen, part]
    for b, t in zip(*np.nonzero(allowed.any(-1)), strict=True):
        output[b, t] = joined[b, t] @ w["output_kernel"] + w.get("output_bias", 0)
    return output, shares


OPTIONS = {
    "dot": {},
    "cosine": {"scores": "cosine"},
    "no bias": {"use_bias": False},
    "causal": {"causal": True},
    "causal cosine": {"causal": True, "scores": "cosine"},
}


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("cross", [False, True], ids=["self", "cross"])
@pytest.mark.parametrize("name", OPTIONS)
def test_equation(name, cross, masked):
    layer = make(M if cross else D, **OPTIONS[name])
    query, steps = random(B, T, D), S if cross else T
    memory = random(B, S, M, seed=1) if cross else query
    bias = random(B, H, T, steps, seed=2)
    call, allowed = {}, np.ones((B, T, steps), bool)
    if masked:
        call["mask"] = MASK
        read = MEMORY_MASK if cross else MASK
        allowed &= MASK[:, :, None] & read[:, None]
    if cross:
        call |= {"memory": memory, "memory_mask": MEMORY_MASK if masked else None}
    if "causal" in name:
        allowed &= np.arange(steps) <= np.arange(T)[:, None]
    expected, shares = by_equation(layer, query, memory, allowed, bias)
    output, weights = layer(query, bias=bias, return_weights=True, **call)
    np.testing.assert_allclose(numpy(output), expected, **CLOSE)
    np.testing.assert_allclose(numpy(weights), shares, **CLOSE)
    bare = layer(query, bias=bias, **call)
    np.testing.assert_array_equal(numpy(bare), numpy(output))


@pytest.mark.parametrize("cross", [False, True], ids=["self", "cross"])
def test_same_as_keras(cross):
    ours, theirs = make(M if cross else D), keras.layers.MultiHeadAttention(H, D // H)
    query = random(B, T, D)
    memory = random(B, S, M, seed=1) if cross else query
    read = MEMORY_MASK if cross else MASK
    theirs.build(query.shape, memory.shape)
    for weight, own in zip(theirs.weights, ours.weights, strict=True):
        weight.assign(np.reshape(numpy(own.value), weight.shape))
    allowed = np.broadcast_to(read[:, None], (B, T, len(read[0])))
    expected, shares = theirs(query, memory, attention_mask=allowed, return_attention_scores=True)
    output, weights = ours(query, memory, memory_mask=read, return_weights=True)
    np.testing.assert_allclose(numpy(output), numpy(expected), **CLOSE)
    np.testing.assert_allclose(numpy(weights), numpy(shares), **CLOSE)


@pytest.mark.parametrize("cross", [False, True], ids=["self", "cross"])
def test_same_as_torch(cross):
    torch = pytest.importorskip("torch", reason="torch is not installed")
    ours, width = make(M if cross else D), M if cross else D
    more = {"kdim": M, "vdim": M} if cross else {}
    theirs = torch.nn.MultiheadAttention(D, H, batch_first=True, **more).eval()
    w = {v.path.split("/")[-1]: torch.tensor(numpy(v.value)) for v in ours.variables}
    order = ("query", "key", "value")
    with torch.no_grad():
        if cross:
            for name in order:
                getattr(theirs, f"{name[0]}_proj_weight").copy_(w[f"{name}_kernel"].T)
        else:
            theirs.in_proj_weight.copy_(torch.cat([w[f"{n}_kernel"].T for n in order]))
        theirs.in_proj_bias.copy_(torch.cat([w[f"{n}_bias"] for n in order]))
        theirs.out_proj.weight.copy_(w["output_kernel"].T)
        theirs.out_proj.bias.copy_(w["output_bias"])
        query = random(B, T, D)
        memory = random(B, S, width, seed=1) if cross else query
        read = MEMORY_MASK if cross else MASK
        expected, shares = theirs(
            torch.tensor(query),
            *[torch.tensor(memory)] * 2,
            key_padding_mask=torch.tensor(~read),
            average_attn_weights=False,
        )
    output, weights = ours(query, memory, memory_mask=read, return_weights=True)
    np.testing.assert_allclose(numpy(output), expected.numpy(), **CLOSE)
    np.testing.assert_allclose(numpy(weights), shares.numpy(), **CLOSE)


@pytest.mark.parametrize("junk", [np.nan, np.inf])
def test_padding_of_query_and_memory_is_not_read(junk):
    layer, query, memory = make(M), random(B, T, D), random(B, S, M, seed=1)
    memory_mask = MEMORY_MASK & np.array([[True], [True], [False]])  # nothing to read at all

    def run(filler):
        arrays = [
            np.where(mask[:, :, None], x, np.float32(filler))
            for x, mask in ((query, MASK), (memory, memory_mask))
        ]

        def loss(query, memory):
            output = layer(query, memory, mask=MASK, memory_mask=memory_mask)
            return ops.sum(ops.square(output)), output

        (_, output), by_input, by_weight = value_and_gradients(
            loss, arrays, layer.trainable_variables
        )
        return [numpy(output), *by_input, *by_weight]

    clean = run(0)
    for spoilt, expected in zip(run(junk), clean, strict=True):
        np.testing.assert_array_equal(spoilt, expected)
    output, d_query, d_memory, *_ = clean
    assert not output[~MASK].any()
    assert not output[2].any(), "the bias of the output counts as an answer"
    assert not d_query[~MASK].any()
    assert not d_memory[~memory_mask].any()


def test_keys_and_values_made_once_serve_every_step():
    """What a decoder does: one query at a time."""
    layer, query, memory = make(M), random(B, T, D), random(B, S, M, seed=1)
    whole = numpy(layer(query, memory, memory_mask=MEMORY_MASK))
    keys, values = layer.keys_and_values(memory, MEMORY_MASK)
    for t in range(T):
        step = layer.attend(query[:, t : t + 1], keys, values, MEMORY_MASK[:, None, None])
        np.testing.assert_allclose(numpy(step)[:, 0], whole[:, t], **CLOSE)


def test_masks_that_come_with_the_inputs_are_read():
    layer, query, memory = make(M), random(B, T, D), random(B, S, M, seed=1)
    masking = keras.layers.Masking()
    query, memory = query * MASK[:, :, None], memory * MEMORY_MASK[:, :, None]
    expected = layer(query, memory, memory_mask=MEMORY_MASK)
    output = layer(masking(query), masking(memory))
    np.testing.assert_allclose(numpy(output)[MASK], numpy(expected)[MASK], **CLOSE)
    assert output.shape == query.shape


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float16"])
def test_the_softmax_runs_in_float32(policy):
    layer = make(dtype=policy)
    _, weights = layer(random(B, T, D), mask=MASK, return_weights=True)
    assert keras.backend.standardize_dtype(weights.dtype) == "float32"
    np.testing.assert_allclose(numpy(weights).sum(-1)[MASK.nonzero()[0], 0, MASK.nonzero()[1]], 1,
                               atol=1e-6)  # fmt: skip


def test_dropout_only_in_training_and_seeded():
    def draw(seed, **call):
        return numpy(make(dropout=0.5, seed=seed)(random(B, T, D), **call))

    np.testing.assert_array_equal(draw(1, training=True), draw(1, training=True))
    assert np.abs(draw(1, training=True) - draw(2, training=True)).max() > 1e-3
    np.testing.assert_array_equal(draw(1), draw(2))


def test_each_projection_starts_from_a_draw_of_its_own():
    layer = layers.MultiHeadAttention(H)
    layer.build((B, T, D))
    query, key, value = (numpy(w.value) for w in layer.weights[0:6:2])
    assert np.abs(query - key).min() > 0
    assert np.abs(key - value).min() > 0


@pytest.mark.parametrize("compiled", [None, "xla"])
def test_cross_attention_compiled(compiled):
    class Cross:
        def __init__(self, layer):
            self.layer = layer
            self.trainable_variables = layer.trainable_variables

        def __call__(self, x):
            return self.layer(x, random(B, S, M, seed=1), memory_mask=MEMORY_MASK)

    layer = Cross(make(M, scores="cosine"))
    expected = outcome(layer, random(B, T, D))
    for what, value in outcome(layer, random(B, T, D), compiled=compiled).items():
        np.testing.assert_allclose(value, expected[what], **CLOSE, err_msg=what)


BAD = {
    "heads": (lambda: layers.MultiHeadAttention(0), "`heads` must be a positive int"),
    "divisor": (lambda: layers.MultiHeadAttention(3)(random(B, T, D)), "heads=3, width=8"),
    "scores": (lambda: layers.MultiHeadAttention(2, scores="sine"), "dot, cosine.*'sine'"),
    "dropout": (lambda: layers.MultiHeadAttention(2, dropout=1.0), "`dropout` must be a rate"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input(name):
    call, message = BAD[name]
    with pytest.raises(ValueError, match=message):
        call()
