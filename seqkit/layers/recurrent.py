"""Runs any cell over a sequence: direction, masks, noise, states.

Shapes: B batch, T time, D input features, N units.
"""

import keras
from keras import ops

from seqkit.configured import Configured
from seqkit.layers import cells, engine
from seqkit.layers.cell import Cell
from seqkit.layers.gates import Gates, same
from seqkit.layers.noise import times
from seqkit.layers.ordering import Ordering, travelling
from seqkit.layers.products import cut
from seqkit.layers.recurrent_noise import RecurrentNoise

__all__ = ["Recurrent"]


@keras.saving.register_keras_serializable("seqkit")
class Recurrent(RecurrentNoise, Configured, keras.layers.RNN):
    """Runs a cell over a sequence, with the loop of the backend's engine.

    Takes the place of `keras.layers.RNN`, and does what it does, with these differences:
    noise is drawn once per call, before the loop; masked steps are never computed, and
    nothing that stands in them, NaN included, reaches outputs, states or gradients; the
    batch may be of any size; a sequence may be empty; without `unroll=True` there are no
    second derivatives.

    Args:
        cell: name, class or instance of a `Cell`; see `seqkit.layers.CELLS`.
        units: int, size N of the state; needed with a name or a class.
        return_sequences: bool. Return the output of every step.
        return_state: bool. Also return the last states.
        go_backwards: bool. Read the sequence from its end, and return it so.
        stateful: bool. Start each batch from the last states of the one before.
        unroll: bool. One copy of the step for each time step, instead of a loop.
        zero_output_for_mask: bool. Outputs of masked steps are zero, not the last ones.
        dropout: rate on the inputs, one mask for all steps (Gal & Ghahramani 2016).
        recurrent_dropout: rate on the states that `U` reads, one mask for all steps
            (Gal & Ghahramani 2016).
        update_dropout: rate on the candidate update, a mask for each step (Semeniuta 2016).
        cell_dropout: rate on the cell state `c`, one mask for all steps; at inference the
            expectation (Moon et al. 2015).
        zoneout: rate at which units keep their last state, for all states or as a pair
            for `h` and `c`; at inference the expectation (Krueger et al. 2017).
        weight_drop: rate on the entries of the recurrent weights (Merity et al. 2018).
        trainable_initial_state: bool. Learn the state that sequences start from.
        seed: int, or None for one drawn at random.
        activity_regularizer: as in Keras, on the output.
        **options: arguments of the cell, and of `keras.layers.Layer`.

    Call arguments:
        sequences: `(B, T, D)`.
        initial_state: list of `(B, N)`. Defaults to zeros, or the learned ones.
        mask: bool `(B, T)`, True for steps that count.
        training: bool, whether there is noise.
        reset: bool `(B,)`, rows that start afresh whatever `initial_state` says.

    Returns:
        `(B, N)`, or `(B, T, N)` with `return_sequences`; with `return_state` a tuple of
        that and each last state.

    Raises:
        ValueError: a rate outside [0, 1), an unknown cell, no `units`.

    Example:
        >>> layer = Recurrent("mut3", 8, zoneout=0.1, return_sequences=True)
        >>> layer(keras.ops.ones((2, 5, 3))).shape
        (2, 5, 8)
    """

    def __init__(
        self,
        cell,
        units=None,
        *,
        return_sequences=False,
        return_state=False,
        go_backwards=False,
        stateful=False,
        unroll=False,
        zero_output_for_mask=False,
        dropout=0.0,
        recurrent_dropout=0.0,
        update_dropout=0.0,
        cell_dropout=0.0,
        zoneout=0.0,
        weight_drop=0.0,
        trainable_initial_state=False,
        seed=None,
        activity_regularizer=None,
        **options,
    ):
        for_layer = {n: options.pop(n) for n in list(options) if n in LAYER_OPTIONS}
        if not isinstance(cell, (Cell, dict)):
            options.setdefault("dtype", for_layer.get("dtype"))
        super().__init__(
            cell=cells.get(cell, units, **options),
            return_sequences=return_sequences,
            return_state=return_state,
            go_backwards=go_backwards,
            stateful=stateful,
            unroll=unroll,
            zero_output_for_mask=zero_output_for_mask,
            activity_regularizer=activity_regularizer,
            **for_layer,
        )
        self.set_noise(
            dropout=dropout,
            recurrent_dropout=recurrent_dropout,
            update_dropout=update_dropout,
            cell_dropout=cell_dropout,
            zoneout=zoneout,
            weight_drop=weight_drop,
            seed=seed,
        )
        if stateful and trainable_initial_state:
            raise ValueError(
                "A stateful layer starts from the batch before, and so cannot learn where to "
                "start. Received: stateful=True, trainable_initial_state=True"
            )
        self.trainable_initial_state = trainable_initial_state

    @property
    def units(self):
        return self.cell.units

    def build(self, sequences_shape, initial_state_shape=None):
        if len(sequences_shape) != 3:
            raise ValueError(
                f"{self.name!r} reads sequences of shape (batch, steps, features). "
                f"Received: {tuple(sequences_shape)}"
            )
        if self.trainable_initial_state:
            self.initial_states = [
                self.add_weight((size,), "zeros", name=f"initial_{name}")
                for name, size in zip(self.cell.states, self.cell.state_size, strict=True)
            ]
        super().build(sequences_shape)

    def get_initial_state(self, batch_size):
        if not self.trainable_initial_state:
            return self.cell.get_initial_state(batch_size=batch_size)
        return [
            ops.broadcast_to(ops.cast(start, self.compute_dtype), (batch_size, start.shape[0]))
            for start in self.initial_states
        ]

    def compute_mask(self, sequences, mask):
        mask = keras.tree.flatten(mask)[0]
        if mask is not None and self.go_backwards and self.return_sequences:
            mask = ops.flip(mask, axis=1)  # as the outputs are
        return super().compute_mask(sequences, mask)

    def call(self, sequences, initial_state=None, mask=None, training=False, reset=None):
        mask = travelling(mask, sequences)
        self.check_shapes(sequences, mask)
        if self.unroll and sequences.shape[1] is None:
            raise ValueError(
                "`unroll=True` needs a known number of steps. "
                f"Received: sequences of shape {tuple(sequences.shape)}"
            )
        states = self.start(sequences, initial_state, reset)
        if self.stateful and sequences.shape[0] is None:  # the states know how many rows there are
            sequences, mask = (
                None if x is None else ops.reshape(x, (self.states[0].shape[0], *ops.shape(x)[1:]))
                for x in (sequences, mask)
            )
        if self.go_backwards:
            sequences = ops.flip(sequences, axis=1)
            mask = None if mask is None else ops.flip(mask, axis=1)
        ordering = None if mask is None else Ordering(mask)
        if training and self.dropout:
            shape = (ops.shape(sequences)[0], 1, sequences.shape[-1])
            sequences = sequences * self.scaled_mask(shape, self.dropout)

        time_major = ops.swapaxes(sequences, 0, 1) if mask is None else ordering.gather(sequences)
        steps = ops.shape(time_major)[0] if mask is None else ordering.steps
        keep = [self.return_sequences, *[False] * (len(states) - 1)]
        if mask is not None:  # rows end at different steps, so that last states are looked up
            keep = [True, *[self.return_state or self.stateful] * (len(states) - 1)]
        running = None if mask is None or self.cell.bounded else ordering.running()
        masked = mask is not None
        history, last = self.loop(time_major, states, keep, steps, training, masked, running)
        if mask is not None:
            looked_up = zip(history, last, strict=True)
            last = [end if h is None else ordering.last(h) for h, end in looked_up]
        if self.stateful:
            for variable, state in zip(self.states, last, strict=True):
                variable.assign(state)

        output = last[0]
        if masked:  # as in Keras, a row of no steps has no output
            output = ops.where(ops.expand_dims(ordering.lengths > 0, 1), output, 0)
        elif sequences.shape[1] in (None, 0):
            output = ops.where(steps > 0, output, 0)
        if self.return_sequences and mask is None:
            output = ops.swapaxes(history[0], 0, 1)
        elif self.return_sequences:
            output = ordering.scatter(history[0], self.zero_output_for_mask)
        return (output, *last) if self.return_state else output

    def check_shapes(self, sequences, mask):
        shape = tuple(sequences.shape)
        wanted = (None, None, self.cell.kernel.shape[0] if hasattr(self.cell, "kernel") else None)
        if len(shape) != 3 or wanted[-1] not in (None, shape[-1]):
            raise ValueError(
                f"{self.name!r} reads sequences of shape (batch, steps, {wanted[-1] or 'features'})"
                f". Received: {shape}"
            )
        if mask is not None and not fits(mask.shape, shape[:2]):
            raise ValueError(
                f"`mask` of {self.name!r} must be of the shape (batch, steps) of its sequences, "
                f"{shape[:2]}. Received: {tuple(mask.shape)}"
            )

    def start(self, sequences, initial_state, reset):
        """The states to start from: given, carried over, learned, or zero."""
        fresh, rows = self.get_initial_state(ops.shape(sequences)[0]), sequences.shape[0]
        states = initial_state
        if states is None:
            states = self.states if self.stateful else fresh
            if self.stateful and rows not in (None, states[0].shape[0]):
                raise ValueError(
                    f"`stateful=True` holds the states of {states[0].shape[0]} rows. "
                    f"Received: a batch of {rows}"
                )
        states = list(states) if isinstance(states, (list, tuple)) else [states]
        if len(states) != len(fresh):
            raise ValueError(
                f"`initial_state` must have {len(fresh)} tensors ({', '.join(self.cell.states)}) "
                f"for {type(self.cell).__name__}. Received: {len(states)}"
            )
        states = [ops.convert_to_tensor(s, self.compute_dtype) for s in states]
        for state, new in zip(states, fresh, strict=True):
            if not fits(state.shape, new.shape):
                raise ValueError(
                    f"`initial_state` of {self.name!r} must be of shape {tuple(new.shape)}. "
                    f"Received: {tuple(state.shape)}"
                )
        if reset is not None:
            reset = ops.expand_dims(ops.cast(reset, "bool"), 1)
            states = [ops.where(reset, new, s) for new, s in zip(fresh, states, strict=True)]
        return states

    def loop(self, x, states, keep, steps, training, masked=False, running=None):
        """`(T, B, D)` and states to the kept histories and the last states.

        `running`, `(T, B, 1)`, stops rows at their end. Bounded states may run on unread;
        others could reach infinity there, and infinity times no gradient is NaN.
        """
        cell, (time, batch) = self.cell, ops.shape(x)[:2]
        each, common = {}, {}  # noise of each step, and for all steps
        # On JAX one product of the gates that read a state is quicker, its inputs apart. On
        # TensorFlow gates side by side save kernels, which is what one row costs; for many rows a
        # product for each gate is quicker: nothing is cut, and no matrix has rows of a power of
        # two, which share few lines of the cache. Three gates that are only read are quicker side
        # by side.
        on_jax = keras.backend.backend() == "jax"
        one_row = not on_jax and isinstance(batch, int) and batch == 1
        three = not on_jax and not training and any(len(gates) == 3 for gates in cell.groups)
        together = one_row or three
        products = cell.recurrent_products(grouped=together or on_jax)
        if training:
            each = self.draw_noise(time, batch)
            products = self.drop_weights(products)
            common = self.state_noise(batch)
        if running is not None:
            each["running"] = running
        if self.cell_dropout:
            sizes = dict(zip(cell.states, cell.state_size, strict=True))
            common["cell"] = self.moon_mask((batch, sizes["c"]), training)
        names = list(products)

        def advance(inputs, noise, product, states):
            drops = (times(noise[n]) if n in noise else same for n in ("update", "cell", "state"))
            gates = Gates(cell, inputs, product, names, *drops)
            new = self.zone_out(cell.advance(gates, states), states, noise)
            if "running" in noise:
                pairs = zip(new, states, strict=True)
                new = [ops.where(noise["running"], s, old) for s, old in pairs]
            return new

        # Two axes, so that the product and its gradient are one matrix product each.
        flat = ops.reshape(x, (-1, x.shape[-1]))
        summed = cell.weighted_gates in products and not cell.layer_norm
        if one_row and not training and not summed:
            # One product, and not one for each gate; cut up here, as XLA is slow to cut up slices
            # of time in the loop. Where one sum of all gates is cut, that is quicker still.
            projected = cut(cell.project(flat, (cell.weighted_gates,)))
        else:
            projected = cell.project(flat, products if together else ())
        inputs = {n: ops.reshape(p, (time, batch, p.shape[-1])) for n, p in projected.items()}
        run = engine.unrolled if self.unroll else engine.scan
        return run(
            advance,
            inputs,
            (each, common),
            states,
            products,
            cell.loop_weights,
            steps=steps,
            keep=keep,
            with_start=masked,
            training=training,
        )

    def step(self, x, states):
        """One step without noise: `(B, D)` and a list of states to the new list."""
        drop_cell = times(1.0 - self.cell_dropout) if self.cell_dropout else same
        # A call, so that Keras casts the weights.
        new = self.cell(x, states, drop_cell=drop_cell)[1]
        return self.zone_out(new, states, {})


def fits(shape, wanted):
    """Whether a shape may be the one that is wanted, as far as both are known."""
    pairs = zip(shape, wanted, strict=False)
    return len(shape) == len(wanted) and all(a == b or None in (a, b) for a, b in pairs)


LAYER_OPTIONS = {"name", "dtype", "trainable", "autocast", "input_shape", "input_dim"}
