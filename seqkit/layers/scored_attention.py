"""Attention of one head, as recurrent decoders use it: only the score differs.

Shapes: B batch, T steps that ask, S steps that are read, N width of a query, M of the memory,
A width in which an additive score compares.
"""

import math

import keras
from keras import ops

from seqkit.checks import positive_int, rate
from seqkit.configured import Configured
from seqkit.layers.attention import LOWEST_TAU, TAU, masked_softmax, unit
from seqkit.layers.ordering import without_padding
from seqkit.layers.precision import biased, product, wide, widened
from seqkit.layers.registry import construct, resolve

__all__ = [
    "ATTENTIONS",
    "AdditiveAttention",
    "CosineAttention",
    "DotAttention",
    "GeneralAttention",
    "ScoredAttention",
    "get",
]


class ScoredAttention(Configured, keras.layers.Layer):
    """`context_t = sum_s a_ts m_s` with `a_t = softmax_s(score(q_t, m_s))`.

    A base: a leaf says what `keys` a memory has and how a query `score`s them.

    Args:
        dropout: rate, on the weights `a`.
        seed: int, or None for one drawn at random; for the dropout.

    Call arguments:
        query: `(B, T, N)`.
        memory: `(B, S, M)`.
        memory_mask: bool `(B, S)`, True for steps that may be read.
        return_weights: bool. Return `(context, weights)`, weights `(B, T, S)`.
        training: bool, whether there is dropout.

    Returns:
        `(B, T, M)`; zeros where there is nothing to read.
    """

    def __init__(self, *, dropout=0.0, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.dropout = rate("dropout", dropout)
        self.seed = seed
        self.drop = keras.layers.Dropout(self.dropout, seed=seed, dtype=self.dtype_policy)
        self.supports_masking = True

    def build(self, query_shape, memory_shape):
        self.built = True

    def keys(self, memory):
        """What queries are compared with, `(B, S, *)`: once is enough for all of them."""
        return memory

    def score(self, query, keys):
        """`(B, T, S)`."""
        raise NotImplementedError

    def call(self, query, memory, memory_mask=None, return_weights=False, training=False):
        memory = without_padding(memory, memory_mask)
        allowed = None if memory_mask is None else ops.cast(memory_mask, "bool")[:, None]
        context, weights = self.attend(query, self.keys(memory), memory, allowed, training)
        return (context, weights) if return_weights else context

    def attend(self, query, keys, memory, allowed=None, training=False):
        """`call` for keys made before; `allowed` broadcasts to `(B, T, S)`. Gives weights too."""
        scores = self.score(query, keys)
        scores = widened(scores)
        weights = masked_softmax(scores, allowed)
        taken = ops.cast(self.drop(weights, training=training), memory.dtype)
        return ops.matmul(taken, memory), weights

    def compute_output_spec(self, query, memory, *args, return_weights=False, **kwargs):
        shape = (*query.shape[:2], memory.shape[-1])
        context = keras.KerasTensor(shape, dtype=self.compute_dtype)
        if not return_weights:
            return context
        shape = (*query.shape[:2], memory.shape[1])
        return context, keras.KerasTensor(shape, dtype=wide(self.compute_dtype))


@keras.saving.register_keras_serializable("seqkit")
class AdditiveAttention(ScoredAttention):
    """`score(q, m) = v . tanh(W q + U m + b)`. Bahdanau et al. 2015, appendix A.1.2.

    Args:
        units: int A; the query's width if None.
        dropout, seed: as in `ScoredAttention`, where call arguments and output are too.

    Example:
        >>> AdditiveAttention()(keras.ops.ones((2, 3, 4)), keras.ops.ones((2, 5, 6))).shape
        TensorShape([2, 3, 6])
    """

    def __init__(self, units=None, *, dropout=0.0, seed=None, **kwargs):
        super().__init__(dropout=dropout, seed=seed, **kwargs)
        self.units = None if units is None else positive_int("units", units)

    def build(self, query_shape, memory_shape):
        units = self.units or query_shape[-1]
        self.query_kernel = self.add_weight((query_shape[-1], units), name="query_kernel")
        self.key_kernel = self.add_weight((memory_shape[-1], units), name="key_kernel")
        self.bias = self.add_weight((units,), "zeros", name="bias")
        self.scale = self.add_weight((units, 1), name="scale")
        self.built = True

    def keys(self, memory):
        return biased(product(memory, self.key_kernel), self.bias)

    def score(self, query, keys):
        query = product(query, self.query_kernel)
        compared = ops.tanh(query[:, :, None] + keys[:, None])  # (B, T, S, A)
        return product(compared, self.scale)[..., 0]


@keras.saving.register_keras_serializable("seqkit")
class DotAttention(ScoredAttention):
    """`score(q, m) = q . m`. Luong et al. 2015, equation 8, "dot".

    Arguments and output as in `ScoredAttention`; query and memory are of one width.

    Example:
        >>> DotAttention()(keras.ops.ones((2, 3, 6)), keras.ops.ones((2, 5, 6))).shape
        TensorShape([2, 3, 6])
    """

    def build(self, query_shape, memory_shape):
        if query_shape[-1] != memory_shape[-1]:
            raise ValueError(
                '"dot" attention needs a query as wide as the memory; "general" does not. '
                f"Received: query {query_shape[-1]}, memory {memory_shape[-1]}"
            )
        super().build(query_shape, memory_shape)

    def score(self, query, keys):
        return ops.matmul(query, ops.transpose(keys, (0, 2, 1)))


@keras.saving.register_keras_serializable("seqkit")
class GeneralAttention(ScoredAttention):
    """`score(q, m) = q^T W m`. Luong et al. 2015, equation 8, "general".

    Arguments and output as in `ScoredAttention`.

    Example:
        >>> GeneralAttention()(keras.ops.ones((2, 3, 4)), keras.ops.ones((2, 5, 6))).shape
        TensorShape([2, 3, 6])
    """

    def build(self, query_shape, memory_shape):
        self.key_kernel = self.add_weight((memory_shape[-1], query_shape[-1]), name="key_kernel")
        self.built = True

    def keys(self, memory):
        return product(memory, self.key_kernel)

    score = DotAttention.score


@keras.saving.register_keras_serializable("seqkit")
class CosineAttention(GeneralAttention):
    """`score(q, m) = cos(q, W m) / tau`, tau learned and held above 0.01.

    Source: Liu et al. 2022, "Swin Transformer V2", equation 2, for one head; Graves 2014 (the
    neural Turing machine) scores so with a given sharpness. Arguments and output as in
    `ScoredAttention`.

    Example:
        >>> CosineAttention()(keras.ops.ones((2, 3, 4)), keras.ops.ones((2, 5, 6))).shape
        TensorShape([2, 3, 6])
    """

    def build(self, query_shape, memory_shape):
        super().build(query_shape, memory_shape)
        # The logarithm: tau stays positive wherever training takes it.
        start = keras.initializers.Constant(math.log(TAU))
        self.log_tau = self.add_weight((), start, name="log_tau")

    def keys(self, memory):
        return unit(super().keys(memory))

    def score(self, query, keys):
        cosine = super().score(unit(query), keys)
        tau = ops.maximum(ops.exp(widened(self.log_tau)), LOWEST_TAU)
        return ops.cast(cosine, tau.dtype) / tau


ATTENTIONS = {
    "additive": AdditiveAttention,
    "dot": DotAttention,
    "general": GeneralAttention,
    "cosine": CosineAttention,
}


def get(identifier, **options):
    """Attention from a name, a class, a saved config, a layer, or None for none.

    Args:
        identifier: a name of `ATTENTIONS`, a subclass of `ScoredAttention`, a config, a
            `ScoredAttention`, or `None`.
        **options: arguments of the constructor, with a name or a class.

    Raises:
        ValueError: an unknown name.
        TypeError: anything else that is no attention, or options for what is made already.

    Example:
        >>> get("additive", units=16).units
        16
    """
    found = resolve(identifier, ScoredAttention, ATTENTIONS, "attention", optional=True)
    return construct(found, "attention", options)
