"""Losses on a tag for each step of a sentence.

Shapes: B batch, T time, C tags.
"""

import dataclasses

import keras
from keras import ops

from seqkit.checks import rate
from seqkit.configured import Configured
from seqkit.layers import chain as chains

__all__ = ["CRFLoss", "TokenCrossentropy"]

NORMALISE = ("batch_tokens", "tokens", None)


class PerToken(Configured, keras.losses.Loss):
    """Losses of sentences, on the scale of one token.

    Args:
        normalise: what the loss of a sentence is divided by: "batch_tokens", the mean number
            of tokens in a sentence of the batch; "tokens", its own; `None`, nothing.
    """

    def __init__(self, *, normalise="batch_tokens", **kwargs):
        super().__init__(**kwargs)
        if normalise not in NORMALISE:
            expected = ", ".join(repr(n) for n in NORMALISE)
            raise ValueError(
                f"`normalise` must be one of {expected}. Received: normalise={normalise!r}"
            )
        self.normalise = normalise

    def __call__(self, y_true, y_pred, sample_weight=None):
        # Keras takes a list for a structure of labels, and converts its entries one by one.
        return super().__call__(ops.convert_to_tensor(y_true), y_pred, sample_weight)

    def normalised(self, losses, tokens):
        """Losses `(B,)` of sentences with that many tokens `(B,)`."""
        if self.normalise is None:
            return losses
        if self.normalise == "batch_tokens":
            tokens = ops.sum(tokens) / ops.cast(ops.maximum(ops.size(tokens), 1), tokens.dtype)
            # Not 1: a batch in which most sentences are empty has less than one on average.
            return losses / ops.where(tokens > 0, tokens, 1)
        return losses / ops.maximum(tokens, 1)


@keras.saving.register_keras_serializable("seqkit")
class CRFLoss(PerToken):
    """Negative log-likelihood of the tags under a `layers.CRF`: `log Z - score(y)`.

    Reads the layer's packed output; padding is left out by the mask packed there, whatever
    the labels say. With `partial=True` it is `log Z - log Z'`, where `Z'` sums over the paths
    that agree with the labels (Tsuboi et al. 2008), at the price of a second recursion.

    A label that the layer's scheme forbids costs `1e4` for each forbidden move: the loss
    shows it, and training goes on.

    Args:
        partial: bool. Labels of -1 are unlabelled: any tag may stand there. Labels may also be
            `(B, T, C)`, 1 for each tag that may. If False, -1 takes its step out of the chain,
            as padding does.
        normalise: "batch_tokens" divides each sentence's loss by the mean number of tokens in
            a sentence of the batch, so that the mean over the batch is one over its tokens,
            and the gradient has the same scale for short and long batches; "tokens" divides by
            the sentence's own, which counts every sentence alike; `None` is the log-likelihood
            of sentences itself.

    Raises:
        ValueError: if `normalise` is none of these, or labels `(B, T, C)` meet `partial=False`.

    Example:
        >>> import numpy as np
        >>> from seqkit import layers
        >>> packed = layers.CRF(2)(np.zeros((1, 3, 2)))
        >>> round(float(CRFLoss()([[0, 1, 1]], packed)), 4)  # log 2 for each of three tokens
        0.6931
        >>> float(CRFLoss(partial=True)([[-1, -1, -1]], packed))
        0.0
    """

    def __init__(self, partial=False, *, normalise="batch_tokens", name="crf_loss", **kwargs):
        super().__init__(normalise=normalise, name=name, **kwargs)
        self.partial = partial

    def call(self, y_true, y_pred):
        """Loss of each sentence: labels `(B, T)`, packed `(B, 2 + C + T, C + 1)` -> `(B,)`."""
        chain = chains.unpack(y_pred)
        if self.partial:
            own = chains.log_partition(chain, may_be(y_true, chain.emissions.shape[-1]))
        elif len(y_true.shape) == 2:
            labels = whole(y_true)
            labelled = ops.logical_and(chain.mask, labels >= 0)
            chain = dataclasses.replace(chain, mask=labelled)
            own = chains.score(chain, labels)
        else:
            raise ValueError(
                "Labels (B, T, C) of tags that may stand at a step need `partial=True`. "
                f"Received: labels of shape {tuple(y_true.shape)}, partial=False"
            )
        tokens = ops.sum(ops.cast(chain.mask, y_pred.dtype), axis=1)
        return self.normalised(chains.log_partition(chain) - own, tokens)


