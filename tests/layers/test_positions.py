"""Positions against their papers.

Shapes: B batch, T time, D features, H heads.
"""

import keras
import numpy as np
import pytest
from keras import ops

from seqkit import layers
from seqkit.layers import positions
from seqkit.layers.attention import turn
from seqkit.testing.examples import random

LEFT = np.array([[0, 0, 1, 1, 1], [1, 0, 1, 0, 1], [0, 0, 0, 0, 0]], bool)


def numpy(tensor):
    return ops.convert_to_numpy(tensor)


@pytest.mark.parametrize("width", [1, 6, 7])
def test_sinusoidal(width):
    """Vaswani et al. 2017, 3.5, entry by entry."""
    x = random(2, 9, width)
    expected = x.astype("float64")
    for pos in range(9):
        for k in range(width):
            angle = pos / 10_000 ** (2 * (k // 2) / width)
            expected[:, pos, k] += np.cos(angle) if k % 2 else np.sin(angle)
    np.testing.assert_allclose(numpy(positions.get("sinusoidal")(x)), expected, atol=1e-5)


def test_learned():
    layer = positions.get("learned", length=5)
    x = random(3, 5, 4)
    moved = numpy(layer(x, mask=LEFT)) - x
    table = numpy(layer.table.value)
    np.testing.assert_allclose(moved[1], table[[0, 0, 1, 1, 2]], atol=1e-6)
    np.testing.assert_allclose(numpy(layer(x)) - x, [table] * 3, atol=1e-6)


def test_learned_positions_end():
    layer = positions.get("learned", length=4)
    with pytest.raises(ValueError, match=r"at most 4. Received: 5.*rotary"):
        layer(random(1, 5, 2))
    model = keras.Sequential([keras.Input((None, 2)), positions.get("learned", length=4)])
    x = random(1, 4, 2)
    np.testing.assert_allclose(model.predict(x, verbose=0), numpy(model(x)), atol=1e-6)


def test_places_count_the_steps_that_the_mask_leaves():
    x = random(3, 5, 2)
    assert numpy(positions.places(x)).tolist() == [[0, 1, 2, 3, 4]]
    seen = numpy(positions.places(x, LEFT))
    assert seen[LEFT].tolist() == [0, 1, 2, 0, 1, 2]


def test_rotary_turns_pairs():
    """Su et al. 2021, equation 34: the rotation matrix of each pair, written out."""
    size, place = 6, 7
    x = random(1, 1, 1, size)
    rotation = positions.get("rotary").rotation(np.array([[place]], "int32"), size)
    expected = np.zeros(size)
    for i in range(size // 2):
        theta = place * 10_000 ** (-2 * i / size)
        matrix = [[np.cos(theta), -np.sin(theta)], [np.sin(theta), np.cos(theta)]]
        expected[[i, i + size // 2]] = matrix @ x[0, 0, 0, [i, i + size // 2]]
    np.testing.assert_allclose(numpy(turn(x, rotation))[0, 0, 0], expected, atol=1e-5)


@pytest.mark.parametrize("shift", [1, 50, 1000])
def test_rotary_scores_depend_on_distance_alone(shift):
    rotary, size = positions.get("rotary"), 8
    query, keys = random(1, 1, 4, size), random(1, 1, 4, size, seed=1)

    def scores(start):
        rotation = rotary.rotation(np.arange(start, start + 4, dtype="int32")[None], size)
        return numpy(ops.matmul(turn(query, rotation), ops.swapaxes(turn(keys, rotation), -1, -2)))

    np.testing.assert_allclose(scores(shift), scores(0), atol=1e-3)
    plain = (query @ np.swapaxes(keys, -1, -2))[0, 0]
    np.testing.assert_allclose(np.diagonal(scores(shift)[0, 0]), np.diagonal(plain), atol=1e-3)
    assert np.abs(scores(0)[0, 0] - plain).max() > 0.1


def test_alibi_slopes_are_those_of_the_paper():
    """Press et al. 2022, section 3: 8 heads 1/2 ... 1/256, 16 heads 1/2^0.5 ... 1/2^8."""
    slopes = positions.AlibiPositions.slopes
    np.testing.assert_allclose(slopes(8), [2.0**-k for k in range(1, 9)])
    np.testing.assert_allclose(slopes(16), [2.0 ** (-k / 2) for k in range(1, 17)])
    np.testing.assert_allclose(slopes(1), [2.0**-8])
    assert len(slopes(12)) == 12
    np.testing.assert_allclose(slopes(12)[:8], slopes(8))
    np.testing.assert_allclose(slopes(12)[8:], slopes(16)[:8:2])


def test_alibi_takes_the_distance():
    places = np.array([[0, 1, 2], [0, 0, 1]], "int32")
    bias = numpy(positions.get("alibi").bias(places, places, 2))
    assert bias.shape == (2, 2, 3, 3)
    distance = np.abs(places[:, :, None] - places[:, None])
    np.testing.assert_allclose(bias[:, 0], -distance / 16)
    np.testing.assert_allclose(bias[:, 1], -distance / 256)


def log_spaced(heads, hidden=3):
    layer = positions.LogSpacedPositions(heads, hidden=hidden)
    layer.build((None, None, 4))
    for k, weight in enumerate(layer.trainable_variables):
        weight.assign(random(*weight.shape, seed=k))
    return layer


def test_log_spaced():
    """Liu et al. 2022, equations 3 and 4, pair by pair."""
    layer, queries = log_spaced(2), np.array([[0, 1, 2], [0, 0, 9]], "int32")
    keys = np.array([[0, 1, 2, 3], [0, 5, 5, 700]], "int32")
    inner, shift, outer = (weight.numpy().astype("float64") for weight in layer.weights)
    seen = numpy(layer.bias(queries, keys, 2))
    assert seen.shape == (2, 2, 3, 4)
    for b, t, s in np.ndindex(2, 3, 4):
        d = float(queries[b, t] - keys[b, s])
        spaced = np.sign(d) * np.log(1 + abs(d))
        expected = np.maximum(spaced * inner[0] + shift, 0) @ outer
        np.testing.assert_allclose(seen[b, :, t, s], expected, rtol=1e-4, atol=1e-5)


def test_log_spaced_grows_with_the_logarithm():
    """Without a shift, 255 is twice as far as 15."""
    layer = log_spaced(2)
    layer.inner_bias.assign(np.zeros(3))
    far, near = (numpy(layer.bias(np.array([[d]]), np.array([[0]]), 2)) for d in (255, 15))
    np.testing.assert_allclose(far, 2 * near, rtol=1e-5)
    assert np.abs(near).min() > 0.1


def test_log_spaced_positions_know_their_heads():
    assert positions.get("log_spaced", heads=6).heads == 6
    assert positions.get("alibi", heads=6).get_config().get("heads") is None
    encoder = layers.TransformerEncoder(8, heads=2, positions="log_spaced")
    assert encoder.positions.heads == 2
    own = positions.LogSpacedPositions(4, hidden=5)
    wrong = layers.TransformerEncoder(8, heads=2, positions=own)
    with pytest.raises(ValueError, match=r"Expected: heads=4. Received: heads=2"):
        wrong(random(1, 3, 8))


@pytest.mark.parametrize("name", positions.POSITIONS)
def test_order_is_seen(name):
    def moved(name):
        encoder = layers.TransformerEncoder(4, layers=1, heads=2, positions=name)
        encoder.build((1, 5, 4))
        for k, weight in enumerate(encoder.trainable_variables):
            weight.assign(0.6 * random(*weight.shape, seed=k))
        x = random(1, 5, 4)
        return np.abs(numpy(encoder(x))[:, ::-1] - numpy(encoder(x[:, ::-1].copy()))).max()

    assert moved(None) < 1e-5
    # What is read both ways alike sees neighbours, and the whole turned round as the same.
    assert moved(name) < 1e-5 if name == "alibi" else moved(name) > 1e-3


@pytest.mark.parametrize("name", positions.POSITIONS)
def test_get(name):
    made = positions.get(name)
    assert positions.get(made) is made
    assert type(positions.get(type(made))) is type(made)
    config = keras.saving.serialize_keras_object(made)
    assert type(positions.get(config)) is type(made)
    assert positions.get(None) is None


BAD = {
    "name": (
        lambda: positions.get("rotatory"),
        ValueError,
        "learned, log_spaced, rotary.*'rotatory'",
    ),
    "kind": (lambda: positions.get(3), TypeError, "Received: positions=3"),
    "class": (lambda: positions.get(keras.layers.Dense), TypeError, "Received: positions="),
    "options": (lambda: positions.get(None, base=3), TypeError, "made already.*base"),
    "length": (lambda: positions.get("learned", length=0), ValueError, "Received: length=0"),
    "heads": (lambda: positions.get("log_spaced", heads=0), ValueError, "Received: heads=0"),
    "hidden": (lambda: positions.get("log_spaced", hidden=-1), ValueError, "Received: hidden=-1"),
    "odd": (lambda: positions.get("rotary").rotation(None, 3), ValueError, "even. Received: 3"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input(name):
    call, kind, message = BAD[name]
    with pytest.raises(kind, match=message):
        call()
