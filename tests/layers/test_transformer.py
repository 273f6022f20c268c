"""Transformers: what they are made of, step by step, and by name.

Shapes: B batch, T time, D features, N units.
"""

import keras
import numpy as np
import pytest
from keras import ops

from seqkit import layers
from seqkit.layers import encoders
from seqkit.testing.examples import random

B, T, D, N, H = 3, 5, 6, 8, 2
CLOSE = {"rtol": 1e-4, "atol": 1e-5}
MEMORY = random(B, 4, 7, seed=1)
MEMORY_MASK = np.array([[1, 1, 0, 0], [1, 1, 1, 1], [0, 0, 0, 0]], bool)
MASK = np.array([[1, 1, 1, 1, 1], [1, 1, 0, 0, 0], [0, 1, 0, 1, 1]], bool)


def numpy(tensor):
    return ops.convert_to_numpy(tensor)


def filled(layer, *shapes):
    layer.build(*shapes)
    for k, weight in enumerate(layer.trainable_variables):
        weight.assign(0.5 * random(*weight.shape, seed=k))
    return layer


NORMS = ("pre", "post", "residual")


@pytest.mark.parametrize("norm", NORMS)
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


@pytest.mark.parametrize("norm", NORMS)
def test_decoder_is_entry_positions_blocks_and_norm(norm):
    options = {"layers": 2, "heads": H, "norm": norm, "positions": "sinusoidal"}
    decoder = filled(layers.TransformerDecoder(N, **options), (B, T, D), MEMORY.shape)
    x = decoder.positions(decoder.entry(random(B, T, D)))
    x = decoder.blocks[0](x, MEMORY, memory_mask=MEMORY_MASK)
    x, seen = decoder.blocks[1](x, MEMORY, memory_mask=MEMORY_MASK, return_weights=True)
    x = x if norm == "post" else decoder.last(x)
    call = {"memory_mask": MEMORY_MASK, "return_weights": True}
    output, weights = decoder(random(B, T, D), MEMORY, **call)
    np.testing.assert_allclose(numpy(output), numpy(x), **CLOSE)
    np.testing.assert_allclose(numpy(weights), numpy(seen), **CLOSE)


# Each norm and each kind of positions, by `-m slow` each with each.
PLACED = [
    pytest.param(norm, positions, marks=() if k % len(NORMS) == n else pytest.mark.slow)
    for n, norm in enumerate(NORMS)
    for k, positions in enumerate([None, *layers.positions.POSITIONS])
]


@pytest.mark.parametrize(("norm", "positions"), PLACED)
def test_step_by_step(norm, positions):
    """With room for 4 steps and then for 8, two rows to a memory."""
    decoder = filled(
        layers.TransformerDecoder(N, heads=H, norm=norm, positions=positions),
        (B, T, D),
        MEMORY.shape,
    )
    x, twice = random(2 * B, 6, D, seed=2), np.repeat(MEMORY, 2, axis=0)
    whole = numpy(decoder(x, twice, memory_mask=np.repeat(MEMORY_MASK, 2, axis=0)))
    read, state = decoder.begin(MEMORY, MEMORY_MASK, rows=2)
    state = decoder.grow(state, 4)
    for t in range(6):
        state = decoder.grow(state, 8) if t == 4 else state
        output, state = decoder.step(x[:, t], read, state, t)
        np.testing.assert_allclose(numpy(output), whole[:, t], **CLOSE)


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


def test_every_option_of_a_decoder_survives():
    options = dict(
        layers=3, heads=2, feed_forward=5, norm="residual", positions="alibi", dropout=0.25,
        scores="cosine", seed=3, dtype="mixed_bfloat16",
    )  # fmt: skip
    config = layers.TransformerDecoder(4, activation="relu", **options).get_config()
    again = layers.TransformerDecoder.from_config(config)
    assert again.get_config() == config
    assert all(block.causal and block.cross for block in again.blocks)
    for name in set(options) - {"positions", "dtype"}:
        assert getattr(again, name) == options[name]


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
