"""Gated cells with one state: GRU, MUT1-3, MGU, UGRNN. Each reads like its paper.

Shapes: B batch, D input features, N units.
"""

import keras

from seqkit.layers.cell import Cell

__all__ = [
    "GRUCell",
    "GRUResetAfterCell",
    "MGUCell",
    "MUT1Cell",
    "MUT2Cell",
    "MUT3Cell",
    "UGRNNCell",
]

register = keras.saving.register_keras_serializable("seqkit")


@register
class GRUCell(Cell):
    """Reset before the product: `n = tanh(W x + U (r * h) + b)`, `h = z * h + (1 - z) * n`.

    Source: Cho et al. 2014. Weights as in `keras.layers.GRUCell(reset_after=False)`: gates
    in the order z, r, n. A high initial `gate_bias={"z": 1.0}` lets the state last.
    """

    inputs, recurrent = "zrn", "zr n"

    def step(self, gates, h):
        z, r = self.sigmoid(gates.z(h)), self.sigmoid(gates.r(h))
        n = gates.drop(self.tanh(gates.n(r * h)))
        return z * h + (1 - z) * n


@register
class GRUResetAfterCell(Cell):
    """Reset after the product, as cuDNN does: `n = tanh(W x + b + r * (U h + c))`.

    Weights as in `keras.layers.GRUCell(reset_after=True)`: gates in the order z, r, n, and
    a second row of biases for `U h`.
    """

    inputs, recurrent, recurrent_bias = "zrn", "zrm", True

    def step(self, gates, h):
        z, r = self.sigmoid(gates.z(h)), self.sigmoid(gates.r(h))
        n = gates.drop(self.tanh(gates.n() + r * gates.m(h)))
        return z * h + (1 - z) * n


@register
class MUT1Cell(Cell):
    """z does not see h, and the input enters unweighted, through tanh.

    `z = sigmoid(W_z x + b_z)`, `r = sigmoid(W_r x + U_r h + b_r)`,
    `h = z * tanh(U_n (r * h) + tanh(x) + b_n) + (1 - z) * h`.
    Where D and N differ, a learned projection `W_x x` stands for the unweighted `x`.

    Source: Jozefowicz, Zaremba, Sutskever 2015, MUT1.
    """

    inputs, recurrent, unweighted = "zr", "r n", "x"

    def step(self, gates, h):
        z, r = self.sigmoid(gates.z()), self.sigmoid(gates.r(h))
        n = gates.drop(self.tanh(gates.n(r * h) + self.tanh(gates.x())))
        return z * n + (1 - z) * h


@register
class MUT2Cell(Cell):
    """r sees the input unweighted: `r = sigmoid(x + U_r h + b_r)`.

    `z = sigmoid(W_z x + U_z h + b_z)`, `h = z * tanh(U_n (r * h) + W_n x + b_n) + (1 - z) * h`.
    Where D and N differ, a learned projection `W_x x` stands for the unweighted `x`.

    Source: Jozefowicz, Zaremba, Sutskever 2015, MUT2.
    """

    inputs, recurrent, unweighted = "zn", "zr n", "x"

    def step(self, gates, h):
        z, r = self.sigmoid(gates.z(h)), self.sigmoid(gates.x() + gates.r(h))
        n = gates.drop(self.tanh(gates.n(r * h)))
        return z * n + (1 - z) * h


@register
class MUT3Cell(Cell):
    """z sees tanh(h): `z = sigmoid(W_z x + U_z tanh(h) + b_z)`, the rest as in MUT2.

    `r = sigmoid(W_r x + U_r h + b_r)`, `h = z * tanh(U_n (r * h) + W_n x + b_n) + (1 - z) * h`.

    Source: Jozefowicz, Zaremba, Sutskever 2015, MUT3.
    """

    inputs, recurrent = "zrn", "z r n"

    def step(self, gates, h):
        z, r = self.sigmoid(gates.z(self.tanh(h))), self.sigmoid(gates.r(h))
        n = gates.drop(self.tanh(gates.n(r * h)))
        return z * n + (1 - z) * h


@register
class MGUCell(Cell):
    """One gate both forgets and resets: `h = (1 - f) * h + f * tanh(W x + U (f * h) + b)`.

    Source: Zhou et al. 2016.
    """

    inputs, recurrent = "fn", "f n"
    gate_biases = {"f": 1.0}  # noqa: RUF012

    def step(self, gates, h):
        f = self.sigmoid(gates.f(h))
        n = gates.drop(self.tanh(gates.n(f * h)))
        return (1 - f) * h + f * n


@register
class UGRNNCell(Cell):
    """The update-gate RNN: `h = g * h + (1 - g) * c`. Collins, Sohl-Dickstein, Sussillo 2017."""

    inputs = "gc"
    gate_biases = {"g": 1.0}  # noqa: RUF012

    def step(self, gates, h):
        g, c = self.sigmoid(gates.g(h)), gates.drop(self.tanh(gates.c(h)))
        return g * h + (1 - g) * c
