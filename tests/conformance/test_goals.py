"""Losses and metrics: compiled and in half precision as step by step in float32."""

import keras
import numpy as np
import pytest
from keras import ops

from seqkit.testing.examples import LOSSES, METRICS


def by_xla(function, *arrays):
    if keras.backend.backend() == "jax":
        import jax

        return jax.jit(function)(*arrays)
    import tensorflow as tf

    return tf.function(function, jit_compile=True)(*arrays)


@pytest.mark.parametrize("name", LOSSES)
def test_losses_compiled(name):
    loss, (labels, logits) = LOSSES[name].make(), LOSSES[name].arguments
    expected = float(loss(labels, logits))
    found = by_xla(loss, ops.convert_to_tensor(labels), ops.convert_to_tensor(logits))
    assert float(found) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
@pytest.mark.parametrize("name", LOSSES)
def test_losses_of_half_precision_are_summed_in_float32(name, dtype):
    """As of the same numbers, which half precision holds, in float32."""
    loss, (labels, logits) = LOSSES[name].make(), LOSSES[name].arguments
    half = ops.cast(logits, dtype)
    expected = float(loss(labels, ops.cast(half, "float32")))
    found = loss(labels, half)
    assert keras.backend.standardize_dtype(found.dtype) == "float32"
    assert float(found) == pytest.approx(expected, rel=1e-4)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="metrics hold their state")
@pytest.mark.parametrize("name", METRICS)
def test_metrics_compiled(name):
    import tensorflow as tf

    def told(compiled):
        metric, arguments = METRICS[name].make(), METRICS[name].arguments
        update = tf.function(metric.update_state, jit_compile=True) if compiled else None
        for _ in range(2):
            (update or metric.update_state)(*map(ops.convert_to_tensor, arguments))
        return np.asarray(metric.result(), "float64")

    np.testing.assert_allclose(told(True), told(False), rtol=1e-5)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
@pytest.mark.parametrize("name", METRICS)
def test_metrics_of_half_precision(name, dtype):
    labels, scores = METRICS[name].arguments
    half = ops.cast(scores, dtype)
    results = []
    for given in (half, ops.cast(half, "float32")):
        metric = METRICS[name].make()
        metric.update_state(labels, given)
        results.append(float(metric.result()))
    assert results[0] == pytest.approx(results[1], rel=1e-3)
