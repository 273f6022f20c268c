"""What every recurrent cell shares: products, biases, layer norm.

A cell states its gates, its states and its equation. `CellWeights` makes the weights,
`Cell` multiplies by them, `gates.Gates` turns the products into `W x + U s + b`, and
`recurrent.Recurrent` runs the loop.

Shapes: B batch, D input features, N units, G gates that read the input, R gates that
read a state.
"""

import keras
from keras import ops

from seqkit.layers.cell_weights import CellWeights
from seqkit.layers.gates import Gates, same
from seqkit.layers.normalise import centred, layer_norm
from seqkit.layers.precision import biased
from seqkit.layers.products import Columns, Product, blocks, join, multiplier

__all__ = ["Cell"]

BOUNDED = {keras.activations.get(name) for name in ("tanh", "sigmoid", "hard_sigmoid", "softsign")}


class Cell(CellWeights):
    """One step of a recurrence: `(x, states) -> (output, states)`.

    A base: build one of its subclasses, or write a new one by setting the class
    attributes and `step`. The loop, the noise, masks and direction live in
    `Recurrent`; a cell also works inside `keras.layers.RNN`.

    Attributes:
        inputs: str, a letter for each gate with an input weight, in the order of the
            columns of `kernel`.
        recurrent: str, a letter for each gate with a recurrent weight, in the order of
            the columns of `recurrent_kernel`, with a space between gates that read
            different states. Defaults to `inputs`.
        unweighted: str, gates that read `x` as it is where D = N, and through a
            learned projection where D and N differ.
        states: str, a letter for each carried state. The first is the output.
        gate_biases: dict, gate -> initial bias.
        recurrent_bias: bool, whether `U s` has biases of its own beside those of `W x`;
            `bias` is then `(2, G * N)`, as in `keras.layers.GRU(reset_after=True)`.

    Args:
        units: int, size N of the state.
        activation: name or callable, what the equation writes as tanh.
        recurrent_activation: name or callable, what the equation writes as a sigmoid.
        use_bias: bool.
        layer_norm: bool. Normalise `W x` and `U s` over the units of each gate, with a
            learned gain (Ba et al. 2016).
        gate_bias: dict, gate -> initial bias, over the defaults of the class; for
            example `{"f": 2.0}`. Gates it does not name start from `bias_initializer`.
        kernel_initializer, recurrent_initializer, bias_initializer: as in Keras.
        kernel_regularizer, recurrent_regularizer, bias_regularizer: as in Keras.
        kernel_constraint, recurrent_constraint, bias_constraint: as in Keras.

    Call arguments:
        x: `(B, D)`.
        states: list of `(B, N)`.
        training: ignored; a cell has no noise of its own.
        drop_cell: callable on the new cell state, see `Gates`.
    """

    # The names under which the equations write the two activations.

    def tanh(self, x):
        return self.activation(x)

    def sigmoid(self, x):
        return self.recurrent_activation(x)

    @property
    def bounded(self):
        """Whether a state stays finite however long it runs on."""
        return self.activation in BOUNDED and self.recurrent_activation in BOUNDED

    @property
    def state_size(self):
        return [self.units] * len(self.states)

    @property
    def output_size(self):
        return self.state_size[0]

    def get_initial_state(self, batch_size=None):
        return [ops.zeros((batch_size, size), self.compute_dtype) for size in self.state_size]

    def value(self, weight):
        """A weight inside the loop, in the dtype of the states."""
        return ops.cast(weight, self.compute_dtype)

    def project(self, x, names=()):
        """What the input adds to the gates: `(..., D) -> {gates: (..., K * N)}`.

        Independent of the state, so the loop's owner computes it for all steps at once.

        Args:
            x: `(..., D)`.
            names: names such as those of products; the gates of one are given side by side if
                the input adds to all of them.
        """
        kernels = Columns(self.kernel, self.weighted_gates)
        biases = self.early_biases()
        gains = blocks(self.kernel_gain, self.weighted_gates) if self.layer_norm else {}
        projected = {}
        for gates in together(self.weighted_gates, names):
            kernel = kernels[gates]
            if self.layer_norm:
                p = ops.matmul(x, centred(kernel, len(gates)))
                p = layer_norm(p, self.stacked(gains, gates))
            else:
                p = ops.matmul(x, kernel)
            if set(gates) & set(biases):
                none = ops.zeros((self.units,), self.compute_dtype)
                p = biased(p, join([biases.get(gate, none) for gate in gates]))
            projected[gates] = p
        return {**projected, **dict.fromkeys(self.read_directly, x)}

    def early_biases(self):
        """Biases that do not wait for the state: `{gate: (N,)}`."""
        if not self.use_bias:
            return {}
        biases, recurrent = self.bias_blocks()
        return {
            gate: bias + recurrent[gate] if gate in recurrent else bias
            for gate, bias in biases.items()
            if gate in self.inputs
        }

    def recurrent_products(self, grouped=True):
        """What the loop multiplies by, and adds: `{gates: Product}`.

        `grouped` makes one product of the gates that read the same state, which is quicker
        forward; a product for each gate is quicker backward, as nothing is cut up.
        """
        if not self.recurrent_gates:
            return {}
        kernels = Columns(self.recurrent_kernel, self.recurrent_gates)
        late = self.late_biases()
        none = ops.zeros((self.units,), self.compute_dtype)
        return {
            gates: Product(
                kernels[gates],
                join([late.get(gate, none) for gate in gates]) if set(gates) & set(late) else None,
                self.stacked(self.recurrent_gains, gates) if self.layer_norm else None,
            )
            for gates in (self.groups if grouped else self.recurrent_gates)
        }

    def late_biases(self):
        """Biases that wait for the state: `{gate: (N,)}`."""
        if not self.use_bias:
            return {}
        if self.layer_norm:
            return {gate: self.value(shift) for gate, shift in self.recurrent_shifts.items()}
        biases, recurrent = self.bias_blocks()
        return {gate: {**biases, **recurrent}[gate] for gate in self.late_gates}

    def stacked(self, gains, gates):
        """`(K, N)`"""
        return ops.stack([self.value(gains[gate]) for gate in gates])

    def bias_blocks(self):
        """The biases of `W x`, and those of `U s` where it has its own, by gate."""
        if len(self.bias.shape) == 1:
            return blocks(self.bias, self.bias_gates), {}
        return blocks(self.bias[0], self.bias_gates), blocks(self.bias[1], self.recurrent_gates)

    def owns(self, name):
        """Whether a product is of gates, not an output or a projection matrix."""
        return set(name) <= set(self.recurrent_gates)

    def call(self, x, states, training=False, drop_cell=same):
        products = self.recurrent_products()
        projected = self.project(x, products)
        gates = Gates(self, projected, multiplier(products), products, same, drop_cell)
        new = self.advance(gates, states)
        return new[0], new

    def advance(self, gates, states):
        """`step` with its result as a list."""
        new = self.step(gates, *states)
        new = list(new) if isinstance(new, tuple) else [new]
        if len(new) != len(self.states):
            raise ValueError(
                f"`step` of {type(self).__name__} must return as many states as `states` names, "
                f"{len(self.states)} ({', '.join(self.states)}). Received: {len(new)}"
            )
        return new

    def step(self, gates, *states):
        """The equation: returns the new state, or a tuple of them in order."""
        raise NotImplementedError(
            f"{type(self).__name__} must define `step(self, gates, *states)`."
        )


def together(gates, names):
    """`gates` as the names of the products they fill, and one by one where they do not."""
    whole = [name for name in names if set(name) <= set(gates)]
    return whole + [gate for gate in gates if not any(gate in name for name in whole)]
