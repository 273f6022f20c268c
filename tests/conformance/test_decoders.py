"""What all that reads a memory promises, and every decoder: masks, steps, gradients, dtypes.

Shapes: B batch, T time, S steps of a memory, R rows, as many for each memory.
"""

import keras
import numpy as np
import pytest
from keras import ops

from seqkit.layers import engine
from seqkit.testing.examples import ATTENTIONS, MASKS, WRITERS, random
from seqkit.testing.gradients import (
    check_gradients,
    has_float64,
    outcome,
    value_and_gradients,
)

ALL = {**ATTENTIONS, **WRITERS}
CLOSE = {"rtol": 1e-5, "atol": 1e-5}
# One of each kind, where a case costs seconds.
SOME = ("AdditiveAttention", "TransformerDecoder learned", "RecurrentDecoder feeding")
# bfloat16 rounds eight times as coarsely as float16, and errors are seven times as large.
POLICIES = {"float16": 0.05, "mixed_bfloat16": 0.3}


def numpy(tensor):
    return ops.convert_to_numpy(tensor)


def arrays(tensors):
    return [numpy(tensor) for tensor in keras.tree.flatten(tensors)]


def seen(name, memory_mask, memory=None, compiled=None):
    """Output, weights and all gradients, by name."""
    layer, (x, own) = ALL[name].build(), ALL[name].arguments
    options = {"return_weights": True, "memory_mask": memory_mask}

    def loss(memory, x):
        results = [r for r in keras.tree.flatten(layer(x, memory, **options)) if r is not None]
        return sum(ops.sum(random(*r.shape, seed=4) * r) for r in results), results

    given = [own if memory is None else memory, x]
    (_, results), by_input, by_weight = value_and_gradients(
        loss, given, layer.trainable_variables, compiled=compiled
    )
    named = {f"result {k}": numpy(result) for k, result in enumerate(results)}
    named |= dict(zip(("d memory", "d x"), by_input, strict=True))
    return {**named, **{f"d weight {k}": d for k, d in enumerate(by_weight)}}


def assert_same(one, other, **close):
    assert one.keys() == other.keys()
    for what in other:
        np.testing.assert_allclose(one[what], other[what], **(close or CLOSE), err_msg=what)


@pytest.mark.parametrize(
    ("name", "mask", "filler"),
    [*((n, "empty rows", np.nan) for n in ALL), *((n, "holes", np.inf) for n in SOME)],
)
def test_what_stands_in_padding_of_the_memory_is_harmless(name, mask, filler):
    mask, memory = MASKS[mask], ALL[name].arguments[1]
    spoilt = seen(name, mask, np.where(mask[:, :, None], memory, np.float32(filler)))
    assert all(np.isfinite(array).all() for array in spoilt.values())
    assert_same(spoilt, seen(name, mask), atol=1e-6)
    assert not spoilt["d memory"][~mask].any()


@pytest.mark.parametrize("name", ALL)
def test_masked_equals_unpadded(name):
    layer, (x, memory), mask = ALL[name].build(), ALL[name].arguments, MASKS["holes"]
    batch = numpy(layer(x, memory, memory_mask=mask))
    for b, valid in enumerate(mask):
        alone = numpy(layer(x[b : b + 1], memory[b : b + 1, valid]))
        np.testing.assert_allclose(batch[b], alone[0], **CLOSE)


@pytest.mark.parametrize("name", ALL)
def test_a_mask_that_comes_with_the_memory_is_read(name):
    layer, (x, memory) = ALL[name].build(), ALL[name].arguments
    memory = np.where(MASKS["holes"][:, :, None], memory, 0)
    expected = numpy(layer(x, memory, memory_mask=MASKS["holes"]))
    np.testing.assert_array_equal(numpy(layer(x, keras.layers.Masking()(memory))), expected)


@pytest.mark.parametrize("name", [*WRITERS, "TransformerBlock memory"])
def test_later_steps_change_nothing_earlier(name):
    layer, (x, memory) = ALL[name].build(), ALL[name].arguments
    before = numpy(layer(x, memory))
    x = x.copy()
    x[:, 2:] += 1
    after = numpy(layer(x, memory))
    np.testing.assert_array_equal(after[:, :2], before[:, :2])
    assert np.abs(after[:, 2:] - before[:, 2:]).max() > 1e-3


@pytest.mark.parametrize("name", WRITERS)
def test_step_by_step(name):
    """Three rows for each memory; room for four steps, then for eight."""
    layer, (_, memory) = WRITERS[name].build(), WRITERS[name].arguments
    x, mask = random(12, 6, 3, seed=5), MASKS["empty rows"]
    whole, weights = layer(
        x,
        np.repeat(memory, 3, axis=0),
        memory_mask=np.repeat(mask, 3, axis=0),
        return_weights=True,
    )
    read, state = layer.begin(memory, mask, rows=3)
    state = layer.grow(state, 4)
    shapes = [tensor.shape for tensor in keras.tree.flatten(read)]
    assert all(shape[0] == 4 for shape in shapes), "what is read is made for each row"
    for t in range(6):
        state = layer.grow(state, 8) if t == 4 else state
        output, state, share = layer.advance(x[:, t], read, state, t, weights=True)
        np.testing.assert_allclose(numpy(output), numpy(whole)[:, t], **CLOSE)
        if weights is not None:
            np.testing.assert_allclose(numpy(share), numpy(weights)[:, t], **CLOSE)
    assert (share is None) == (weights is None) == ("alone" in name)


