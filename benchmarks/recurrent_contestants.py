"""Who takes part in `recurrent.py`: the layers of each framework, ready to be called.

A framework says on which device it runs, in which modes, and makes for a row and a size
`{name: make}`, where `make()` is `{(kind, mode): call}` and a call returns when all is done.
Frameworks are imported where they are used, as no process has use for all of them.

Sizes are B batch, T time, D features, H units.
"""

import os
from functools import partial

import numpy as np

__all__ = ["FRAMEWORKS", "product_shape"]

NOISE = {
    "zoneout": {"zoneout": 0.1},
    "weight_drop": {"weight_drop": 0.3},
    "recurrent_dropout": {"recurrent_dropout": 0.3},
}


def product_shape(size):
    """Rows, columns and terms of a product as large as one for all steps and four gates.

    Short batches are given more rows, as the rate is asked for, not the cost of one call.
    """
    batch, steps, features, units = size
    return max(batch * steps, 3200), 4 * units, features + units


def arrays(size):
    """Inputs `(B, T, D)`, and `(B, T, H)` that weighs the outputs in the loss."""
    batch, steps, features, units = size
    rng = np.random.default_rng(0)
    shapes = (batch, steps, features), (batch, steps, units)
    return tuple(rng.normal(size=shape).astype("float32") for shape in shapes)


def keras_layers(row, units):
    """`{name: layer}`, the one that the others are compared with first."""
    import keras

    from seqkit import layers

    def whole(layer, *args, **options):
        return layer(*args, return_sequences=True, **options)

    if row == "variants":
        variants = {"seqkit": {}, "layer_norm": {"layer_norm": True}, **NOISE}
        return {name: whole(layers.LSTM, units, **options) for name, options in variants.items()}
    if row == "keras_variants":
        dropped, normed = NOISE["recurrent_dropout"], layers.get("lstm", units, layer_norm=True)
        return {
            "keras": whole(keras.layers.LSTM, units),
            "keras recurrent_dropout": whole(keras.layers.LSTM, units, **dropped),
            "RNN layer_norm": whole(keras.layers.RNN, normed),
        }
    if row in ("lstm", "gru"):
        theirs = whole(getattr(keras.layers, row.upper()), units)
        return {"keras": theirs, "seqkit": whole(getattr(layers, row.upper()), units)}
    theirs = whole(keras.layers.RNN, layers.get(row, units))
    return {"keras.layers.RNN": theirs, "seqkit": whole(layers.Recurrent, row, units)}


class TensorFlow:
    """Keras's layers and ours, as a graph and compiled by XLA."""

    modes = ("graph", "XLA")

    def device(self):
        import tensorflow as tf

        found = tf.config.list_physical_devices("GPU")
        if not found:
            return "cpu"
        return tf.config.experimental.get_device_details(found[0])["device_name"]

    def makers(self, row, size):
        layers = keras_layers(row, size[3])
        return {name: partial(self.runs, layer, size) for name, layer in layers.items()}

    def runs(self, layer, size):
        import tensorflow as tf

        x, weighting = map(tf.constant, arrays(size))
        layer.build(x.shape)
        weights = [v.value for v in layer.trainable_weights]

        def step(x):
            with tf.GradientTape() as tape:
                tape.watch(x)
                loss = tf.reduce_sum(layer(x, training=True) * weighting)
            return tape.gradient(loss, [x, *weights])

        def infer(x):
            return layer(x, training=False)

        return {
            (kind, mode): self.compiled(function, x, jit=mode == "XLA")
            for kind, function in (("step", step), ("infer", infer))
            for mode in self.modes
        }

    def compiled(self, function, x, jit):
        import tensorflow as tf

        # One trace, called as it is: nothing is looked up, or traced anew, at a call.
        function = tf.function(function, jit_compile=jit).get_concrete_function(x)

        def run():
            function(x)
            tf.test.experimental.sync_devices()

        return run

    def product(self, rows, columns, terms):
        import tensorflow as tf

        b = tf.ones((terms, columns))
        return self.compiled(lambda a: tf.matmul(a, b), tf.ones((rows, terms)), jit=False)


