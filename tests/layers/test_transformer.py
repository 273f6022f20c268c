"""The transformer encoder against NumPy and PyTorch, and by name.

Shapes: B batch, T time, D features, N units.
"""

import math

import keras
import numpy as np
import pytest
from keras import ops

from seqkit import layers
from seqkit.layers import encoders
from seqkit.testing.examples import random

B, T, D, N, H = 3, 5, 6, 8, 2
CLOSE = {"rtol": 1e-4, "atol": 1e-5}
MASK = np.array([[1, 1, 1, 1, 1], [1, 1, 0, 0, 0], [0, 1, 0, 1, 1]], bool)


def numpy(tensor):
    return ops.convert_to_numpy(tensor)


def filled(layer, shape):
    layer.build(shape)
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

    def tensor(weight):
        return torch.tensor(numpy(weight.value))

    own, a = theirs.self_attn, block.attention
    pairs = [(own.out_proj, (a.output_kernel, a.output_bias))]
    pairs += [(theirs.linear1, block.inner.weights), (theirs.linear2, block.outer.weights)]
    with torch.no_grad():
        kernels = [tensor(w).T for w in (a.query_kernel, a.key_kernel, a.value_kernel)]
        own.in_proj_weight.copy_(torch.cat(kernels))
        biases = [tensor(w) for w in (a.query_bias, a.key_bias, a.value_bias)]
        own.in_proj_bias.copy_(torch.cat(biases))
        for module, (kernel, bias) in pairs:
            module.weight.copy_(tensor(kernel).T)
            module.bias.copy_(tensor(bias))
        for module, norms in zip((theirs.norm1, theirs.norm2), block.norms, strict=True):
            module.weight.copy_(tensor(norms.weights[0]))
            module.bias.copy_(tensor(norms.weights[1]))
    x = random(B, T, N)
    padding = torch.tensor(~MASK) if masked else None
    # With gradients on: torch's fast path at inference is another program.
    expected = theirs(torch.tensor(x), src_key_padding_mask=padding).detach().numpy()
    output = numpy(block(x, mask=MASK if masked else None))
    valid = MASK if masked else np.ones_like(MASK)
    np.testing.assert_allclose(output[valid], expected[valid], **CLOSE)
    assert not output[~valid].any()


@pytest.mark.parametrize("norm", BLOCKS)
def test_encoder_is_entry_positions_blocks_and_norm(norm):
    encoder = filled(
        layers.TransformerEncoder(N, layers=2, heads=H, norm=norm, positions="sinusoidal"),
        (B, T, D),
    )
    x = encoder.positions(encoder.entry(random(B, T, D)))
    for block in encoder.blocks:
        x = block(x)
    x = x if norm == "post" else encoder.last(x)
    assert (encoder.last is None) == (norm == "post")
    np.testing.assert_allclose(numpy(encoder(random(B, T, D))), numpy(x), **CLOSE)
    same = filled(layers.TransformerEncoder(N, heads=H), (B, T, N))
    assert same.entry is None


def test_steps_that_are_not_read_change_nothing():
    encoder = filled(layers.TransformerEncoder(N, heads=H, causal=True), (B, T, D))
    x = random(B, T, D)
    before = numpy(encoder(x))
    x[:, 3:] += 1
    after = numpy(encoder(x))
    np.testing.assert_allclose(after[:, :3], before[:, :3], atol=1e-6)
    assert np.abs(after[:, 3:] - before[:, 3:]).max() > 0.01


def test_dropout_only_in_training_seeded_and_new_at_each_call():
    x = random(B, T, D)

    def make(seed):
        return filled(layers.TransformerEncoder(N, heads=H, dropout=0.5, seed=seed), x.shape)

    one, two, other = make(1), make(1), make(2)
    first, again = numpy(one(x, training=True)), numpy(one(x, training=True))
    assert np.abs(first - again).max() > 1e-3
    np.testing.assert_array_equal(first, numpy(two(x, training=True)))
    assert np.abs(first - numpy(other(x, training=True))).max() > 1e-3
    np.testing.assert_array_equal(numpy(one(x)), numpy(other(x)))


def test_trains():
    """Which of two marks stood last, of any number of steps: read off a step that saw it."""
    rng = np.random.default_rng(0)
    ids = rng.integers(1, 3, (256, 12)) * (np.arange(12) < rng.integers(1, 13, 256)[:, None])
    last = np.array([row[row > 0][-1] for row in ids])
    keras.utils.set_random_seed(1)
    model = keras.Sequential([
        keras.layers.Embedding(3, 16, mask_zero=True),
        layers.TransformerEncoder(16, layers=1, heads=2),
        layers.Pooling("last"),
        keras.layers.Dense(3),
    ])  # fmt: skip
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    jit = keras.backend.backend() == "jax"  # elsewhere the compiler takes longer than training
    model.compile(keras.optimizers.Adam(0.01), loss, metrics=["accuracy"], jit_compile=jit)
    model.fit(ids, last, epochs=8, verbose=0)
    assert model.evaluate(ids, last, verbose=0)[1] > 0.98


def test_every_option_survives():
    options = dict(
        layers=3, heads=2, feed_forward=5, norm="residual", positions="learned", dropout=0.25,
        scores="cosine", causal=True, seed=3, dtype="mixed_bfloat16",
    )  # fmt: skip
    config = layers.TransformerEncoder(4, activation="relu", **options).get_config()
    again = layers.TransformerEncoder.from_config(config)
    assert again.get_config() == config
    assert again.positions.length == 512
    for name in set(options) - {"positions", "dtype"}:
        assert getattr(again, name) == options[name]
    assert again.activation is keras.activations.relu


def test_encoders_by_name():
    stack = encoders.get(cell="gru", units=4, layers=2, bidirectional=False, zoneout=0.1)
    assert isinstance(stack, layers.Stack)
    assert (stack.units, stack.noise) == ([4, 4], {"zoneout": 0.1})
    transformer = encoders.get("transformer", units=8, layers=3, heads=2, positions="alibi")
    assert (transformer.units, transformer.layers, transformer.heads) == (8, 3, 2)
    assert encoders.get(transformer) is transformer


BAD = {
    "heads": (lambda: layers.TransformerEncoder(8, heads=3), "heads=3, units=8"),
    "units": (lambda: layers.TransformerEncoder(0), "`units` must be a positive int"),
    "layers": (lambda: layers.TransformerEncoder(8, layers=0), "`layers` must be"),
    "norm": (lambda: layers.TransformerEncoder(8, norm="mid"), "pre, post, residual.*'mid'"),
    "feed forward": (lambda: layers.TransformerBlock(2, feed_forward=0), "`feed_forward` must"),
    "positions": (lambda: layers.TransformerEncoder(8, positions="here"), "'here'"),
    "width": (lambda: layers.TransformerEncoder(6, heads=2)(random(B, T, D)), "even. Received: 3"),
    "length": (
        lambda: layers.TransformerEncoder(
            8, positions=layers.LearnedPositions(3))(random(B, T, D)),
        "at most 3. Received: 5"),
    "encoder": (lambda: encoders.get("transfomer"), "recurrent, transformer.*'transfomer'"),
    "options": (lambda: encoders.get(keras.layers.GRU(3), heads=2), "Received: heads"),
    "recurrent options": (lambda: encoders.get("transformer", zoneout=0.1), "zoneout"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_input(name):
    call, message = BAD[name]
    with pytest.raises(ValueError, match=message):
        call()
