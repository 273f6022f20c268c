"""Several recurrent layers as one: depth, both directions, dropout and shortcuts between.

Shapes: B batch, T time, D input features, N units.
"""

import inspect

import keras
from keras import ops

from seqkit.checks import positive_int, rate
from seqkit.configured import Configured
from seqkit.layers import cells
from seqkit.layers.cell import Cell
from seqkit.layers.ordering import travelling, without_padding
from seqkit.layers.recurrent import Recurrent

__all__ = ["Stack"]


@keras.saving.register_keras_serializable("seqkit")
class Stack(Configured, keras.layers.Layer):
    """A deep, possibly bidirectional, recurrent net, as `torch.nn.LSTM(num_layers=2)` is one.

    Args:
        cell: name, class or instance of a `Cell`, the kind of every layer.
        units: int, or a list with one for each layer.
        layers: int, how many. Defaults to 1, or to the length of `units`.
        bidirectional: bool. Each layer reads both ways and gives `2N` features
            (Schuster & Paliwal 1997).
        dropout: rate between layers, not within them (Zaremba et al. 2014).
        residual: bool. Each layer adds to what it reads, where the widths agree.
        skip: bool. Each layer after the first also reads the input (Graves 2013).
        return_sequences: bool. Return the output of every step of the last layer.
        return_state: bool. Also return the last states: by layer, forward then backward.
        seed: int, or None for one drawn at random.
        **options: arguments of the cell and of `Recurrent`, the same for every layer;
            but `input_dropout` is the rate that `Recurrent` calls `dropout`.

    Call arguments:
        x: `(B, T, D)`.
        initial_state: list of `(B, N)`, in the order in which they are returned.
        mask: bool `(B, T)`, True for steps that count.
        training: bool, whether there is noise.
        reset: bool `(B,)`, rows that start afresh whatever `initial_state` says.

    Returns:
        `(B, T, N)` or `(B, N)`, twice as wide if bidirectional; with `return_state` a tuple
        of that and each last state.

    Raises:
        ValueError: no layers, units for another number of layers, a rate outside [0, 1).

    Example:
        >>> stack = Stack("gru", 8, layers=2, bidirectional=True, dropout=0.2)
        >>> stack(keras.ops.ones((2, 5, 3))).shape
        (2, 5, 16)
    """

    def __init__(
        self,
        cell,
        units=None,
        *,
        layers=None,
        bidirectional=False,
        dropout=0.0,
        input_dropout=0.0,
        residual=False,
        skip=False,
        return_sequences=True,
        return_state=False,
        seed=None,
        **options,
    ):
        noise = {n: options.pop(n) for n in list(options) if n in NOISE}
        for_cell = {n: options.pop(n) for n in list(options) if n in cell_arguments(cell)}
        super().__init__(**options)
        self.units = units_by_layer(units, layers, cell)
        self.layers = len(self.units)
        prototype = cells.get(cell, self.units[0], **for_cell)
        self.cell = keras.saving.serialize_keras_object(prototype)
        self.bidirectional = bidirectional
        self.dropout = rate("dropout", dropout)
        self.input_dropout = rate("input_dropout", input_dropout)
        self.residual, self.skip = residual, skip
        self.return_sequences, self.return_state = return_sequences, return_state
        self.seed, self.noise = seed, noise
        self.supports_masking = True
        # In one list: of lists in a list Keras 3.12 saves nothing.
        self.each_way = [
            self.make_layer(depth, units, backwards)
            for depth, units in enumerate(self.units)
            for backwards in (False, True)[: 1 + bidirectional]
        ]
        self.dropouts = [
            keras.layers.Dropout(
                self.dropout, seed=self.seed_for(depth, 2), dtype=self.dtype_policy
            )
            for depth in range(self.layers - 1)
        ]

    @property
    def recurrent(self):
        """For each depth a list: the layer that reads forward, and the one that reads backward."""
        ways = 1 + self.bidirectional
        return [self.each_way[k : k + ways] for k in range(0, len(self.each_way), ways)]

    def make_layer(self, depth, units, backwards):
        config = {**self.cell["config"], "units": units, "dtype": self.dtype_policy}
        del config["name"]
        cell = keras.saving.deserialize_keras_object({**self.cell, "config": config})
        return Recurrent(
            cell,
            return_sequences=self.return_sequences or depth < self.layers - 1,
            return_state=True,
            go_backwards=backwards,
            dropout=self.input_dropout,
            seed=self.seed_for(depth, backwards),
            dtype=self.dtype_policy,
            name=f"{'backward' if backwards else 'forward'}_{depth}",
            **self.noise,
        )

    def seed_for(self, depth, part):
        """A seed of its own for each layer, direction and dropout."""
        return None if self.seed is None else self.seed + 3 * depth + int(part)

    def get_config(self):
        return {**super().get_config(), **self.noise}

    def build(self, x_shape, initial_state_shape=None):
        batch, time, features = x_shape
        width = features
        for depth, directions in enumerate(self.recurrent):
            if self.skip and depth:
                width += features
            for layer in directions:
                layer.build((batch, time, width))
            width = sum(layer.cell.output_size for layer in directions)
        self.built = True

    def call(self, x, initial_state=None, mask=None, training=False, reset=None):
        mask = travelling(mask, x)
        given = iter(self.by_layer(initial_state))
        read, states = x, []
        for depth, directions in enumerate(self.recurrent):
            if depth:
                read = self.dropouts[depth - 1](read, training=training)
            source = ops.concatenate([read, x], axis=-1) if self.skip and depth else read
            outputs = []
            for layer in directions:
                output, *last = layer(
                    source, initial_state=next(given), mask=mask, training=training, reset=reset
                )
                if layer.go_backwards and layer.return_sequences:
                    output = ops.flip(output, axis=1)
                outputs.append(output)
                states.extend(last)
            output = ops.concatenate(outputs, axis=-1) if len(outputs) > 1 else outputs[0]
            if self.residual and output.shape[-1] == read.shape[-1]:
                shortcut = without_padding(read, mask)
                output = output + (
                    shortcut if len(output.shape) == 3 else ends(shortcut, mask, len(directions))
                )
            read = output
        return (read, *states) if self.return_state else read

    def step(self, x, states, masks=()):
        """One step of a stack that reads forwards, without noise of its own.

        Args:
            x: `(B, D)`.
            states: list of `(B, N)`, as `call` takes them.
            masks: for each layer but the last what its output is multiplied by, or nothing.

        Returns:
            `(B, N)`, and the new list of states.
        """
        given, read, new = self.by_layer(states), x, []
        for depth, (layer,) in enumerate(self.recurrent):
            if depth and masks:
                read = read * masks[depth - 1]
            source = ops.concatenate([read, x], axis=-1) if self.skip and depth else read
            after = layer.step(source, given[depth])
            output = after[0]
            if self.residual and output.shape[-1] == read.shape[-1]:
                output = output + read
            read = output
            new.extend(after)
        return read, new

    def by_layer(self, initial_state):
        """The given states, cut up for each layer and direction."""
        if initial_state is None:
            return [None] * len(self.each_way)
        sizes = [len(layer.cell.states) for layer in self.each_way]
        if len(initial_state) != sum(sizes):
            raise ValueError(
                f"`initial_state` must have {sum(sizes)} tensors for {len(sizes)} layers and "
                f"directions. Received: {len(initial_state)}"
            )
        ends = [sum(sizes[: k + 1]) for k in range(len(sizes))]
        return [
            list(initial_state[end - size : end]) for size, end in zip(sizes, ends, strict=True)
        ]

    def compute_mask(self, x, mask=None):
        masks = mask if self.return_sequences else None
        if not self.return_state:
            return masks
        states = sum(len(layer.cell.states) for layer in self.each_way)
        return [masks] + [None] * states


