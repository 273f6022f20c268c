"""Cells without gates. Each reads like its paper.

Shapes: B batch, D input features, N units, M outputs.
"""

import keras
import numpy as np
from keras import ops

from seqkit.checks import positive_int
from seqkit.layers.cell import Cell
from seqkit.layers.precision import widened
from seqkit.layers.products import Product

__all__ = ["ElmanCell", "IRNNCell", "IndRNNCell", "JordanCell", "LeakyCell"]

register = keras.saving.register_keras_serializable("seqkit")


@register
class ElmanCell(Cell):
    """`h = tanh(W x + U h + b)`. Elman 1990; `keras.layers.SimpleRNNCell`."""

    inputs = "h"

    def step(self, gates, h):
        return gates.drop(self.tanh(gates.h(h)))


@register
class IRNNCell(ElmanCell):
    """An Elman cell with relu, and `U` started from the identity. Le, Jaitly, Hinton 2015."""

    def __init__(self, units, *, activation="relu", recurrent_initializer="identity", **kwargs):
        super().__init__(
            units, activation=activation, recurrent_initializer=recurrent_initializer, **kwargs
        )


@register
class IndRNNCell(Cell):
    """`h = relu(W x + u * h + b)`: each unit sees only itself. Li et al. 2018, equation 2.

    `u` starts uniform in (0, 1), and `recurrent_constraint` may bound it.
    """

    inputs, recurrent = "h", ""

    def __init__(self, units, *, activation="relu", recurrent_initializer=None, **kwargs):
        if recurrent_initializer is None:
            recurrent_initializer = keras.initializers.RandomUniform(0.0, 1.0)
        super().__init__(
            units, activation=activation, recurrent_initializer=recurrent_initializer, **kwargs
        )

    def build_recurrent(self):
        self.u = self.vector(
            "recurrent_kernel",
            self.recurrent_initializer,
            regularizer=self.recurrent_regularizer,
            constraint=self.recurrent_constraint,
        )

    def step(self, gates, h):
        u = self.value(self.u)
        return gates.drop(self.activation(gates.h() + u * gates.drop_state(h)))


@register
class LeakyCell(Cell):
    """`h = a * h + (1 - a) * tanh(W x + U h + b)`, leaky units. Jaeger et al. 2007.

    Args:
        units: int, size N of the state.
        alpha: float in (0, 1), or N of them: how much of the old state stays.
        learn_alpha: bool. Train `alpha`, one for each unit, kept in (0, 1) by a sigmoid.
        **kwargs: arguments of `Cell`.
    """

    inputs = "h"

    def __init__(self, units, *, alpha=0.9, learn_alpha=False, **kwargs):
        super().__init__(units, **kwargs)
        rates = np.broadcast_to(np.asarray(alpha, "float64"), np.shape(alpha) or (units,))
        if rates.shape != (units,) or not np.all((rates > 0) & (rates < 1)):
            raise ValueError(
                f"`alpha` must be one float in (0, 1) or {units} of them. Received: alpha={alpha}"
            )
        self.alpha = alpha if np.ndim(alpha) == 0 else [float(rate) for rate in rates]
        self.learn_alpha = learn_alpha
        self.alpha_logits = np.log(rates / (1 - rates))

    def build(self, input_shape):
        def start(shape, dtype=None):
            return ops.cast(self.alpha_logits, dtype)

        self.alpha_logit = self.vector("alpha_logit", start, trainable=self.learn_alpha)
        super().build(input_shape)

    def step(self, gates, h):
        a = ops.sigmoid(widened(self.alpha_logit))  # in bfloat16 0.999 would be 1
        new = gates.drop(self.tanh(gates.h(h)))
        return ops.cast(a * widened(h) + (1 - a) * widened(new), h.dtype)


@register
class JordanCell(Cell):
    """`h = tanh(W x + U y + b)`, `y = sigmoid(V h + c)`: the context is the output. Jordan 1986.

    The carried state and the output are `y`, `(B, M)`.

    Args:
        units: int, size N of the hidden layer.
        outputs: int, size M of `y`. Defaults to `units`.
        **kwargs: arguments of `Cell`; `recurrent_activation` is the output's.
    """

    inputs, states = "h", "y"

    def __init__(self, units, *, outputs=None, **kwargs):
        super().__init__(units, **kwargs)
        # As given: in a stack of several widths each layer has its own.
        self.outputs = None if outputs is None else positive_int("outputs", outputs)

    @property
    def state_size(self):
        return [self.units if self.outputs is None else self.outputs]

    def build_recurrent(self):
        super().build_recurrent()
        shape = (self.units, self.output_size)
        self.output_kernel = self.matrix("output_kernel", "kernel", shape)
        self.output_bias = self.matrix("output_bias", "bias", shape[1:]) if self.use_bias else None

    def recurrent_products(self, grouped=True):
        return {
            **super().recurrent_products(grouped),
            "output": Product(self.output_kernel, self.output_bias),
        }

    def step(self, gates, y):
        h = gates.drop(self.tanh(gates.h(y)))
        return self.sigmoid(gates.output(h))
