"""What the loop over time refuses, and how it sums.

Shapes: B batch, T time, D features, N units.
"""

import contextlib

import keras
import numpy as np
import pytest

from seqkit import layers
from seqkit.testing.gradients import outcome, value_and_gradients

ON_TENSORFLOW = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="of the loop on TensorFlow"
)


class TwiceCell(layers.Cell):
    """One product that reads two states in a step."""

    inputs, states = "n", "hc"

    def step(self, gates, h, c):
        return self.tanh(gates.n(h) + gates.n(c)), h


def test_a_product_that_reads_two_states_is_refused():
    """Only one would have a gradient."""
    with pytest.raises(ValueError, match="'n' of one product must read one state"):
        layers.Recurrent(TwiceCell(4))(np.ones((2, 3, 5), "float32"))


@pytest.mark.parametrize(
    ("policy", "part"), [("mixed_bfloat16", 0.3), ("mixed_float16", 0.05)], ids=["bf16", "fp16"]
)
@pytest.mark.parametrize("name", ["IndRNN", "PeepholeLSTM", "LSTM"])
def test_gradients_are_summed_over_many_steps(name, policy, part):
    """A sum of equal terms stands still at 256 of them in bfloat16, at 2048 in float16."""
    options = {"layer_norm": True} if name == "LSTM" else {}
    exact, half = (
        getattr(layers, name)(3, seed=1, dtype=d, **options) for d in ("float32", policy)
    )
    # Of a constant input each step would be rounded the same way.
    rng = np.random.default_rng(1)
    x = rng.uniform(0.25, 0.75, (1, 1500, 2)).astype("float32")
    for layer in (exact, half):
        layer.return_sequences = True
        layer.build(x.shape)
    half.set_weights([rng.uniform(0.1, 0.4, w.shape) for w in exact.get_weights()])
    exact.set_weights(half.get_weights())

    def by_weight(layer):
        means = Means(layer)
        found = outcome(means, x, weights=layer.trainable_variables, compiled="graph")
        return [found[f"d weight {k}"] for k in range(len(layer.trainable_variables))]

    pairs = zip(by_weight(half), by_weight(exact), strict=True)
    for weight, (found, wanted) in zip(exact.trainable_variables, pairs, strict=True):
        close = {"rtol": part, "atol": 0.02 * np.abs(wanted).max()}
        np.testing.assert_allclose(found, wanted, **close, err_msg=weight.path)


class Means:
    """The mean of what a layer puts out, in float32."""

    def __init__(self, layer):
        self.layer = layer

    def __call__(self, x, **call):
        output = self.layer(keras.ops.cast(x, self.layer.compute_dtype), **call)
        return keras.ops.mean(keras.ops.cast(output, "float32"), axis=(0, 1))


@contextlib.contextmanager
def step_by_step():
    """The loop over time as one of Python, which on TensorFlow it is outside of a graph."""
    if keras.backend.backend() != "jax":
        yield
        return
    import jax

    with jax.disable_jit():
        yield


@pytest.mark.parametrize("training", [False, True])
def test_right_padding_costs_no_step(training, monkeypatch):
    steps, step = [], layers.LSTMCell.step
    layer, x = layers.LSTM(3), np.ones((2, 50, 4), "float32")
    layer.build(x.shape)
    monkeypatch.setattr(layers.LSTMCell, "step", lambda *given: steps.append(1) or step(*given))
    mask = np.arange(50) < np.array([[5], [3]])
    with step_by_step():
        layer(x, mask=mask, training=training)
        assert len(steps) == 5
        value_and_gradients(lambda x: keras.ops.sum(layer(x, mask=mask, training=training)), [x])
    # One that no gradient was expected of runs again on TensorFlow, to save what backward reads.
    again = 5 if keras.backend.backend() == "tensorflow" and not training else 0
    assert len(steps) == 5 + 5 + again + 5


@pytest.mark.skipif(keras.backend.backend() != "jax", reason="`jax.grad` of `jax.jit`")
@pytest.mark.parametrize("name", ["LSTM", "IndRNN"])
def test_a_compiled_function_may_be_differentiated(name):
    """What is drawn while it is compiled must reach the gradient: it is computed later."""
    import jax

    rates = ("dropout", "recurrent_dropout", "update_dropout", "zoneout", "weight_drop")
    rates += ("cell_dropout",) if name == "LSTM" else ()
    options = {**dict.fromkeys(rates, 0.2), "trainable_initial_state": True, "seed": 1}
    layer = getattr(layers, name)(8, **options)
    x = np.random.default_rng(0).normal(size=(3, 6, 4)).astype("float32")
    mask = np.arange(6) < np.array([[6], [4], [1]])
    layer.build(x.shape)
    weights, rest = (
        [v.value for v in variables]
        for variables in (layer.trainable_variables, layer.non_trainable_variables)
    )

    def loss(weights, x):
        output, _ = layer.stateless_call(weights, rest, x, training=True, mask=mask)
        return (output**2).sum()

    found, wanted = (jax.grad(f, (0, 1))(weights, x) for f in (jax.jit(loss), loss))
    assert all(np.abs(gradient).max() > 0 for gradient in jax.tree.leaves(wanted))
    for mine, other in zip(*map(jax.tree.leaves, (found, wanted)), strict=True):
        np.testing.assert_allclose(mine, other, atol=1e-5)


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


