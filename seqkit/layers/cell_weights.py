"""The weights of a cell: which there are, of what shape, and how they start.

Shapes: B batch, D input features, N units, G gates that read the input, R gates that
read a state.
"""

import keras
from keras import ops

from seqkit.checks import positive_int
from seqkit.configured import Configured

__all__ = ["CellWeights"]

WEIGHT_OPTIONS = ("initializer", "regularizer", "constraint")


class CellWeights(Configured, keras.layers.Layer):
    """The part of `Cell` that makes its weights; see there for the arguments."""

    inputs = ""
    recurrent = None
    unweighted = ""
    states = "h"
    gate_biases = {}  # noqa: RUF012
    recurrent_bias = False

    def __init__(
        self,
        units,
        *,
        activation="tanh",
        recurrent_activation="sigmoid",
        use_bias=True,
        layer_norm=False,
        gate_bias=None,
        kernel_initializer="glorot_uniform",
        recurrent_initializer="orthogonal",
        bias_initializer="zeros",
        kernel_regularizer=None,
        recurrent_regularizer=None,
        bias_regularizer=None,
        kernel_constraint=None,
        recurrent_constraint=None,
        bias_constraint=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.units = positive_int("units", units)
        self.activation = keras.activations.get(activation)
        self.recurrent_activation = keras.activations.get(recurrent_activation)
        self.use_bias, self.layer_norm = use_bias, layer_norm
        self.gate_bias = dict(gate_bias or {})
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.recurrent_initializer = keras.initializers.get(recurrent_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)
        self.recurrent_regularizer = keras.regularizers.get(recurrent_regularizer)
        self.bias_regularizer = keras.regularizers.get(bias_regularizer)
        self.kernel_constraint = keras.constraints.get(kernel_constraint)
        self.recurrent_constraint = keras.constraints.get(recurrent_constraint)
        self.bias_constraint = keras.constraints.get(bias_constraint)
        self.groups = (self.inputs if self.recurrent is None else self.recurrent).split()
        self.recurrent_gates = "".join(self.groups)
        # Gates whose bias belongs to `U s + b`, and so has to be added inside the loop.
        self.late_gates = "".join(g for g in self.recurrent_gates if g not in self.inputs)
        # Gates that read the input come first, as in Keras's kernels and biases.
        self.biased_gates = self.inputs + ("" if self.recurrent_bias else self.late_gates)
        unknown = sorted({*self.gate_bias, *self.gate_biases} - set(self.biased_gates))
        if unknown:
            name = "gate_bias" if set(unknown) & set(self.gate_bias) else "gate_biases"
            raise ValueError(
                f"`{name}` names gates that {type(self).__name__} does not have. "
                f"Expected keys among {sorted(self.biased_gates)}. Received: {unknown}"
            )
        if self.gate_bias and not use_bias:
            raise ValueError(
                f"`gate_bias` needs `use_bias=True`. Received: gate_bias={self.gate_bias}"
            )
        self.loop_weights = []

    def get_config(self):
        names = ("activation", "recurrent_activation")
        activations = {name: keras.activations.serialize(getattr(self, name)) for name in names}
        return {**super().get_config(), **activations}

    def build(self, input_shape):
        features, units = input_shape[-1], self.units
        if features is None:
            raise ValueError(
                f"The last axis of the input of {self.name!r} must be known. "
                f"Received: input_shape={tuple(input_shape)}"
            )
        self.read_directly = self.unweighted if features == units else ""
        self.weighted_gates = self.inputs + ("" if self.read_directly else self.unweighted)
        shape = (features, len(self.weighted_gates) * units)
        self.kernel = self.matrix("kernel", "kernel", shape)
        self.build_recurrent()
        if self.layer_norm:
            self.build_layer_norm()
        if self.use_bias:
            self.build_bias()
        self.built = True

    def build_recurrent(self):
        """Makes `recurrent_kernel`, which reads the output: `(N, R * N)`."""
        if self.recurrent_gates:
            shape = (self.output_size, len(self.recurrent_gates) * self.units)
            self.recurrent_kernel = self.matrix("recurrent_kernel", "recurrent", shape)

    def build_layer_norm(self):
        width = len(self.weighted_gates) * self.units
        self.kernel_gain = self.add_weight((width,), "ones", name="kernel_gain")
        self.recurrent_gains = {
            gate: self.add_weight((self.units,), "ones", name=f"recurrent_gain_{gate}")
            for gate in self.recurrent_gates
        }
        # A bias that belongs to `U s` comes after the norm, inside the loop.
        self.recurrent_shifts = {
            gate: self.add_weight(
                (self.units,), self.bias_start(gate), name=f"recurrent_shift_{gate}"
            )
            for gate in self.late_gates
            if self.use_bias
        }

    def build_bias(self):
        def start(shape, dtype=None):
            first = [self.bias_start(gate)((self.units,), dtype=dtype) for gate in self.bias_gates]
            if len(shape) == 1:
                return ops.concatenate(first)
            second = drawn_anew(self.bias_initializer)((shape[-1],), dtype=dtype)
            return ops.stack([ops.concatenate(first), second])

        self.bias_gates = self.inputs if self.layer_norm else self.biased_gates
        width = len(self.bias_gates) * self.units
        shape = (2, width) if self.recurrent_bias and not self.layer_norm else (width,)
        self.bias = self.matrix("bias", "bias", shape, start)

    def bias_start(self, gate):
        """The initializer of one gate's bias."""
        values = {**self.gate_biases, **self.gate_bias}
        if gate in values:
            return keras.initializers.Constant(values[gate])
        return drawn_anew(self.bias_initializer)

    def matrix(self, name, kind, shape, initializer=None):
        """A weight with the initializer, regularizer and constraint of its kind."""
        options = {option: getattr(self, f"{kind}_{option}") for option in WEIGHT_OPTIONS}
        options["initializer"] = drawn_anew(options["initializer"])
        if initializer is not None:
            options["initializer"] = initializer
        initial = options["initializer"]
        if keras.backend.standardize_dtype(self.variable_dtype) in ("float16", "bfloat16"):
            # An orthogonal matrix cannot be drawn in half precision.
            options["initializer"] = lambda shape, dtype: ops.cast(initial(shape, "float32"), dtype)
        return self.add_weight(shape, name=name, **options)

    def vector(self, name, initializer, **options):
        """A weight of one number per unit that `step` reads inside the loop."""
        weight = self.add_weight((self.units,), initializer, name=name, **options)
        self.loop_weights.append(weight)
        return weight


def drawn_anew(initializer):
    """One draws the same numbers each time; a copy without a seed draws others."""
    return initializer.clone() if hasattr(initializer, "clone") else initializer
