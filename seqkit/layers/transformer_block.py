"""The block of a transformer: attention and a feed-forward net, each with a shortcut round it.

Shapes: B batch, T time, N units, S steps of a memory, H heads, d features of a head; and while
decoding R rows, as many for each of B memories, L steps that a cache has room for.
"""

import keras
from keras import ops

from seqkit.checks import positive_int, rate
from seqkit.configured import Configured
from seqkit.layers.attention import MultiHeadAttention
from seqkit.layers.ordering import without_padding
from seqkit.layers.precision import wide

__all__ = ["TransformerBlock"]

NORMS = ("pre", "post", "residual")
EPSILON = 1e-5  # of the layer norms, as in PyTorch
DRAWS = 6  # of noise in a block: on the weights of two attentions, on four tensors


@keras.saving.register_keras_serializable("seqkit")
class TransformerBlock(Configured, keras.layers.Layer):
    """Attention, then a feed-forward net, each with a shortcut round it and a layer norm.

    - `"pre"`: `x + F(norm(x))` (Xiong et al. 2020), which trains without a warm-up.
    - `"post"`: `norm(x + F(x))` (Vaswani et al. 2017, section 3.1).
    - `"residual"`: `x + norm(F(x))` (Liu et al. 2022, "Swin Transformer V2", section 3.2).

    With `cross`, a second attention stands between the two and reads a memory, as in the
    decoder of Vaswani et al. 2017.

    Args:
        heads: int, of the attention.
        feed_forward: int, width of the inner layer; four times the input's if None.
        norm: "pre", "post" or "residual".
        dropout: rate, on the attention's weights, the inner layer and what is added to `x`.
        activation: of the inner layer: "gelu", "relu" or what Keras takes.
        scores: "dot" or "cosine", of the attention.
        causal: bool. A step reads itself and those before it.
        cross: bool. Reads a memory too.
        seed: int, or None for one drawn at random; for the dropout.

    Call arguments:
        x: `(B, T, N)`.
        memory: `(B, S, M)`, with `cross`.
        mask: bool `(B, T)`, True for steps that count.
        memory_mask: bool `(B, S)`, the same for the memory.
        bias, rotation: of the self-attention, see `MultiHeadAttention`.
        return_weights: bool. Return `(output, weights)`, `(B, T, S)`: what each step takes
            from the memory, the mean over the heads.
        training: bool, whether there is dropout.

    Returns:
        `(B, T, N)`; zeros in masked steps.

    Raises:
        ValueError: an argument out of range, or a memory that is not read or not there.

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
        cross=False,
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
        self.scores, self.causal, self.cross, self.seed = scores, causal, cross, seed
        self.supports_masking = True
        part = {"dtype": self.dtype_policy}
        options = {"dropout": dropout, "scores": scores, "seed": seed, **part}
        self.attention = MultiHeadAttention(heads, causal=causal, **options)
        # A seed for each, or two parts would draw the same noise.
        seeds = [None if seed is None else seed + k for k in range(1, DRAWS)]
        options["seed"] = seeds.pop()
        self.reading = MultiHeadAttention(heads, **options) if cross else None
        seeds = seeds if cross else seeds[:-1]
        self.drops = [keras.layers.Dropout(self.dropout, seed=s, **part) for s in seeds]
        self.norms = [layer_norm(f"norm_{k}", **part) for k in range(2 + cross)]

    def build(self, x_shape, memory_shape=None):
        width = x_shape[-1]
        part = {"dtype": self.dtype_policy}
        inner = self.feed_forward or 4 * width
        self.attention.build(x_shape)
        if self.cross:
            self.reading.build(x_shape, memory_shape or x_shape)
        self.inner = keras.layers.Dense(inner, self.activation, name="inner", **part)
        self.inner.build(x_shape)
        self.outer = keras.layers.Dense(width, name="outer", **part)
        self.outer.build((*x_shape[:-1], inner))
        for norm in self.norms:
            norm.build(x_shape)
        self.built = True

    def call(
        self,
        x,
        memory=None,
        mask=None,
        memory_mask=None,
        bias=None,
        rotation=None,
        return_weights=False,
        training=False,
    ):
        if (memory is None) == self.cross:
            raise ValueError(
                f"A block with cross={self.cross} {'needs a' if self.cross else 'reads no'} "
                f"`memory`. Received: memory={memory if memory is None else tuple(memory.shape)}"
            )
        if return_weights and not self.cross:
            raise ValueError(
                "`return_weights` gives what is read of a memory, and a block with cross=False "
                "reads none. Received: return_weights=True"
            )

        def look_back(x):
            return self.attention(x, mask=mask, bias=bias, rotation=rotation, training=training)

        weights = []

        def read(x):
            x, seen = self.reading(
                x,
                memory,
                mask=mask,
                memory_mask=memory_mask,
                return_weights=True,
                training=training,
            )
            weights.append(seen)
            return x

        x = without_padding(x, mask)
        x = self.through(x, look_back, read, training)
        x = without_padding(x, mask)
        return (x, ops.mean(weights[0], axis=1)) if return_weights else x

    def step(self, x, cache, keep, allowed, memory, bias=None, rotation=None, weights=False):
        """One step of a decoder for all rows: what `call` gives for its last step.

        Args:
            x: `(R, 1, N)`.
            cache: pair `(R, H, L, d)`, keys and values of the steps so far.
            keep: callable `(cache, new) -> cache`, puts `(R, H, 1, d)` where it belongs.
            allowed: bool, broadcasts to `(R, 1, 1, L)`: the steps that are there.
            memory: `(keys, values, allowed)` of the memory, `(B, H, S, d)` twice and
                `(B, 1, 1, S)`; R is a multiple of B, the rows of one memory side by side.
            bias, rotation: as in `call`, for this step.
            weights: bool, whether to say what is read of the memory.

        Returns:
            `(R, 1, N)`, the cache with this step in it, and the weights `(R, S)`, the mean over
            the heads, or None.
        """
        kept, seen = [], []

        def look_back(x):
            new = self.attention.keys_and_values(x, rotation=rotation)
            kept.extend(keep(old, n) for old, n in zip(cache, new, strict=True))
            return self.attention.attend(x, *kept, allowed=allowed, bias=bias, rotation=rotation)

        def read(x):
            keys, values, readable = memory
            together = ops.reshape(x, (ops.shape(keys)[0], -1, x.shape[-1]))  # (B, K, N)
            context, heads = self.reading.attend(
                together, keys, values, allowed=readable, return_weights=True
            )
            if weights:
                seen.append(ops.reshape(ops.mean(heads, axis=1), (-1, ops.shape(heads)[-1])))
            return ops.reshape(context, ops.shape(x))

        x = self.through(x, look_back, read)
        return x, tuple(kept), seen[0] if seen else None

    def through(self, x, look_back, read, training=False):
        """The sublayers in their order, each with its shortcut, norm and dropout."""

        def feed_forward(x):
            inner = self.drops[1](self.inner(x), training=training)
            return self.outer(inner)

        parts = [(look_back, 0), *([(read, 3)] if self.cross else []), (feed_forward, 2)]
        for (part, drop), norm in zip(parts, self.norms, strict=True):

            def sublayer(x, part=part, drop=drop):
                return self.drops[drop](part(x), training=training)

            if self.norm == "pre":
                x = x + sublayer(norm(x))
            elif self.norm == "post":
                x = norm(x + sublayer(x))
            else:
                x = x + norm(sublayer(x))
        return x

    def compute_output_spec(self, x, memory=None, *_, return_weights=False, **__):
        output = keras.KerasTensor(x.shape, dtype=self.compute_dtype)
        if not return_weights:
            return output
        shape = (*x.shape[:2], memory.shape[1])
        return output, keras.KerasTensor(shape, dtype=wide(self.compute_dtype))


def norm_kind(norm):
    if norm not in NORMS:
        raise ValueError(f"`norm` must be one of {', '.join(NORMS)}. Received: {norm!r}")
    return norm


def layer_norm(name, **options):
    return keras.layers.LayerNormalization(epsilon=EPSILON, name=name, **options)