class Torch:
    """PyTorch's own layers, which are cuDNN's on a GPU."""

    modes = ("eager",)

    def __init__(self):
        import torch

        torch.set_num_threads(os.cpu_count())
        self.place = "cuda" if torch.cuda.is_available() else "cpu"

    def device(self):
        import torch

        return torch.cuda.get_device_name() if self.place == "cuda" else "cpu"

    def makers(self, row, size):
        return {"torch": partial(self.runs, row, size)} if row in ("lstm", "gru") else {}

    def runs(self, row, size):
        import torch

        layer = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[row]
        net = layer(size[2], size[3], batch_first=True).to(self.place)
        x, weighting = (torch.tensor(array, device=self.place) for array in arrays(size))
        x.requires_grad_()

        def step():
            net.zero_grad()
            x.grad = None
            (net(x)[0] * weighting).sum().backward()

        def infer():
            with torch.no_grad():
                net(x)

        return {("step", "eager"): self.synced(step), ("infer", "eager"): self.synced(infer)}

    def synced(self, function):
        import torch

        def run():
            function()
            if self.place == "cuda":
                torch.cuda.synchronize()

        return run

    def product(self, rows, columns, terms):
        import torch

        a, b = (torch.ones(s, device=self.place) for s in ((rows, terms), (terms, columns)))
        return self.synced(lambda: a @ b)


class Jax:
    """A plain `jax.lax.scan`, and Keras's layers and ours on the JAX backend.

    On a GPU Keras's LSTM is cuDNN's there.
    """

    modes = ("jit",)

    def device(self):
        import jax

        return jax.devices()[0].device_kind

    def makers(self, row, size):
        layers = keras_layers(row, size[3])
        makers = {f"{n} on jax": partial(self.keras_runs, made, size) for n, made in layers.items()}
        if row in ("lstm", "gru"):
            makers["jax.lax.scan"] = partial(self.scan_runs, row, size)
        return makers

    def keras_runs(self, layer, size):
        layer.build((size[0], size[1], size[2]))
        weights, rest = (
            [v.value for v in variables]
            for variables in (layer.trainable_variables, layer.non_trainable_variables)
        )

        def forward(x, weights, training):
            return layer.stateless_call(weights, rest, x, training=training)[0]

        return self.runs(forward, weights, size)

    def scan_runs(self, row, size):
        """The cell's equation in a scan, as a tutorial writes it."""
        import jax
        from jax import numpy as jnp

        batch, _, features, units = size
        gates = {"lstm": 4, "gru": 3}[row]
        rng = np.random.default_rng(0)
        shapes = (features, gates * units), (units, gates * units), (gates * units,)
        weights = [jnp.asarray(rng.normal(size=shape) * 0.1, "float32") for shape in shapes]
        cell = {"lstm": lstm, "gru": gru}[row]

        def forward(x, weights, training):
            w, u, b = weights
            start = (jnp.zeros((batch, units)),) * (2 if row == "lstm" else 1)
            z = jnp.swapaxes(x @ w + b, 0, 1)
            _, outputs = jax.lax.scan(lambda states, z: cell(z, u, *states), start, z)
            return jnp.swapaxes(outputs, 0, 1)

        return self.runs(forward, weights, size)

    def runs(self, forward, weights, size):
        import jax

        x, weighting = map(jax.numpy.asarray, arrays(size))

        def loss(x, weights):
            return (forward(x, weights, training=True) * weighting).sum()

        step = jax.jit(jax.grad(loss, argnums=(0, 1)))
        infer = jax.jit(partial(forward, training=False))
        return {
            (kind, "jit"): lambda run=run: jax.block_until_ready(run(x, weights))
            for kind, run in (("step", step), ("infer", infer))
        }

    def product(self, rows, columns, terms):
        import jax
        from jax import numpy as jnp

        a, b = jnp.ones((rows, terms)), jnp.ones((terms, columns))
        return lambda: jax.block_until_ready(a @ b)


def lstm(z, u, h, c):
    import jax

    i, f, g, o = jax.numpy.split(z + h @ u, 4, axis=-1)
    c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jax.numpy.tanh(g)
    h = jax.nn.sigmoid(o) * jax.numpy.tanh(c)
    return (h, c), h


def gru(z, u, h):
    import jax

    units = h.shape[-1]
    p = h @ u
    gates = jax.nn.sigmoid(z[:, : 2 * units] + p[:, : 2 * units])
    update, reset = jax.numpy.split(gates, 2, axis=-1)
    new = jax.numpy.tanh(z[:, 2 * units :] + reset * p[:, 2 * units :])
    h = update * h + (1 - update) * new
    return (h,), h


FRAMEWORKS = {"tensorflow": TensorFlow, "torch": Torch, "jax": Jax}
