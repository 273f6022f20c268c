"""Transformers: a stack of blocks that reads a sequence, and one that writes it.

Shapes: B batch, T time, D input features, N units, S steps of a memory, M its features; and while
decoding R rows, as many for each of B memories, L steps that a cache has room for.
"""

import keras
from keras import ops

from seqkit.checks import positive_int, rate
from seqkit.configured import Configured
from seqkit.layers import positions as kinds
from seqkit.layers.decoder import Decoder
from seqkit.layers.ordering import without_padding
from seqkit.layers.transformer_block import DRAWS, TransformerBlock, layer_norm, norm_kind

__all__ = ["TransformerDecoder", "TransformerEncoder"]


class TransformerStack(Configured, keras.layers.Layer):
    """What encoder and decoder share: an entry, positions, blocks, a last layer norm."""

    cross = False

    def __init__(
        self,
        units,
        *,
        layers=2,
        heads=4,
        feed_forward=None,
        norm="pre",
        positions="rotary",
        dropout=0.0,
        activation="gelu",
        scores="dot",
        causal=False,
        seed=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.units = positive_int("units", units)
        self.layers = positive_int("layers", layers)
        self.heads = positive_int("heads", heads)
        if units % heads:
            raise ValueError(f"`heads` must divide `units`. Received: heads={heads}, units={units}")
        self.feed_forward = feed_forward
        self.norm = norm_kind(norm)
        named = {"dtype": self.dtype_policy} if isinstance(positions, (str, type)) else {}
        self.positions = kinds.get(positions, heads=heads, **named)
        self.dropout = rate("dropout", dropout)
        self.activation = keras.activations.get(activation)
        self.scores, self.causal, self.seed = scores, causal, seed
        self.supports_masking = True
        part = {"dtype": self.dtype_policy}
        self.blocks = [
            TransformerBlock(
                heads,
                feed_forward=feed_forward,
                norm=norm,
                dropout=dropout,
                activation=activation,
                scores=scores,
                causal=causal,
                cross=self.cross,
                seed=None if seed is None else seed + DRAWS * k,
                name=f"block_{k}",
                **part,
            )
            for k in range(self.layers)
        ]
        self.last = None if norm == "post" else layer_norm("norm", **part)

    def build_parts(self, x_shape, memory_shape=None):
        shape = (*x_shape[:-1], self.units)
        self.entry = None
        if x_shape[-1] != self.units:
            self.entry = keras.layers.Dense(self.units, name="entry", dtype=self.dtype_policy)
            self.entry.build(x_shape)
        if self.positions is not None and not self.positions.built:
            self.positions.build(shape)
        for block in self.blocks:
            block.build(shape, memory_shape)
        if self.last is not None:
            self.last.build(shape)
        self.built = True

    def enter(self, x, places, key_places):
        """`x` at its width with its positions, and what each self-attention takes of these."""
        x = x if self.entry is None else self.entry(x)
        if self.positions is None:
            return x, {}
        x = self.positions.add(x, places)
        return x, {
            "rotation": self.positions.rotation(places, self.units // self.heads),
            "bias": self.positions.bias(places, key_places, self.heads),
        }

    def leave(self, x):
        return x if self.last is None else self.last(x)

    def compute_output_shape(self, x_shape, *_, **__):
        return (*x_shape[:-1], self.units)


@keras.saving.register_keras_serializable("seqkit")
class TransformerEncoder(TransformerStack):
    """Reads a sequence by self-attention, in place of a recurrent `Stack`.

    Vaswani et al. 2017, section 3.1. A projection to `units` where the input is of another
    width, positions, `layers` blocks, and a last layer norm where the blocks leave their sum
    without one. Padding changes nothing and gives zeros. A position is counted over the
    steps that the mask leaves, see `seqkit.layers.positions`.

    Args:
        units: int N, the width of every layer.
        layers: int, how many blocks.
        heads: int, a divisor of `units`.
        feed_forward: int, width of the inner layers; `4 N` if None.
        norm: "pre", "post" or "residual", see `TransformerBlock`.
        positions: "sinusoidal", "learned", "rotary", "alibi", "log_spaced", a layer of
            `seqkit.layers.positions`, or None: the order of the steps is then not seen.
        dropout: rate, within the blocks. None on the input, which is the caller's.
        activation: of the inner layers.
        scores: "dot" or "cosine", see `MultiHeadAttention`.
        causal: bool. A step reads itself and those before it.
        seed: int, or None for one drawn at random; for the dropout.

    Call arguments:
        x: `(B, T, D)`.
        mask: bool `(B, T)`, True for steps that count.
        training: bool, whether there is dropout.

    Returns:
        `(B, T, N)`; zeros in masked steps.

    Raises:
        ValueError: `heads` that do not divide `units`, an argument out of range, or more
            steps than learned positions.

    Example:
        >>> encoder = TransformerEncoder(8, layers=2, heads=2)
        >>> encoder(keras.ops.ones((3, 5, 6))).shape
        (3, 5, 8)
    """

    def build(self, x_shape):
        self.build_parts(x_shape)

    def call(self, x, mask=None, training=False):
        places = kinds.places(x, mask)
        x, where = self.enter(without_padding(x, mask), places, places)
        for block in self.blocks:
            x = block(x, mask=mask, training=training, **where)
        return without_padding(self.leave(x), mask)


@keras.saving.register_keras_serializable("seqkit")
class TransformerDecoder(Decoder, TransformerStack):
    """Writes a sequence: each step reads those before it and a memory.

    Vaswani et al. 2017, section 3.1: masked self-attention, attention to the memory, a
    feed-forward net. One call on a whole sequence is training by teacher forcing; `begin`
    and `step` go through it step by step and give the same, see `Decoder`. The keys and
    values of steps that are over, and of the memory, are computed once.

    Args:
        units, layers, heads, feed_forward, norm, positions, dropout, activation, scores, seed:
            as in `TransformerEncoder`.

    Call arguments:
        x: `(B, T, D)`.
        memory: `(B, S, M)`.
        mask: bool `(B, T)`, True for steps that count; padding stands on the right.
        memory_mask: bool `(B, S)`.
        states: not read; what a recurrent encoder ended in.
        return_weights: bool. Return `(output, weights)`, `(B, T, S)`: what each step takes
            from the memory in the last block, the mean over its heads.
        training: bool, whether there is dropout.

    Returns:
        `(B, T, N)`.

    Raises:
        ValueError: as `TransformerEncoder`.

    Example:
        >>> decoder = TransformerDecoder(8, heads=2)
        >>> decoder(keras.ops.ones((3, 5, 8)), keras.ops.ones((3, 7, 6))).shape
        (3, 5, 8)
    """

    cross = True

    def __init__(
        self,
        units,
        *,
        layers=2,
        heads=4,
        feed_forward=None,
        norm="pre",
        positions="rotary",
        dropout=0.0,
        activation="gelu",
        scores="dot",
        seed=None,
        **kwargs,
    ):
        super().__init__(
            units,
            layers=layers,
            heads=heads,
            feed_forward=feed_forward,
            norm=norm,
            positions=positions,
            dropout=dropout,
            activation=activation,
            scores=scores,
            causal=True,
            seed=seed,
            **kwargs,
        )

    def get_config(self):
        config = super().get_config()
        del config["causal"]
        return config

    def build(self, x_shape, memory_shape, states_shape=None):
        self.build_parts(x_shape, memory_shape)

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
        places = kinds.places(x, None)
        x, where = self.enter(x, places, places)
        where |= {"mask": mask, "memory_mask": memory_mask, "training": training}
        weights = None
        for block in self.blocks:
            last = return_weights and block is self.blocks[-1]
            x = block(x, memory, return_weights=last, **where)
            x, weights = x if last else (x, None)
        return (self.leave(x), weights) if return_weights else self.leave(x)

    def begin(self, memory, memory_mask=None, states=None, rows=1):
        memory = ops.cast(memory, self.compute_dtype)
        shape = (ops.shape(memory)[0] * rows, self.heads, 0, self.units // self.heads)
        if memory_mask is None:
            memory_mask = ops.ones_like(memory[..., 0], "bool")
        allowed = ops.cast(memory_mask, "bool")[:, None, None, :]
        read = [
            (*block.reading.keys_and_values(memory, memory_mask), allowed) for block in self.blocks
        ]
        empty = ops.zeros(shape, self.compute_dtype)
        return read, [(empty, empty) for _ in self.blocks]

    def grow(self, state, steps):
        def longer(cache):
            rows, heads, before, size = ops.shape(cache)
            room = ops.zeros((rows, heads, steps - before, size), cache.dtype)
            return ops.concatenate([cache, room], axis=2)

        return keras.tree.map_structure(longer, state)

    def advance(self, x, read, state, at, weights=False):
        steps = ops.arange(ops.shape(state[0][0])[2], dtype="int32")[None]  # (1, L)
        here = steps[:, None, :, None] == at
        x = ops.cast(x, self.compute_dtype)[:, None]
        x, where = self.enter(x, ops.reshape(at, (1, 1)), steps)

        def keep(cache, new):
            return ops.where(here, new, cache)

        allowed, caches = (steps <= at)[:, None, None], []
        for block, cache, memory in zip(self.blocks, state, read, strict=True):
            last = weights and block is self.blocks[-1]
            x, cache, seen = block.step(x, cache, keep, allowed, memory, weights=last, **where)
            caches.append(cache)
        return self.leave(x)[:, 0], caches, seen