# What a layer of a stack takes beside its cell, its direction and its seed.
NOISE = {
    "recurrent_dropout",
    "update_dropout",
    "cell_dropout",
    "zoneout",
    "weight_drop",
    "trainable_initial_state",
    "zero_output_for_mask",
    "unroll",
}


def ends(x, mask, directions):
    """What each direction reads last of `(B, T, D)`: its own share of the features, `(B, D)`."""
    valid = ops.ones(ops.shape(x)[:2], "int32") if mask is None else ops.cast(mask, "bool")
    last = []
    for backwards, part in enumerate(ops.split(x, directions, axis=-1)):
        steps = ops.cast(valid if backwards else ops.flip(valid, axis=1), "int32")
        first = ops.logical_and(ops.cumsum(steps, axis=1) == 1, steps == 1)
        first = first if backwards else ops.flip(first, axis=1)
        last.append(ops.sum(ops.where(first[:, :, None], part, 0), axis=1))
    return ops.concatenate(last, axis=-1) if directions > 1 else last[0]


def cell_arguments(cell):
    """Names of the arguments that make the cell; none where it is made already."""
    if isinstance(cell, str):
        cell = cells.CELLS.get(cell)
    if not (inspect.isclass(cell) and issubclass(cell, Cell)):
        return set()
    return set(cell.argument_names()) - {"units"}


def units_by_layer(units, layers, cell):
    if units is None and isinstance(cell, Cell):
        units = cell.units
    if isinstance(units, (list, tuple)):
        by_layer = [positive_int("units", n) for n in units]
        if layers not in (None, len(by_layer)) or not by_layer:
            raise ValueError(
                f"`units` must be an int, or one for each layer. "
                f"Received: units={units}, layers={layers}"
            )
        return by_layer
    layers = positive_int("layers", 1 if layers is None else layers)
    return [positive_int("units", units)] * layers
