"""The block of a transformer against NumPy and PyTorch.

Shapes: B batch, T time, S steps of a memory, N units, M features of the memory.
"""

import math

import numpy as np
import pytest
from keras import ops

from seqkit import layers
from seqkit.testing.examples import random

B, T, S, N, M, H = 3, 5, 4, 8, 6, 2
CLOSE = {"rtol": 1e-4, "atol": 1e-5}
MASK = np.array([[1, 1, 1, 1, 1], [1, 1, 0, 0, 0], [0, 1, 0, 1, 1]], bool)
RIGHT = np.array([[1, 1, 1, 1, 1], [1, 1, 0, 0, 0], [1, 1, 1, 0, 0]], bool)
MEMORY_MASK = np.array([[1, 1, 0, 0], [1, 1, 1, 1], [0, 1, 0, 1]], bool)
SHAPES = ((B, T, N), (B, S, M))
X = random(B, T, N)


def numpy(tensor):
    return ops.convert_to_numpy(tensor)


def filled(layer, *shapes):
    layer.build(*shapes)
    for k, weight in enumerate(layer.trainable_variables):
        weight.assign(0.5 * random(*weight.shape, seed=k))
    return layer


def normed(x, gain, shift):
    centred = x - x.mean(-1, keepdims=True)
    return gain * centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-5) + shift


ACTIVATIONS = {
    "relu": lambda x: np.maximum(x, 0),
    "gelu": lambda x: x * 0.5 * (1 + np.vectorize(math.erf)(x / math.sqrt(2))),
}
BLOCKS = {
    "pre": lambda x, part, norm: x + part(norm(x)),
    "post": lambda x, part, norm: norm(x + part(x)),
    "residual": lambda x, part, norm: x + norm(part(x)),
}


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("norm", BLOCKS)
def test_block_equation(norm, activation):
    """The three orders of norm, shortcut and part, each as its paper has it."""
    block = filled(layers.TransformerBlock(H, norm=norm, activation=activation), (B, T, N))
    first, second = ([numpy(w.value) for w in one.weights] for one in block.norms)
    inner, outer = ([numpy(w.value) for w in one.weights] for one in (block.inner, block.outer))

    def attention(x):
        return numpy(block.attention(x.astype("float32")))

    def feed_forward(x):
        return ACTIVATIONS[activation](x @ inner[0] + inner[1]) @ outer[0] + outer[1]

    x = random(B, T, N)
    expected = BLOCKS[norm](x, attention, lambda x: normed(x, *first))
    expected = BLOCKS[norm](expected, feed_forward, lambda x: normed(x, *second))
    np.testing.assert_allclose(numpy(block(x)), expected, **CLOSE)


def to_torch(torch, theirs, block):
    """The weights of a block in a `TransformerEncoderLayer` or `TransformerDecoderLayer`."""

    def tensor(weight):
        return torch.tensor(numpy(weight.value))

    attentions = [(theirs.self_attn, block.attention)]
    if block.cross:
        attentions.append((theirs.multihead_attn, block.reading))
    pairs = [(theirs.linear1, block.inner.weights), (theirs.linear2, block.outer.weights)]
    with torch.no_grad():
        for own, a in attentions:
            kernels = [tensor(w).T for w in (a.query_kernel, a.key_kernel, a.value_kernel)]
            own.in_proj_weight.copy_(torch.cat(kernels))
            biases = [tensor(w) for w in (a.query_bias, a.key_bias, a.value_bias)]
            own.in_proj_bias.copy_(torch.cat(biases))
            pairs.append((own.out_proj, (a.output_kernel, a.output_bias)))
        for module, (kernel, bias) in pairs:
            module.weight.copy_(tensor(kernel).T)
            module.bias.copy_(tensor(bias))
        for k, norm in enumerate(block.norms, 1):
            module = getattr(theirs, f"norm{k}")
            module.weight.copy_(tensor(norm.weights[0]))
            module.bias.copy_(tensor(norm.weights[1]))


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("activation", ["relu", "gelu"])
@pytest.mark.parametrize("norm", ["pre", "post"])
def test_same_as_torch(norm, activation, masked):
    torch = pytest.importorskip("torch", reason="torch is not installed")
    options = {"norm": norm, "activation": activation, "feed_forward": 12}
    block = filled(layers.TransformerBlock(H, **options), (B, T, N))
    theirs = torch.nn.TransformerEncoderLayer(
        N, H, 12, activation=activation, norm_first=norm == "pre", batch_first=True
    ).eval()

    to_torch(torch, theirs, block)
    x = random(B, T, N)
    padding = torch.tensor(~MASK) if masked else None
    # With gradients on: torch's fast path at inference is another program.
    expected = theirs(torch.tensor(x), src_key_padding_mask=padding).detach().numpy()
    output = numpy(block(x, mask=MASK if masked else None))
    valid = MASK if masked else np.ones_like(MASK)
    np.testing.assert_allclose(output[valid], expected[valid], **CLOSE)
    assert not output[~valid].any()


