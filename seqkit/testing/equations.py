"""One step of every cell, in NumPy, written from its paper's equation.

Nothing here is shared with `seqkit.layers`: no code and no default.
Shapes: B batch, D features, N units, M outputs (N unless the cell projects).
A product of `x` is `w.W("z", x)`, a product of a state `w.U("z", h)`, a bias `w.b("z")`.
"""

import numpy as np

__all__ = ["CELLS", "Products"]


def sigmoid(a):
    return np.exp(-np.logaddexp(0, -a))


def relu(a):
    return np.maximum(a, 0)


def tanh(a):
    return np.tanh(a)


class Products:
    """The weights of one cell, by gate, with the normalisation and noise of one step.

    Args:
        weights: Dict of arrays: `kernel` (D, gates * N), `recurrent_kernel` (M, gates * N)
            or (N,) where the state is multiplied unit by unit, `bias` (gates * N,) or
            (2, gates * N), and what else the cell has. A missing bias is zero.
        inputs: Gates in the order of the columns of `kernel`.
        recurrent: Gates in the order of the columns of `recurrent_kernel`.
        biased: Gates in the order of `bias`.
        layer_norm: Normalise each product over the units of its gate (Ba 2016), times
            `kernel_gain` and `recurrent_gain` where `weights` has them (ordered as the
            columns of the kernels).
        epsilon: Added to the variance by `layer_norm`.
        recurrent_mask: Multiplies whatever `U` reads, (B, M).
        weight_mask: Multiplies `recurrent_kernel`.
        update_mask: Multiplies the candidate, (B, N).
        cell_mask: Multiplies the new cell state, (B, N).
    """

    def __init__(
        self,
        weights,
        inputs,
        recurrent,
        biased,
        *,
        layer_norm=False,
        epsilon=1e-3,
        recurrent_mask=1.0,
        weight_mask=1.0,
        update_mask=1.0,
        cell_mask=1.0,
    ):
        self.weights = {name: np.asarray(w, "float64") for name, w in weights.items()}
        self.inputs, self.recurrent, self.biased = inputs, recurrent, biased
        self.layer_norm, self.epsilon = layer_norm, epsilon
        self.recurrent_mask, self.weight_mask = recurrent_mask, weight_mask
        self.update_mask, self.cell_mask = update_mask, cell_mask

    def __getitem__(self, name):
        return self.weights[name]

    def __contains__(self, name):
        return name in self.weights

    def get(self, name, default):
        return self.weights.get(name, default)

    def W(self, gate, x):  # noqa: N802 - the letter of the papers
        """`W_gate x`, (B, N)."""
        product = x @ _block(self["kernel"], gate, self.inputs)
        return self._normalised(product, "kernel_gain", gate, self.inputs)

    def unweighted(self, x):
        """`x` itself, or `W_x x` where `kernel` has columns for it."""
        return self.W("x", x) if "x" in self.inputs else x

    def U(self, gate, state):  # noqa: N802
        """`U_gate state`, (B, N); unit by unit where `U` is a vector."""
        u = self["recurrent_kernel"] * self.weight_mask
        state = state * self.recurrent_mask
        if u.ndim == 1:  # nothing is summed over units, so there is nothing to normalise
            return state * u
        product = state @ _block(u, gate, self.recurrent)
        return self._normalised(product, "recurrent_gain", gate, self.recurrent)

    def b(self, gate, row=0):
        """`b_gate`, (N,). Row 1 is the bias inside the reset gate of `gru_reset_after`."""
        if "bias" not in self:
            return 0.0
        bias = np.atleast_2d(self["bias"])[row]
        return _block(bias, gate, self.biased)

    def drop(self, candidate):
        """The candidate with update dropout (Semeniuta 2016)."""
        return candidate * self.update_mask

    def forget(self, c):
        """The cell state with cell-state dropout (Moon 2015)."""
        return c * self.cell_mask

    def _normalised(self, product, gain, gate, order):
        if not self.layer_norm:
            return product
        mean = product.mean(-1, keepdims=True)
        variance = ((product - mean) ** 2).mean(-1, keepdims=True)
        scaled = (product - mean) / np.sqrt(variance + self.epsilon)
        return scaled * _block(self[gain], gate, order) if gain in self else scaled


