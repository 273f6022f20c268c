"""The transformer encoder: blocks of self-attention and a feed-forward net.

Shapes: B batch, T time, D input features, N units.
"""

import keras

from seqkit.configured import Configured
from seqkit.layers import positions as kinds
from seqkit.layers.attention import MultiHeadAttention, without_padding
from seqkit.layers.cell_weights import positive_int
from seqkit.layers.noise import rate

__all__ = ["TransformerBlock", "TransformerEncoder"]

NORMS = ("pre", "post", "residual")
EPSILON = 1e-5  # of the layer norms, as in PyTorch


@keras.saving.register_keras_serializable("seqkit")
class TransformerBlock(Configured, keras.layers.Layer):
    """Attention, then a feed-forward net, each with a shortcut round it and a layer norm.

    - `"pre"`: `x + F(norm(x))` (Xiong et al. 2020), which trains without a warm-up.
    - `"post"`: `norm(x + F(x))` (Vaswani et al. 2017, section 3.1).
    - `"residual"`: `x + norm(F(x))` (Liu et al. 2022, "Swin Transformer V2", section 3.2).

    Args:
        heads: int, of the attention.
        feed_forward: int, width of the inner layer; four times the input's if None.
        norm: "pre", "post" or "residual".
        dropout: rate, on the attention's weights, the inner layer and what is added to `x`.
        activation: of the inner layer: "gelu", "relu" or what Keras takes.
        scores: "dot" or "cosine", of the attention.
        causal: bool. A step reads itself and those before it.
        seed: int, or None for one drawn at random; for the dropout.

    Call arguments:
        x: `(B, T, N)`.
        mask: bool `(B, T)`, True for steps that count.
        bias, rotation: see `MultiHeadAttention`.
        training: bool, whether there is dropout.

    Returns:
        `(B, T, N)`; zeros in masked steps.

    Raises:
        ValueError: an argument out of range.

    Example:
        >>> TransformerBlock(2)(keras.ops.ones((3, 5, 8))).shape
        (3, 5, 8)
    """

    def __init__(
        self,
        heads,
        *,
        feed_forward=None,
        norm="pre",
        dropout=0.0,
        activation="gelu",
        scores="dot",
        causal=False,
        seed=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.heads = positive_int("heads", heads)
        self.feed_forward = feed_forward
        if feed_forward is not None:
            positive_int("feed_forward", feed_forward)
        self.norm = norm_kind(norm)
        self.dropout = rate("dropout", dropout)
        self.activation = keras.activations.get(activation)
        self.scores, self.causal, self.seed = scores, causal, seed
        self.supports_masking = True
        part = {"dtype": self.dtype_policy}
        self.attention = MultiHeadAttention(
            heads, dropout=dropout, scores=scores, causal=causal, seed=seed, **part
        )
        seeds = [None if seed is None else seed + k for k in (1, 2, 3)]
        self.drops = [keras.layers.Dropout(self.dropout, seed=s, **part) for s in seeds]
        self.norms = [layer_norm(f"norm_{k}", **part) for k in range(2)]

    def build(self, x_shape):
        width = x_shape[-1]
        part = {"dtype": self.dtype_policy}
        inner = self.feed_forward or 4 * width
        self.attention.build(x_shape)
        self.inner = keras.layers.Dense(inner, self.activation, name="inner", **part)
        self.inner.build(x_shape)
        self.outer = keras.layers.Dense(width, name="outer", **part)
        self.outer.build((*x_shape[:-1], inner))
        for norm in self.norms:
            norm.build(x_shape)
        self.built = True

    def call(self, x, mask=None, bias=None, rotation=None, training=False):
        def attention(x):
            x = self.attention(x, mask=mask, bias=bias, rotation=rotation, training=training)
            return self.drops[0](x, training=training)

        def feed_forward(x):
            inner = self.drops[1](self.inner(x), training=training)
            return self.drops[2](self.outer(inner), training=training)

        x = without_padding(x, mask)
        for part, norm in zip((attention, feed_forward), self.norms, strict=True):
            if self.norm == "pre":
                x = x + part(norm(x))
            elif self.norm == "post":
                x = norm(x + part(x))
            else:
                x = x + norm(part(x))
        return without_padding(x, mask)

    def compute_output_shape(self, x_shape, *_):
        return x_shape


@keras.saving.register_keras_serializable("seqkit")
class TransformerEncoder(Configured, keras.layers.Layer):
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
        named = {"dtype": self.dtype_policy} if isinstance(positions, str) else {}
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
                seed=None if seed is None else seed + 4 * k,
                name=f"block_{k}",
                **part,
            )
            for k in range(self.layers)
        ]
        self.last = None if norm == "post" else layer_norm("norm", **part)

    def build(self, x_shape):
        shape = (*x_shape[:-1], self.units)
        self.entry = None
        if x_shape[-1] != self.units:
            self.entry = keras.layers.Dense(self.units, name="entry", dtype=self.dtype_policy)
            self.entry.build(x_shape)
        if self.positions is not None and not self.positions.built:
            self.positions.build(shape)
        for layer in [*self.blocks, *([] if self.last is None else [self.last])]:
            layer.build(shape)
        self.built = True

    def call(self, x, mask=None, training=False):
        x = without_padding(x, mask)
        x = x if self.entry is None else self.entry(x)
        rotation = bias = None
        if self.positions is not None:
            places = kinds.places(x, mask)
            x = self.positions.add(x, places)
            rotation = self.positions.rotation(places, self.units // self.heads)
            bias = self.positions.bias(places, places, self.heads)
        for block in self.blocks:
            x = block(x, mask=mask, bias=bias, rotation=rotation, training=training)
        return x if self.last is None else without_padding(self.last(x), mask)

    def compute_output_shape(self, x_shape, *_):
        return (*x_shape[:-1], self.units)


def norm_kind(norm):
    if norm not in NORMS:
        raise ValueError(f"`norm` must be one of {', '.join(NORMS)}. Received: {norm!r}")
    return norm


def layer_norm(name, **options):
    return keras.layers.LayerNormalization(epsilon=EPSILON, name=name, **options)
