"""What the loop over time refuses, and how it sums.

Shapes: B batch, T time, D features, N units.
"""

import keras
import numpy as np
import pytest

from seqkit import layers
from seqkit.testing.gradients import outcome

ON_TENSORFLOW = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="of the loop on TensorFlow"
)


class TwiceCell(layers.Cell):
    """One product that reads two states in a step."""

    inputs, states = "n", "hc"

    def step(self, gates, h, c):
        return self.tanh(gates.n(h) + gates.n(c)), h


@ON_TENSORFLOW
def test_a_product_that_reads_two_states_is_refused():
    """Only one would have a gradient."""
    with pytest.raises(ValueError, match="'n' of one product must read one state"):
        layers.Recurrent(TwiceCell(4))(np.ones((2, 3, 5), "float32"))


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
@pytest.mark.parametrize("name", ["IndRNN", "PeepholeLSTM"])
def test_gradients_are_summed_over_many_steps(name, policy):
    """In bfloat16 a sum of equal terms stands still at 256 of them."""
    exact, half = (getattr(layers, name)(3, seed=1, dtype=d) for d in ("float32", policy))
    x = np.full((1, 1500, 2), 0.5, "float32")
    for layer in (exact, half):
        layer.return_sequences = True
        layer.build(x.shape)
    half.set_weights([0.3 * np.abs(w) + 0.1 for w in exact.get_weights()])
    exact.set_weights(half.get_weights())

    def by_weight(layer):
        means = Means(layer)
        found = outcome(means, x, weights=layer.trainable_variables, compiled="graph")
        return [found[f"d weight {k}"] for k in range(len(layer.trainable_variables))]

    pairs = zip(by_weight(half), by_weight(exact), strict=True)
    for weight, (found, wanted) in zip(exact.trainable_variables, pairs, strict=True):
        close = {"rtol": 0.1, "atol": 0.02 * np.abs(wanted).max()}
        np.testing.assert_allclose(found, wanted, **close, err_msg=weight.path)


class Means:
    """The mean of what a layer puts out, in float32."""

    def __init__(self, layer):
        self.layer = layer

    def __call__(self, x, **call):
        output = self.layer(keras.ops.cast(x, self.layer.compute_dtype), **call)
        return keras.ops.mean(keras.ops.cast(output, "float32"), axis=(0, 1))


def test_gates_without_a_bound_stop_where_a_row_ends():
    """In padding the state would grow fourfold at each step, to infinity."""
    layer = layers.GRU(1, recurrent_activation="relu")
    layer.build((2, 80, 1))
    bias = np.array([[4.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    layer.set_weights([np.array([[4.0, 0.0, 0.0]]), np.zeros((1, 3)), bias])  # z = relu(4 x + 4)
    x, mask = np.zeros((2, 80, 1), "float32"), np.ones((2, 80), bool)
    x[1], mask[0, 1:] = -1, False
    seen = outcome(layer, x, mask=mask, states=[np.ones((2, 1), "float32")], compiled="graph")
    assert seen["result 0"].tolist() == [[4.0], [0.0]]
    assert all(np.isfinite(array).all() for array in seen.values())
