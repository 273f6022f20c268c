"""Multi-head attention: each step of a sequence reads all steps of another, or of its own.

Shapes: B batch, T steps that ask, S steps that are read, D features, H heads.
"""

import math

import keras
from keras import ops

from seqkit.checks import positive_int, rate
from seqkit.configured import Configured
from seqkit.layers.ordering import without_padding
from seqkit.layers.precision import biased, product, wide, widened

__all__ = ["MultiHeadAttention"]

# Below any score; scores are float32 at least.
LOWEST = -1e30
# Where the cosine's temperature starts, and how low it goes (Liu et al. 2022).
TAU, LOWEST_TAU = 0.1, 0.01


@keras.saving.register_keras_serializable("seqkit")
class MultiHeadAttention(Configured, keras.layers.Layer):
    """`softmax(Q K^T / sqrt(d)) V` in each of H parts of width `d = D / H`, joined by `W^O`.

    Source: Vaswani et al. 2017, equation 1 and section 3.2.2. `scores="cosine"` is
    `cos(q, k) / tau` with a learned tau for each head, held above 0.01: Liu et al. 2022,
    "Swin Transformer V2", equation 2.

    Padding is not read and gives zeros, whatever stands in it, NaN included; so does a step
    that has nothing to read. The softmax runs in float32 at least.

    Args:
        heads: int H, a divisor of the query's width.
        dropout: rate, on the weights of the attention.
        scores: "dot" or "cosine".
        causal: bool. A step reads itself and those before it.
        use_bias: bool, a bias in each of the four projections.
        kernel_initializer: of the four matrices.
        seed: int, or None for one drawn at random; for the dropout.

    Call arguments:
        query: `(B, T, D)`.
        memory: `(B, S, M)`, what is read; `None` for the query itself.
        mask: bool `(B, T)`, True for steps of the query that count.
        memory_mask: bool `(B, S)`, the same for the memory; the query's where it reads itself.
        bias: added to the scores: anything that broadcasts to `(B, H, T, S)`.
        rotation: what `rotation` of a layer of `seqkit.layers.positions` returns, to turn
            queries and keys by; for a query that reads itself.
        return_weights: bool. Return `(output, weights)`, weights `(B, H, T, S)` being what
            each step takes from each, float32 at least, without dropout.
        training: bool, whether there is dropout.

    Returns:
        `(B, T, D)`.

    Raises:
        ValueError: a width that the heads do not divide, a rate or name out of range.

    Example:
        >>> attention = MultiHeadAttention(2)
        >>> attention(keras.ops.ones((3, 5, 8)), keras.ops.ones((3, 7, 6))).shape
        (3, 5, 8)
    """

    score_kinds = ("dot", "cosine")

    def __init__(
        self,
        heads,
        *,
        dropout=0.0,
        scores="dot",
        causal=False,
        use_bias=True,
        kernel_initializer="glorot_uniform",
        seed=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.heads = positive_int("heads", heads)
        self.dropout = rate("dropout", dropout)
        if scores not in self.score_kinds:
            raise ValueError(
                f"`scores` must be one of {', '.join(self.score_kinds)}. Received: {scores!r}"
            )
        self.scores = scores
        self.causal = causal
        self.use_bias = use_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.seed = seed
        self.drop = keras.layers.Dropout(self.dropout, seed=seed, dtype=self.dtype_policy)
        self.supports_masking = True

    def build(self, query_shape, memory_shape=None):
        units, width = query_shape[-1], (memory_shape or query_shape)[-1]
        if units % self.heads:
            raise ValueError(
                "`heads` must divide the width of the query. "
                f"Received: heads={self.heads}, width={units}"
            )
        shapes = {"query": units, "key": width, "value": width, "output": units}
        for name, rows in shapes.items():
            # A copy draws anew: one initializer gives the same matrix each time.
            start = self.kernel_initializer.clone()
            kernel = self.add_weight((rows, units), start, name=f"{name}_kernel")
            setattr(self, f"{name}_kernel", kernel)
            bias = None
            if self.use_bias:
                bias = self.add_weight((units,), "zeros", name=f"{name}_bias")
            setattr(self, f"{name}_bias", bias)
        if self.scores == "cosine":
            start = keras.initializers.Constant(math.log(TAU))
            # The logarithm: tau stays positive wherever training takes it.
            self.log_tau = self.add_weight((self.heads, 1, 1), start, name="log_tau")
        self.built = True

    def call(
        self,
        query,
        memory=None,
        mask=None,
        memory_mask=None,
        bias=None,
        rotation=None,
        return_weights=False,
        training=False,
    ):
        query = without_padding(query, mask)
        if memory is None:
            memory, memory_mask = query, mask
        keys, values = self.keys_and_values(memory, memory_mask, rotation)
        return self.attend(
            query,
            keys,
            values,
            allowed=self.allowed(query, keys, mask, memory_mask),
            bias=bias,
            rotation=rotation,
            return_weights=return_weights,
            training=training,
        )

    def keys_and_values(self, memory, memory_mask=None, rotation=None):
        """What a memory is to all who read it, `(B, H, S, D / H)` twice: once is enough."""
        memory = without_padding(memory, memory_mask)
        keys = turn(self.project(memory, "key"), rotation)
        return keys, self.project(memory, "value")

    def attend(
        self,
        query,
        keys,
        values,
        allowed=None,
        bias=None,
        rotation=None,
        return_weights=False,
        training=False,
    ):
        """`call`, for keys and values made before; `allowed` broadcasts to `(B, H, T, S)`."""
        scores = self.score(turn(self.project(query, "query"), rotation), keys)
        if bias is not None:
            scores = scores + ops.cast(bias, scores.dtype)
        weights = masked_softmax(scores, allowed)
        taken = ops.cast(self.drop(weights, training=training), values.dtype)
        joined = ops.transpose(ops.matmul(taken, values), (0, 2, 1, 3))  # (B, T, H, D / H)
        output = self.times(ops.reshape(joined, ops.shape(query)), "output")
        if allowed is not None:
            # Nothing to read: the bias of the output is not an answer either.
            output = ops.where(ops.any(allowed, axis=-1)[:, 0, :, None], output, 0)
        return (output, weights) if return_weights else output

    def allowed(self, query, keys, mask, memory_mask):
        """Bool `(B, 1, T, S)`, or with ones for B and T: which step may read which."""
        parts = []
        if mask is not None:
            parts.append(ops.cast(mask, "bool")[:, None, :, None])
        if memory_mask is not None:
            parts.append(ops.cast(memory_mask, "bool")[:, None, None, :])
        if self.causal:
            asking = ops.arange(ops.shape(query)[1], dtype="int32")[:, None]
            read = ops.arange(ops.shape(keys)[2], dtype="int32")
            parts.append((read <= asking)[None, None])
        allowed = None
        for part in parts:
            allowed = part if allowed is None else ops.logical_and(allowed, part)
        return allowed

    def score(self, query, keys):
        """`(B, H, T, S)`, in float32 at least."""
        if self.scores == "cosine":
            tau = ops.maximum(ops.exp(widened(self.log_tau)), LOWEST_TAU)
            query, keys = unit(query), unit(keys)
        else:
            tau = 1.0
            query = query * (1.0 / query.shape[-1] ** 0.5)  # first: float16 ends at 65504
        scores = ops.matmul(query, ops.transpose(keys, (0, 1, 3, 2)))
        return widened(scores) / tau

    def project(self, x, name):
        """`(B, T, *) -> (B, H, T, D / H)`."""
        x = self.times(x, name)
        batch, time = ops.shape(x)[0], ops.shape(x)[1]
        parts = ops.reshape(x, (batch, time, self.heads, x.shape[-1] // self.heads))
        return ops.transpose(parts, (0, 2, 1, 3))

    def times(self, x, name):
        kernel, bias = getattr(self, f"{name}_kernel"), getattr(self, f"{name}_bias")
        x = product(x, kernel)
        return x if bias is None else biased(x, bias)

    def compute_output_spec(self, query, *args, return_weights=False, memory=None, **kwargs):
        memory = args[0] if args else memory
        output = keras.KerasTensor(query.shape, dtype=self.compute_dtype)
        if not return_weights:
            return output
        steps = (query if memory is None else memory).shape[1]
        shape = (query.shape[0], self.heads, query.shape[1], steps)
        return output, keras.KerasTensor(shape, dtype=wide(self.compute_dtype))


def unit(x):
    """Vectors of length one; zeros stay zeros, with a gradient."""
    wider = widened(x)
    squares = ops.sum(ops.square(wider), axis=-1, keepdims=True)
    return ops.cast(wider * ops.rsqrt(ops.maximum(squares, 1e-12)), x.dtype)


def turn(x, rotation):
    """Pairs of features `(i, i + d / 2)` turned by their angles: Su et al. 2021, equation 34.

    The paper pairs neighbours; the learned projection before it makes the two the same.
    """
    if rotation is None:
        return x
    cos, sin = (ops.cast(part, x.dtype) for part in rotation)
    first, second = ops.split(x, 2, axis=-1)
    return ops.concatenate([first * cos - second * sin, second * cos + first * sin], axis=-1)


def masked_softmax(scores, allowed):
    """Shares over the last axis; all zeros where nothing is allowed."""
    if allowed is None:
        allowed = ops.ones([1] * len(scores.shape), "bool")
    if scores.shape[-1] in (0, 1):  # Keras's softmax warns of one, and JAX has none of zero
        return ops.where(allowed, ops.ones_like(scores), 0)
    shares = ops.softmax(ops.where(allowed, scores, LOWEST), axis=-1)
    return ops.where(allowed, shares, 0)