def _block(array, gate, order):
    n = array.shape[-1] // len(order)
    k = order.index(gate)
    return array[..., k * n : (k + 1) * n]


# -- one step of each cell: (products, x (B, D), *states) -> states; the first is the output


def elman(w, x, h, *, activation=tanh):
    """`h = f(W x + U h + b)`. Elman 1990."""
    return (activation(w.W("h", x) + w.U("h", h) + w.b("h")),)


def jordan(w, x, y, *, activation=tanh, output_activation=sigmoid):
    """`h = f(W x + U y + b)`, `y = g(V h + c)`. Jordan 1986."""
    h = activation(w.W("h", x) + w.U("h", y) + w.b("h"))
    return (output_activation(h @ w["output_kernel"] + w.get("output_bias", 0.0)),)


def irnn(w, x, h):
    """`h = relu(W x + U h + b)`. Le, Jaitly, Hinton 2015."""
    return elman(w, x, h, activation=relu)


def lstm_1997(w, x, h, c):
    """`c = c + i g`, `h = o tanh(c)`. Hochreiter & Schmidhuber 1997."""
    i = sigmoid(w.W("i", x) + w.U("i", h) + w.b("i"))
    g = tanh(w.W("g", x) + w.U("g", h) + w.b("g"))
    o = sigmoid(w.W("o", x) + w.U("o", h) + w.b("o"))
    c = w.forget(c + i * w.drop(g))
    return o * tanh(c), c


def lstm(w, x, h, c):
    """`c = f c + i g`, `h = o tanh(c)`. Gers 1999."""
    i = sigmoid(w.W("i", x) + w.U("i", h) + w.b("i"))
    f = sigmoid(w.W("f", x) + w.U("f", h) + w.b("f"))
    g = tanh(w.W("g", x) + w.U("g", h) + w.b("g"))
    o = sigmoid(w.W("o", x) + w.U("o", h) + w.b("o"))
    c = w.forget(f * c + i * w.drop(g))
    return o * tanh(c), c


def peephole_lstm(w, x, h, c):
    """`i` and `f` see the old `c`, `o` the new one. Gers, Schraudolph, Schmidhuber 2002."""
    p_i, p_f, p_o = w["peephole"]
    i = sigmoid(w.W("i", x) + w.U("i", h) + p_i * c + w.b("i"))
    f = sigmoid(w.W("f", x) + w.U("f", h) + p_f * c + w.b("f"))
    g = tanh(w.W("g", x) + w.U("g", h) + w.b("g"))
    c = w.forget(f * c + i * w.drop(g))
    o = sigmoid(w.W("o", x) + w.U("o", h) + p_o * c + w.b("o"))
    return o * tanh(c), c


def coupled_lstm(w, x, h, c):
    """`c = f c + (1 - f) g`. Greff 2015."""
    f = sigmoid(w.W("f", x) + w.U("f", h) + w.b("f"))
    g = tanh(w.W("g", x) + w.U("g", h) + w.b("g"))
    o = sigmoid(w.W("o", x) + w.U("o", h) + w.b("o"))
    c = w.forget(f * c + (1 - f) * w.drop(g))
    return o * tanh(c), c


def projected_lstm(w, x, h, c):
    """`h = P (o tanh(c))`. Sak 2014."""
    m, c = lstm(w, x, h, c)
    return m @ w["projection"], c


def gru(w, x, h):
    """`n = tanh(W_n x + U_n (r h) + b_n)`, `h = z h + (1 - z) n`. Cho 2014."""
    z = sigmoid(w.W("z", x) + w.U("z", h) + w.b("z"))
    r = sigmoid(w.W("r", x) + w.U("r", h) + w.b("r"))
    n = tanh(w.W("n", x) + w.U("n", r * h) + w.b("n"))
    return (z * h + (1 - z) * w.drop(n),)


def gru_reset_after(w, x, h):
    """`n = tanh(W_n x + b_n + r (U_n h + c_n))`, `h = z h + (1 - z) n`. The cuDNN form."""
    z = sigmoid(w.W("z", x) + w.b("z") + w.U("z", h) + w.b("z", 1))
    r = sigmoid(w.W("r", x) + w.b("r") + w.U("r", h) + w.b("r", 1))
    n = tanh(w.W("n", x) + w.b("n") + r * (w.U("n", h) + w.b("n", 1)))
    return (z * h + (1 - z) * w.drop(n),)