@keras.saving.register_keras_serializable("seqkit")
class TokenCrossentropy(PerToken):
    """Cross-entropy of a tag for each token; negative labels, as of padding, count nothing.

    Keras averages over the padded length; this averages over the tokens of the batch, so that
    a short sentence beside a long one weighs what its tokens weigh.

    Args:
        smoothing: the share of probability spread over all tags, in `[0, 1)`.
        normalise: as in `CRFLoss`.

    Raises:
        ValueError: if `smoothing` or `normalise` is out of range.

    Example:
        >>> loss = TokenCrossentropy()
        >>> round(float(loss([[0, 1, -1]], [[[0.0, 0.0], [0.0, 0.0], [9.0, 0.0]]])), 4)
        0.6931
    """

    def __init__(
        self, smoothing=0.0, *, normalise="batch_tokens", name="token_crossentropy", **kwargs
    ):
        super().__init__(normalise=normalise, name=name, **kwargs)
        self.smoothing = rate("smoothing", smoothing)

    def __call__(self, y_true, y_pred, sample_weight=None):
        """As in Keras; weights `(B,)` of sentences or `(B, T)` of tokens."""
        # Keras would multiply the losses of sentences by a mask `(B, T)` that the logits bear,
        # and by weights of that shape.
        mask = getattr(y_pred, "_keras_mask", None)
        y_true, y_pred = ops.convert_to_tensor(y_true), ops.copy(y_pred)
        if mask is not None:
            y_true = ops.where(mask, y_true, ops.cast(-1, y_true.dtype))
        if sample_weight is not None:
            sample_weight = ops.convert_to_tensor(sample_weight, dtype=self.dtype)
            if len(sample_weight.shape) == 2:
                y_pred, sample_weight = (y_pred, sample_weight), None
        return super().__call__(y_true, y_pred, sample_weight)

    def call(self, y_true, y_pred):
        """Loss of each sentence: labels `(B, T)`, logits `(B, T, C)` -> `(B,)`.

        Logits may be a pair of them and weights of tokens `(B, T)`.
        """
        y_pred, weights = y_pred if isinstance(y_pred, tuple) else (y_pred, 1.0)
        labels = whole(y_true)
        counts = labels >= 0
        # `where` and not a product: NaN times zero is NaN.
        logits = ops.where(counts[:, :, None], y_pred, ops.zeros_like(y_pred))
        # One fused operation where the backend has it: a vocabulary is the widest axis there is.
        classes = logits.shape[-1]
        target = ops.one_hot(ops.maximum(labels, 0), classes, dtype=logits.dtype)
        target = target * (1 - self.smoothing) + self.smoothing / classes
        loss = ops.categorical_crossentropy(target, logits, from_logits=True)
        tokens = ops.cast(counts, loss.dtype)
        return self.normalised(ops.sum(loss * weights * tokens, axis=1), ops.sum(tokens, axis=1))


def whole(labels):
    """Keras gives labels the dtype of the predictions; they are whole numbers all the same."""
    return ops.cast(ops.round(labels), "int32")


def may_be(labels, tags):
    """Labels `(B, T)`, -1 for any, or `(B, T, C)` of 0 and 1, as bool `(B, T, C)`."""
    if len(labels.shape) == 3:
        return labels > 0.5
    labels = whole(labels)[:, :, None]
    return ops.logical_or(labels < 0, ops.equal(labels, ops.arange(tags, dtype="int32")))
