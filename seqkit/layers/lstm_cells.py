"""Long short-term memory and its variants. Each reads like its paper.

Shapes: B batch, D input features, N units, P projected units.
"""

import keras

from seqkit.checks import positive_int
from seqkit.layers.cell import Cell
from seqkit.layers.products import Product

__all__ = [
    "CoupledLSTMCell",
    "LSTM1997Cell",
    "LSTMCell",
    "PeepholeLSTMCell",
    "ProjectedLSTMCell",
]

register = keras.saving.register_keras_serializable("seqkit")


@register
class LSTM1997Cell(Cell):
    """Without a forget gate: `c = c + i * g`. Hochreiter & Schmidhuber 1997.

    The paper starts the gates closed: `gate_bias={"i": -1.0, "o": -1.0}`.
    """

    inputs, states = "igo", "hc"

    def step(self, gates, h, c):
        i, o = self.sigmoid(gates.i(h)), self.sigmoid(gates.o(h))
        g = gates.drop(self.tanh(gates.g(h)))
        c = gates.drop_cell(c + i * g)
        return o * self.tanh(c), c


@register
class LSTMCell(Cell):
    """`c = f * c + i * g`, `h = o * tanh(c)`. Gers, Schmidhuber, Cummins 1999.

    Weights as in `keras.layers.LSTMCell`: gates in the order i, f, g, o.

    Args:
        units: int, size N of the states.
        unit_forget_bias: bool. Start the forget gate's bias at 1 (Jozefowicz et al. 2015).
        **kwargs: arguments of `Cell`.
    """

    inputs, states = "ifgo", "hc"

    def __init__(self, units, *, unit_forget_bias=True, **kwargs):
        super().__init__(units, **kwargs)
        self.unit_forget_bias = unit_forget_bias
        self.gate_biases = {"f": 1.0} if unit_forget_bias else {}

    def step(self, gates, h, c):
        i, f, o = self.sigmoid(gates.i(h)), self.sigmoid(gates.f(h)), self.sigmoid(gates.o(h))
        g = gates.drop(self.tanh(gates.g(h)))
        c = gates.drop_cell(f * c + i * g)
        return o * self.tanh(c), c


@register
class PeepholeLSTMCell(LSTMCell):
    """An LSTM whose gates see the cell: i and f the old one, o the new one.

    Source: Gers, Schraudolph, Schmidhuber 2002.
    """

    def build(self, input_shape):
        self.p_i, self.p_f, self.p_o = (self.vector(f"peephole_{gate}", "zeros") for gate in "ifo")
        super().build(input_shape)

    def step(self, gates, h, c):
        p_i, p_f, p_o = (self.value(weight) for weight in (self.p_i, self.p_f, self.p_o))
        i, f = self.sigmoid(gates.i(h) + p_i * c), self.sigmoid(gates.f(h) + p_f * c)
        g = gates.drop(self.tanh(gates.g(h)))
        c = gates.drop_cell(f * c + i * g)
        o = self.sigmoid(gates.o(h) + p_o * c)
        return o * self.tanh(c), c


@register
class CoupledLSTMCell(Cell):
    """An LSTM with `i = 1 - f` (CIFG). Greff et al. 2015."""

    inputs, states = "fgo", "hc"
    gate_biases = {"f": 1.0}  # noqa: RUF012

    def step(self, gates, h, c):
        f, o = self.sigmoid(gates.f(h)), self.sigmoid(gates.o(h))
        g = gates.drop(self.tanh(gates.g(h)))
        c = gates.drop_cell(f * c + (1 - f) * g)
        return o * self.tanh(c), c


@register
class ProjectedLSTMCell(LSTMCell):
    """An LSTM with a narrow output: `h = P (o * tanh(c))`. Sak, Senior, Beaufays 2014.

    Args:
        units: int, size N of the cell state.
        projection: int, size P of the output and of the state that the gates read.
            Defaults to half of `units`.
        **kwargs: arguments of `LSTMCell`.
    """

    def __init__(self, units, *, projection=None, **kwargs):
        super().__init__(units, **kwargs)
        # As given: in a stack of several widths each layer has its own.
        self.projection = None if projection is None else positive_int("projection", projection)

    @property
    def state_size(self):
        half = max(1, self.units // 2)
        return [half if self.projection is None else self.projection, self.units]

    def build_recurrent(self):
        super().build_recurrent()
        shape = (self.units, self.output_size)
        self.projection_kernel = self.matrix("projection_kernel", "kernel", shape)

    def recurrent_products(self, grouped=True):
        projection = Product(self.projection_kernel)
        return {**super().recurrent_products(grouped), "projection": projection}

    def step(self, gates, h, c):
        h, c = super().step(gates, h, c)
        return gates.projection(h), c