def mut1(w, x, h):
    """`z` sees `x` alone, the candidate `tanh(x)`. Jozefowicz 2015, MUT1."""
    z = sigmoid(w.W("z", x) + w.b("z"))
    r = sigmoid(w.W("r", x) + w.U("r", h) + w.b("r"))
    n = tanh(w.U("n", r * h) + tanh(w.unweighted(x)) + w.b("n"))
    return (w.drop(n) * z + h * (1 - z),)


def mut2(w, x, h):
    """`r` sees `x` unweighted. Jozefowicz 2015, MUT2."""
    z = sigmoid(w.W("z", x) + w.U("z", h) + w.b("z"))
    r = sigmoid(w.unweighted(x) + w.U("r", h) + w.b("r"))
    n = tanh(w.U("n", r * h) + w.W("n", x) + w.b("n"))
    return (w.drop(n) * z + h * (1 - z),)


def mut3(w, x, h):
    """`z` sees `tanh(h)`. Jozefowicz 2015, MUT3."""
    z = sigmoid(w.W("z", x) + w.U("z", tanh(h)) + w.b("z"))
    r = sigmoid(w.W("r", x) + w.U("r", h) + w.b("r"))
    n = tanh(w.U("n", r * h) + w.W("n", x) + w.b("n"))
    return (w.drop(n) * z + h * (1 - z),)


def mgu(w, x, h):
    """One gate forgets and resets: `h = (1 - f) h + f n`. Zhou 2016."""
    f = sigmoid(w.W("f", x) + w.U("f", h) + w.b("f"))
    n = tanh(w.W("n", x) + w.U("n", f * h) + w.b("n"))
    return ((1 - f) * h + f * w.drop(n),)


def ugrnn(w, x, h):
    """`h = g h + (1 - g) c`. Collins 2016."""
    g = sigmoid(w.W("g", x) + w.U("g", h) + w.b("g"))
    c = tanh(w.W("c", x) + w.U("c", h) + w.b("c"))
    return (g * h + (1 - g) * w.drop(c),)


def indrnn(w, x, h):
    """`h = relu(W x + u h + b)`, `u` a vector. Li 2018."""
    return (relu(w.W("h", x) + w.U("h", h) + w.b("h")),)


def leaky(w, x, h):
    """`h = a h + (1 - a) tanh(W x + U h + b)`, `a` one number per unit."""
    a = w["alpha"]
    return (a * h + (1 - a) * w.drop(tanh(w.W("h", x) + w.U("h", h) + w.b("h"))),)


# name: (step, gates that read x, gates that read a state, gates with a bias, states).
# "x" is the projection that stands for a plain `x` where D and N differ.
CELLS = {
    "elman": (elman, "h", "h", "h", "h"),
    "jordan": (jordan, "h", "h", "h", "y"),
    "irnn": (irnn, "h", "h", "h", "h"),
    "lstm_1997": (lstm_1997, "igo", "igo", "igo", "hc"),
    "lstm": (lstm, "ifgo", "ifgo", "ifgo", "hc"),
    "peephole_lstm": (peephole_lstm, "ifgo", "ifgo", "ifgo", "hc"),
    "coupled_lstm": (coupled_lstm, "fgo", "fgo", "fgo", "hc"),
    "projected_lstm": (projected_lstm, "ifgo", "ifgo", "ifgo", "hc"),
    "gru": (gru, "zrn", "zrn", "zrn", "h"),
    "gru_reset_after": (gru_reset_after, "zrn", "zrn", "zrn", "h"),
    "mut1": (mut1, "zrx", "rn", "zrn", "h"),
    "mut2": (mut2, "znx", "zrn", "znr", "h"),
    "mut3": (mut3, "zrn", "zrn", "zrn", "h"),
    "mgu": (mgu, "fn", "fn", "fn", "h"),
    "ugrnn": (ugrnn, "gc", "gc", "gc", "h"),
    "indrnn": (indrnn, "h", "h", "h", "h"),
    "leaky": (leaky, "h", "h", "h", "h"),
}