def steepness_on_tensorflow(layer, reader, x, training):
    """The gradient, by the recurrent weights, of the squared gradient by `x`."""
    import tensorflow as tf

    x = tf.constant(x)
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            inner.watch(x)
            loss = tf.reduce_sum(reader(x, training=training) ** 2)
        steepness = tf.reduce_sum(inner.gradient(loss, x) ** 2)
    return outer.gradient(steepness, layer.trainable_weights[1])


def steepness_on_jax(layer, reader, x, training):
    import jax

    weights = [v.value for v in reader.trainable_variables]
    rest = [v.value for v in reader.non_trainable_variables]

    def loss(weights, x):
        return (reader.stateless_call(weights, rest, x, training=training)[0] ** 2).sum()

    return jax.grad(lambda w: (jax.grad(loss, 1)(w, x) ** 2).sum())(weights)[1]


@pytest.mark.parametrize("training", [True, False])
def test_second_derivatives_are_refused(training):
    """A penalty on gradients would be wrong without a word; unrolled it is right."""
    x = np.random.default_rng(0).normal(size=(2, 3, 4)).astype("float32")

    def penalty(layer, reader):
        backend = {"tensorflow": steepness_on_tensorflow, "jax": steepness_on_jax}
        return backend[keras.backend.backend()](layer, reader, x, training)

    looped, unrolled = layers.GRU(5, seed=1), layers.GRU(5, seed=1, unroll=True)
    for layer in (looped, unrolled):
        layer.build(x.shape)
    looped.set_weights(unrolled.get_weights())
    with pytest.raises(NotImplementedError, match=r"no second derivatives.*unroll=True"):
        penalty(looped, looped)
    wanted = penalty(unrolled, unrolled)
    plain = keras.layers.RNN(looped.cell)
    plain.build(x.shape)
    np.testing.assert_allclose(penalty(looped, plain), wanted, rtol=1e-4, atol=1e-6)


class InputGateCell(layers.Cell):
    """A gate that has a recurrent weight, which the step leaves out."""

    inputs, recurrent = "zn", "z n"

    def step(self, gates, h):
        z = self.sigmoid(gates.z())
        return z * h + (1 - z) * self.tanh(gates.n(h))


class HardCell(layers.Cell):
    """A gate that is all or nothing: no gradient comes through its product."""

    inputs = "zn"

    def step(self, gates, h):
        z = keras.ops.stop_gradient(keras.ops.round(self.sigmoid(gates.z(h))))
        return z * h + (1 - z) * self.tanh(gates.n(h))


@pytest.mark.parametrize("cell", [HardCell, InputGateCell])
def test_a_gate_without_a_gradient(cell):
    """As the loop of Keras has it."""
    x = np.random.default_rng(0).normal(size=(3, 6, 4)).astype("float32")
    layer = layers.Recurrent(cell(5))
    layer.build(x.shape)
    plain = keras.layers.RNN(layer.cell)
    plain.build(x.shape)
    found, wanted = (
        outcome(one, x, weights=layer.trainable_variables, compiled="graph")
        for one in (layer, plain)
    )
    for name, value in wanted.items():
        np.testing.assert_allclose(found[name], value, atol=1e-5, err_msg=name)


def test_masks_of_whole_numbers():
    """All but zero counts."""
    x = np.random.default_rng(0).normal(size=(2, 4, 3)).astype("float32")
    mask = np.array([[1, 1, 0, 0], [1, 0, 1, 1]])
    layer = layers.GRU(5, return_sequences=True)
    np.testing.assert_array_equal(layer(x, mask=3 * mask), layer(x, mask=mask.astype(bool)))


@pytest.mark.parametrize("policy", ["float32", "mixed_float16"])
@pytest.mark.parametrize("layer", [layers.GRU, layers.LSTM, layers.Stack])
@pytest.mark.parametrize("also", ["initial_state", "reset"])
def test_a_mask_comes_along_beside_other_tensors(also, layer, policy):
    """Keras hands it on to a layer of one tensor only. The padded row is as the row alone."""
    x = np.random.default_rng(0).normal(size=(2, 4, 3)).astype("float32")
    x[0, 2:] = 0
    cell = ["gru"] if layer is layers.Stack else []
    layer = layer(*cell, 5, dtype=policy, return_sequences=False)

    def ask(x):
        states = [keras.ops.full((len(x), 5), 0.5)] * (2 if isinstance(layer, layers.LSTM) else 1)
        reset = keras.ops.zeros((len(x),), "bool")
        more = {"initial_state": states} if also == "initial_state" else {"reset": reset}
        return np.asarray(layer(keras.layers.Masking(dtype=policy)(x), **more), "float32")

    np.testing.assert_allclose(ask(x)[:1], ask(x[:1, :2]), atol=1e-3)