@pytest.mark.parametrize("norm", BLOCKS)
def test_block_that_reads_a_memory(norm):
    """Self-attention, the memory, the inner net: each with its own norm and shortcut."""
    block = filled(layers.TransformerBlock(H, norm=norm, causal=True, cross=True), *SHAPES)
    norms = [[numpy(w.value) for w in one.weights] for one in block.norms]
    x, memory = random(B, T, N), random(B, S, M, seed=1)
    parts = [
        lambda x: numpy(block.attention(x.astype("float32"))),
        lambda x: numpy(block.reading(x.astype("float32"), memory, memory_mask=MEMORY_MASK)),
        lambda x: numpy(block.outer(block.inner(x.astype("float32")))),
    ]
    expected = x
    for part, weights in zip(parts, norms, strict=True):
        expected = BLOCKS[norm](expected, part, lambda x, w=weights: normed(x, *w))
    np.testing.assert_allclose(numpy(block(x, memory, memory_mask=MEMORY_MASK)), expected, **CLOSE)


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("norm", ["pre", "post"])
def test_same_as_torch_with_a_memory(norm, masked):
    torch = pytest.importorskip("torch", reason="torch is not installed")
    options = {"norm": norm, "activation": "relu", "feed_forward": 12}
    block = layers.TransformerBlock(H, causal=True, cross=True, **options)
    block = filled(block, (B, T, N), (B, S, N))
    theirs = torch.nn.TransformerDecoderLayer(
        N, H, 12, activation="relu", norm_first=norm == "pre", batch_first=True
    ).eval()
    to_torch(torch, theirs, block)
    x, memory = random(B, T, N), random(B, S, N, seed=1)
    padding = {"tgt_key_padding_mask": torch.tensor(~RIGHT)} if masked else {}
    padding |= {"memory_key_padding_mask": torch.tensor(~MEMORY_MASK)} if masked else {}
    later = torch.ones(T, T, dtype=torch.bool).triu(1)
    expected = theirs(torch.tensor(x), torch.tensor(memory), tgt_mask=later, **padding)
    masks = {"mask": RIGHT, "memory_mask": MEMORY_MASK} if masked else {}
    output, weights = (numpy(o) for o in block(x, memory, return_weights=True, **masks))
    valid = RIGHT if masked else np.ones_like(RIGHT)
    np.testing.assert_allclose(output[valid], expected.detach().numpy()[valid], **CLOSE)
    assert not output[~valid].any()
    np.testing.assert_allclose(weights[valid].sum(-1), 1, rtol=1e-5)
    assert not masked or not weights[np.broadcast_to(~MEMORY_MASK[:, None], (B, T, S))].any()


def test_weights_are_the_mean_over_the_heads():
    block = filled(layers.TransformerBlock(H, norm="post", cross=True), *SHAPES)
    x, memory = random(B, T, N), random(B, S, M, seed=1)
    after = block.norms[0](x + block.attention(x))
    heads = block.reading(after, memory, return_weights=True)[1]
    weights = block(x, memory, return_weights=True)[1]
    np.testing.assert_allclose(numpy(weights), numpy(heads).mean(axis=1), **CLOSE)


def test_each_part_draws_noise_of_its_own():
    stack = layers.TransformerDecoder(N, layers=2, heads=H, dropout=0.1, seed=3)
    parts = [part for block in stack.blocks for part in (*block.drops, block.attention.drop)]
    parts += [block.reading.drop for block in stack.blocks]
    assert len({part.seed for part in parts}) == 12


BAD = {
    "feed forward": (lambda: layers.TransformerBlock(2, feed_forward=0), "`feed_forward` must"),
    "norm": (lambda: layers.TransformerBlock(2, norm="mid"), "pre, post, residual.*'mid'"),
    "no memory": (lambda: layers.TransformerBlock(2, cross=True)(X), "needs a `memory`.*None"),
    "a memory": (lambda: layers.TransformerBlock(2)(X, X), r"reads no `memory`.*\(3, 5, 8\)"),
    "weights": (lambda: layers.TransformerBlock(2)(X, return_weights=True), "reads none"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input(name):
    call, message = BAD[name]
    with pytest.raises(ValueError, match=message):
        call()
