"""A recurrent net that writes a sequence, with or without attention to what it was given.

Shapes: B batch, T time, D input features, N units, S steps of a memory, M its features; and while
decoding R rows, as many for each of B memories.
"""

import keras
from keras import ops

from seqkit.checks import positive_int, rate
from seqkit.configured import Configured
from seqkit.layers import scored_attention
from seqkit.layers.decoder import Decoder
from seqkit.layers.noise import scaled_mask
from seqkit.layers.ordering import without_padding
from seqkit.layers.precision import wide, widened
from seqkit.layers.stack import NOISE, Stack, cell_arguments

__all__ = ["RecurrentDecoder"]


@keras.saving.register_keras_serializable("seqkit")
class RecurrentDecoder(Decoder, Configured, keras.layers.Layer):
    """Writes a sequence with recurrent layers of any cell.

    It starts from the states of the encoder, as they are where they fit (Sutskever et al. 2014)
    and else through a projection for each state; from the mean of the memory where the encoder
    has no states. With attention every step reads the memory (Luong et al. 2015):

        a_t = softmax(score(h_t, m)),   c_t = sum_s a_ts m_s,   v_t = tanh(W [c_t; h_t])

    and `v_t` is the output. With `input_feeding` the next step also reads `v_t` (section 3.3),
    at the price of a loop that holds all of this.

    Args:
        cell: name, class or instance of a `Cell`.
        units: int N, of every layer.
        layers: int, how many.
        attention: "additive" (Bahdanau et al. 2015), "dot", "general", "cosine", a
            `ScoredAttention`, or None.
        input_feeding: bool.
        dropout: rate between layers; with `input_feeding` one mask for all steps.
        seed: int, or None for one drawn at random.
        **options: what else `Stack` takes; with `input_feeding` nothing that draws noise.

    Call arguments:
        x: `(B, T, D)`.
        memory: `(B, S, M)`.
        mask: not read: padding stands on the right, and changes nothing before it.
        memory_mask: bool `(B, S)`, True for steps that count.
        states: list of `(B, *)`, what the encoder ended in, or None.
        return_weights: bool. Return `(output, weights)`, the attention's `(B, T, S)`.
        training: bool, whether there is noise.

    Returns:
        `(B, T, N)`.

    Raises:
        ValueError: an argument out of range, or arguments that do not go together.

    Example:
        >>> decoder = RecurrentDecoder("gru", 8)
        >>> decoder(keras.ops.ones((3, 5, 4)), keras.ops.ones((3, 7, 6))).shape
        TensorShape([3, 5, 8])
    """

    def __init__(
        self,
        cell,
        units=None,
        *,
        layers=1,
        attention="additive",
        input_feeding=False,
        dropout=0.0,
        seed=None,
        **options,
    ):
        names = ("name", "dtype", "trainable", "autocast")
        super().__init__(**{n: options.pop(n) for n in names if n in options})
        noisy = sorted(n for n in {*NOISE, "input_dropout"} & set(options) if options[n])
        if input_feeding and attention is None:
            raise ValueError("`input_feeding` feeds what attention gives. Received: attention=None")
        if input_feeding and noisy:
            raise ValueError(
                f"`input_feeding` goes with `dropout` alone. Received: {', '.join(noisy)}"
            )
        own = {"bidirectional", "return_sequences", "return_state", "trainable_initial_state"}
        wrong = sorted(own & set(options))
        if wrong:
            raise ValueError(
                "A decoder reads forwards, from the states of the encoder, and gives every step. "
                f"Received: {', '.join(wrong)}"
            )
        if units is not None:
            positive_int("units", units)
        part = {"dtype": self.dtype_policy}
        self.stack = Stack(
            cell, units, layers=layers, dropout=dropout, return_state=True, seed=seed,
            name="stack", **part, **options,
        )  # fmt: skip
        self.cell, self.layers, self.units = self.stack.cell, layers, self.stack.units[-1]
        named = part if isinstance(attention, (str, type)) else {}
        self.attention = scored_attention.get(attention, **named)
        if input_feeding and getattr(self.attention, "dropout", 0.0):
            raise ValueError(
                "`input_feeding` goes with an attention without dropout. "
                f"Received: dropout={self.attention.dropout}"
            )
        self.input_feeding = input_feeding
        self.dropout = rate("dropout", dropout)
        self.seed = seed
        # Those of the cell are in its config.
        self.options = {n: options[n] for n in set(options) - cell_arguments(cell)}
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.supports_masking = True

    def get_config(self):
        return {**super().get_config(), **self.options}

    @property
    def state_sizes(self):
        """Sizes of the recurrent states, layer by layer."""
        return [size for (layer,) in self.stack.recurrent for size in layer.cell.state_size]

    @property
    def output_sizes(self):
        """Width of what each recurrent layer gives; of some cells not its number of units."""
        return [layer.cell.output_size for (layer,) in self.stack.recurrent]

    def build(self, x_shape, memory_shape, states_shape=None):
        part = {"dtype": self.dtype_policy}
        width = x_shape[-1] + (self.units if self.input_feeding else 0)
        self.stack.build((*x_shape[:-1], width))
        output = self.output_sizes[-1]
        if self.attention is not None:
            if not self.attention.built:  # one from a saved config is
                self.attention.build((*x_shape[:-1], output), memory_shape)
            self.combine = keras.layers.Dense(self.units, "tanh", name="combine", **part)
            self.combine.build((*x_shape[:-1], memory_shape[-1] + output))
        self.given = None if states_shape is None else [shape[-1] for shape in states_shape]
        given = [memory_shape[-1]] if self.given is None else self.given
        self.bridges = []
        if states_shape is None or given != self.state_sizes:
            names = [letter for (layer,) in self.stack.recurrent for letter in layer.cell.states]
            # A cell state has no bounds; an output has those of its activation.
            self.bridges = [
                keras.layers.Dense(
                    size, None if letter == "c" else "tanh", name=f"bridge_{k}", **part
                )
                for k, (letter, size) in enumerate(zip(names, self.state_sizes, strict=True))
            ]
            for bridge in self.bridges:
                bridge.build((None, sum(given)))
        self.loop = None
        if self.input_feeding:
            cell = FeedingCell(self.loop_step, self.units, **part)
            self.loop = keras.layers.RNN(cell, return_sequences=True, **part)
        self.built = True

    def start(self, memory, memory_mask, states):
        """The first recurrent states, `(B, *)` each."""
        given = None if states is None else [state.shape[-1] for state in states]
        if given != self.given:
            raise ValueError(
                "`states` must be such as the decoder was built for. "
                f"Expected: {said(self.given)}. Received: {said(given)}"
            )
        if states is None:
            mask = ops.ones_like(memory[..., :1]) if memory_mask is None else memory_mask[..., None]
            mask = ops.cast(mask, wide(memory.dtype))
            mean = ops.sum(widened(memory) * mask, axis=1) / ops.maximum(ops.sum(mask, axis=1), 1)
            states = [ops.cast(mean, memory.dtype)]
        if not self.bridges:
            return list(states)
        given = ops.concatenate(list(states), axis=-1)
        return [bridge(given) for bridge in self.bridges]

    def call(
        self,
        x,
        memory,
        mask=None,
        memory_mask=None,
        states=None,
        return_weights=False,
        training=False,
    ):
        memory = without_padding(memory, memory_mask)
        first = self.start(memory, memory_mask, states)
        if self.attention is None:
            output, weights = self.stack(x, initial_state=first, training=training)[0], None
        elif not self.input_feeding:
            h = self.stack(x, initial_state=first, training=training)[0]
            allowed = None if memory_mask is None else ops.cast(memory_mask, "bool")[:, None]
            keys = self.attention.keys(memory)
            context, weights = self.attention.attend(h, keys, memory, allowed, training)
            output = self.combine(ops.concatenate([context, h], axis=-1))
        else:
            output, weights = self.run_loop(x, memory, memory_mask, first, training)
        return (output, weights) if return_weights else output

    def run_loop(self, x, memory, memory_mask, first, training):
        """All steps with input feeding: what a step needs goes round the loop as its states."""
        masks = []
        if training and self.dropout:
            shapes = [(ops.shape(x)[0], size) for size in self.output_sizes[:-1]]
            options = self.dropout, self.compute_dtype, self.seed_generator
            masks = [scaled_mask(shape, *options) for shape in shapes]
        read, (_, fed) = self.begin(memory, memory_mask, states=None, first=first)
        carried = [*first, fed, *read, *masks]
        both = self.loop.inner_loop(x, carried, None, training)[1]
        return both[..., : self.units], widened(both[..., self.units :])

    def loop_step(self, x, carried, training):
        count = len(self.state_sizes)
        states, (fed, *read), masks = carried[:count], carried[count:][:4], carried[count + 4 :]
        output, (states, fed), weights = self.advance(
            x, read, (states, fed), masks=masks, training=training
        )
        both = ops.concatenate([output, ops.cast(weights, output.dtype)], axis=-1)
        return both, [*states, fed, *read, *masks]

    def begin(self, memory, memory_mask=None, states=None, rows=1, first=None):
        memory = without_padding(ops.cast(memory, self.compute_dtype), memory_mask)
        first = self.start(memory, memory_mask, states) if first is None else first
        first = [ops.repeat(state, rows, axis=0) if rows != 1 else state for state in first]
        fed = ops.zeros((ops.shape(memory)[0] * rows, self.units), self.compute_dtype)
        if self.attention is None:
            return [], (first, fed[:, :0])
        if memory_mask is None:
            memory_mask = ops.ones_like(memory[..., 0], "bool")
        allowed = ops.cast(memory_mask, self.compute_dtype)
        return [self.attention.keys(memory), memory, allowed], (first, fed)

    def advance(self, x, read, state, at=None, weights=False, masks=(), training=False):
        states, fed = state
        x = ops.cast(x, self.compute_dtype)
        if self.input_feeding:
            x = ops.concatenate([x, fed], axis=-1)
        h, states = self.stack.step(x, states, masks)
        if self.attention is None:
            return h, (states, fed), None
        keys, memory, allowed = read
        together = ops.reshape(h, (ops.shape(memory)[0], -1, h.shape[-1]))  # (B, K, N)
        allowed = ops.cast(allowed, "bool")[:, None]
        context, weights = self.attention.attend(together, keys, memory, allowed, training)
        context = ops.reshape(context, (-1, memory.shape[-1]))
        output = self.combine(ops.concatenate([context, h], axis=-1))
        rows = ops.reshape(weights, (-1, ops.shape(weights)[-1]))
        return output, (states, output if self.input_feeding else fed), rows

    def compute_output_shape(self, x_shape, *_, **__):
        width = self.output_sizes[-1] if self.attention is None else self.units
        return (*x_shape[:-1], width)

    def weights_spec(self, x, memory):
        return None if self.attention is None else super().weights_spec(x, memory)


def said(widths):
    return None if widths is None else f"widths {widths}"


class FeedingCell(keras.layers.Layer):
    """A step as the cell of a loop of Keras."""

    def __init__(self, step, units, **kwargs):
        super().__init__(name="feeding", **kwargs)
        self.step, self.state_size = step, units
        self.built = True

    def call(self, x, carried, training=False):
        return self.step(x, carried, training)