@pytest.mark.parametrize("name", WRITERS)
def test_rows_that_go_on(name):
    """After three steps row 0 goes on twice, row 1 ends: as if it had been so from the start."""
    layer, (_, memory) = WRITERS[name].build(), WRITERS[name].arguments
    x, rows = random(8, 5, 3, seed=5), np.array([0, 0, 3, 2, 5, 5, 6, 7])
    read, state = layer.begin(memory, rows=2)
    state = layer.grow(state, 5)
    for t in range(3):
        state = layer.step(x[:, t], read, state, t)[1]
    state = layer.reorder(state, rows)
    history = np.concatenate([x[rows, :3], x[:, 3:]], axis=1)
    whole = numpy(layer(history, np.repeat(memory, 2, axis=0)))
    for t in (3, 4):
        output, state = layer.step(x[:, t], read, state, t)
        np.testing.assert_allclose(numpy(output), whole[:, t], **CLOSE)


@pytest.mark.parametrize("name", WRITERS)
def test_a_loop_of_steps_in_one_graph(name):
    """As a search does it: the number of the step is a tensor, and states keep their dtype."""
    layer = WRITERS[name].build(dtype="mixed_float16")
    x, memory = (ops.cast(a, "float16") for a in WRITERS[name].arguments)
    (_, steps, width), units = x.shape, memory.shape[-1]

    def run(x, memory):
        rows = ops.shape(x)[0]
        x = ops.reshape(x, (rows, steps, width))
        memory = ops.reshape(memory, (rows, ops.shape(memory)[1], units))
        read, state = layer.begin(memory)
        state = layer.grow(state, steps)
        output = ops.zeros((rows, layer.compute_output_shape(x.shape)[-1]), "float16")

        def step(at, output, state):
            output, state = layer.step(ops.take(x, at, axis=1), read, state, at)
            return at + 1, output, state

        at = ops.convert_to_tensor(0, "int32")
        return ops.while_loop(lambda at, *_: at < steps, step, (at, output, state))[1]

    found = numpy(engine.compiled(run, layer.variables)(x, memory)).astype("float32")
    expected = numpy(layer(x, memory))[:, -1].astype("float32")
    np.testing.assert_allclose(found, expected, rtol=0.02, atol=0.02)


@pytest.mark.parametrize(
    ("name", "policy"),
    [*((n, "mixed_float16") for n in ALL), *((n, p) for n in SOME for p in POLICIES)],
)
def test_policy(name, policy):
    exact, layer = ALL[name].build(), ALL[name].build(dtype=policy)
    layer.set_weights(exact.get_weights())
    narrow = policy.removeprefix("mixed_")
    memory = np.where(MASKS["holes"][:, :, None], ALL[name].arguments[1], np.float32(np.nan))

    def outcome_of(layer):
        def call(x, **_):
            return layer(x, ops.cast(memory, x.dtype), memory_mask=MASKS["holes"])

        call.trainable_variables = layer.trainable_variables
        return call

    x = ALL[name].arguments[0]
    expected = outcome(outcome_of(exact), x)
    for what, value in outcome(outcome_of(layer), ops.cast(x, narrow)).items():
        if what.startswith("result"):
            assert str(value.dtype) == narrow
        scale = np.abs(expected[what]).max()
        error = np.abs(value.astype("float64") - expected[what]).max()
        # Of small values more than half would be lost, were they all zero.
        allowed = min(POLICIES.get(policy, 0.05) * max(1.0, scale), 0.6 * scale) + 0.01
        assert error <= allowed, f"{what}: {error} of {scale}"


@pytest.mark.parametrize("name", SOME)
def test_compiled_as_step_by_step(name):
    mask = MASKS["empty rows"]
    assert_same(seen(name, mask, compiled="xla"), seen(name, mask), rtol=1e-4, atol=1e-5)


@pytest.mark.skipif(not has_float64(), reason="this JAX runs without 64 bits")
@pytest.mark.parametrize("name", ALL)
def test_gradient(name):
    """Against finite differences, in float64."""
    layer = ALL[name].build(dtype="float64")
    inputs = [a.astype("float64") for a in ALL[name].arguments]

    def loss(x, memory):
        output = layer(x, memory, memory_mask=MASKS["holes"])
        factor = ops.convert_to_tensor(random(*output.shape, seed=1), "float64")
        return ops.sum(factor * ops.square(output))

    gradients = check_gradients(loss, inputs, layer.trainable_variables)
    assert all(np.abs(d).max() > 0 for d in gradients)


@pytest.mark.parametrize("name", ALL)
def test_no_rows(name):
    layer, (x, memory) = ALL[name].build(), ALL[name].arguments
    assert layer(x[:0], memory[:0]).shape[:2] == (0, x.shape[1])


@pytest.mark.parametrize("name", [*SOME, "TransformerBlock memory", "RecurrentDecoder"])
def test_weights_in_a_functional_model(name):
    layer, given = ALL[name].build(), ALL[name].arguments
    inputs = [keras.Input((None, a.shape[-1])) for a in given]
    results = layer(*inputs, return_weights=True)
    expected = arrays(layer(*given, return_weights=True))
    for symbolic, array in zip(results, expected, strict=True):
        assert len(symbolic.shape) == array.ndim
        assert symbolic.shape[-1] in (None, array.shape[-1])
    for got, array in zip(arrays(keras.Model(inputs, results)(list(given))), expected, strict=True):
        np.testing.assert_allclose(got, array, **CLOSE)