def test_a_mask_goes_backwards_with_its_outputs():
    """The next layer would read padding in place of words."""
    x = np.random.default_rng(0).normal(size=(2, 5, 3)).astype("float32")
    x[0, 3:] = 0
    first = layers.GRU(4, go_backwards=True, return_sequences=True)
    model = keras.Sequential([keras.Input((None, 3)), keras.layers.Masking(), first, layers.GRU(4)])
    together, alone = model(x), model(x[:1, :3])
    np.testing.assert_allclose(together[:1], alone, atol=1e-6)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="a graph of TensorFlow's")
def test_a_stateful_layer_takes_batches_of_a_size_that_the_graph_does_not_know():
    import tensorflow as tf

    x = np.random.default_rng(0).normal(size=(4, 5, 3)).astype("float32")
    x[1, 3:] = 0
    model = keras.Sequential(
        [
            keras.Input(batch_shape=(2, 5, 3)),
            keras.layers.Masking(),
            layers.GRU(3, stateful=True),
        ]
    )
    model.compile("sgd", "mse")
    model.fit(tf.data.Dataset.from_tensor_slices((x, x[:, 0])).batch(2), shuffle=False, verbose=0)
    answer = np.asarray(model(x[:2]))  # goes on from there
    np.testing.assert_array_equal(answer, np.asarray(model.layers[-1].states[0]))
    model.layers[-1].reset_state()
    assert np.abs(answer - np.asarray(model(x[:2]))).max() > 1e-4


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="a graph of TensorFlow's")
def test_a_stream_of_one_row_may_start_afresh_in_a_graph():
    import tensorflow as tf

    layer = layers.GRU(3, stateful=True, return_sequences=True)
    layer.build((1, 4, 2))
    spec = tf.TensorSpec((None, 4, 2)), tf.TensorSpec((None,), tf.bool)
    graph = tf.function(lambda x, reset: layer(x, reset=reset), input_signature=spec)
    x = np.random.default_rng(0).normal(size=(1, 4, 2)).astype("float32")
    first, on, afresh = (graph(x, np.array([reset])).numpy() for reset in (True, False, True))
    np.testing.assert_allclose(first, afresh, atol=1e-6)
    assert np.abs(first - on).max() > 1e-3


def test_a_stateful_layer_refuses_another_batch():
    layer = layers.GRU(3, stateful=True)
    layer(np.ones((4, 2, 2), "float32"))
    for batch in (1, 2):
        with pytest.raises(ValueError, match=f"states of 4 rows. Received: a batch of {batch}"):
            layer(np.ones((batch, 2, 2), "float32"))


@ON_TENSORFLOW
def test_unrolling_needs_a_number_of_steps():
    import tensorflow as tf

    layer = layers.GRU(3, unroll=True)
    unknown = tf.function(layer.__call__, input_signature=[tf.TensorSpec((2, None, 2))])
    with pytest.raises(ValueError, match="`unroll=True` needs a known number of steps"):
        unknown.get_concrete_function()


SHAPES = {
    "two axes": ((2, 3), {}, r"\(batch, steps, features\)"),
    "another width": ((2, 3, 5), {}, r"\(batch, steps, 4\). Received: \(2, 3, 5\)"),
    "short mask": ((2, 3, 4), {"mask": np.ones((2, 2), bool)}, r"`mask` of .*\(2, 3\).*\(2, 2\)"),
    "long mask": ((2, 3, 4), {"mask": np.ones((2, 5), bool)}, r"`mask` of .*\(2, 3\).*\(2, 5\)"),
    "narrow state": ((2, 3, 4), {"initial_state": [np.zeros((2, 7))]}, r"`initial_state` of .*7"),
    "rows of a state": ((2, 3, 4), {"initial_state": [np.zeros((1, 8))]}, r"`initial_state` of"),
}


@pytest.mark.parametrize("name", SHAPES)
def test_wrong_shapes(name):
    shape, given, message = SHAPES[name]
    layer = layers.GRU(8)
    if len(shape) == 3:
        layer(np.ones((2, 3, 4), "float32"))
    with pytest.raises(ValueError, match=message):
        layer(np.ones(shape, "float32"), **given)


def cell(**attributes):
    return type("Odd", (layers.Cell,), {"inputs": "zn", **attributes})


ODD = {
    "no such gate": (cell(step=lambda self, gates, h: gates.q(h)), "Odd has no gate 'q'"),
    "two states for one": (
        cell(step=lambda self, gates, h: (h, h)),
        r"1 \(h\). Received: 2",
    ),
    "bias of no gate": (cell(gate_biases={"y": 1.0}), "`gate_biases` names gates"),
    "no step": (cell(), "Odd must define `step"),
}


@pytest.mark.parametrize("name", ODD)
def test_mistakes_in_a_cell_of_ones_own(name):
    odd, message = ODD[name]
    with pytest.raises((ValueError, AttributeError, NotImplementedError), match=message):
        layers.Recurrent(odd, 8)(np.ones((2, 3, 4), "float32"))
