"""The weights of a linear-chain conditional random field, as a layer.

Shapes: B batch, T time, C tags.
"""

import keras
import numpy as np
from keras import ops

from seqkit.checks import positive_int
from seqkit.configured import Configured
from seqkit.layers import chain as chains

__all__ = ["CRF"]


@keras.saving.register_keras_serializable("seqkit")
class CRF(Configured, keras.layers.Layer):
    """Learned scores for one tag after another, on top of scores for each step.

    The probability of tags `y` is `exp(score(y)) / Σ_y' exp(score(y'))`, with `score` as in
    `chain.Chain` (Lafferty et al. 2001; on top of a BiLSTM, Huang et al. 2015).

    The output packs all that its loss needs into one tensor, for a loss in Keras sees only
    the output: any model that ends in this layer trains by `compile(loss=CRFLoss())`, with no
    training step of its own. `decode`, `marginals` and `k_best` read that tensor.

    Works in float32, or float64, under any policy. There is no row of padding that it minds,
    and no mask that it refuses.

    Args:
        tags: how many tags there are; the width of the input.
        allowed: `None`, or what may follow what, three nested lists or arrays of bool: start
            `(C,)`, transitions `(C, C)` from row to column, end `(C,)`.
        initializer: of the scores; zeros begin as a softmax over each step.
        regularizer: of the scores.
        constraint: of the scores.

    Raises:
        ValueError: if `tags` is no positive int, if `allowed` does not fit it or leaves no
            path, or if the input is not of that width.

    Example:
        >>> import numpy as np
        >>> from seqkit import training
        >>> crf = CRF(3)
        >>> model = keras.Sequential([keras.layers.Dense(3), crf])
        >>> model.compile("adam", training.CRFLoss())
        >>> x, y = np.random.rand(2, 5, 4), np.random.randint(0, 3, (2, 5))
        >>> history = model.fit(x, y, verbose=0)
        >>> crf.decode(model(x)).shape
        TensorShape([2, 5])
    """

    def __init__(
        self,
        tags,
        *,
        allowed=None,
        initializer="zeros",
        regularizer=None,
        constraint=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        # Sums over paths need float32: Keras must not narrow a wide input on its way in.
        self.autocast = False
        self.tags = tags = positive_int("tags", tags)
        self.allowed = None if allowed is None else nested(allowed, tags)
        self.initializer = keras.initializers.get(initializer)
        self.regularizer = keras.regularizers.get(regularizer)
        self.constraint = keras.constraints.get(constraint)
        self.supports_masking = True

    def build(self, input_shape):
        if input_shape[-1] != self.tags:
            raise ValueError(
                f"A CRF of {self.tags} tags reads a score for each of them, (B, T, {self.tags}). "
                f"Received: input of shape {tuple(input_shape)}"
            )
        dtype = "float64" if self.variable_dtype == "float64" else "float32"
        for name, shape in (
            ("transitions", (self.tags, self.tags)),
            ("start", (self.tags,)),
            ("end", (self.tags,)),
        ):
            weight = self.add_weight(
                shape,
                initializer=self.initializer,
                regularizer=self.regularizer,
                constraint=self.constraint,
                dtype=dtype,
                autocast=False,
                name=name,
            )
            setattr(self, name, weight)

    def call(self, emissions, mask=None):
        """Packs the emissions with the scores learned.

        Args:
            emissions: float `(B, T, C)`, the score of each tag at each step.
            mask: bool `(B, T)`, True where a step counts; `None` for everywhere.

        Returns:
            Float `(B, 2 + C + T, C + 1)`, see `chain.pack`.
        """
        if mask is None:
            mask = ops.ones(ops.shape(emissions)[:2], "bool")
        emissions = ops.cast(emissions, self.transitions.dtype)
        scores = [ops.convert_to_tensor(w) for w in (self.transitions, self.start, self.end)]
        if self.allowed is not None:
            start, transitions, end = (np.array(a) for a in self.allowed)
            may = (transitions, start, end)
            scores = [ops.where(a, w, chains.FORBIDDEN) for a, w in zip(may, scores, strict=True)]
        return chains.pack(chains.Chain(emissions, mask, *scores))

    def decode(self, packed):
        """The best tags: packed `(B, 2 + C + T, C + 1)` -> int32 `(B, T)`, 0 for padding."""
        return chains.viterbi(chains.unpack(packed))[0]

    def k_best(self, packed, k):
        """The `k` best paths, int32 `(B, K, T)`, and their log-probabilities `(B, K)`."""
        chain = chains.unpack(packed)
        tags, scores = chains.k_best(chain, k)
        return tags, scores - chains.log_partition(chain)[:, None]

    def marginals(self, packed):
        """The probability of each tag at each step, `(B, T, C)`, 0 for padding."""
        return chains.marginals(chains.unpack(packed))

    def compute_mask(self, emissions, mask=None):
        return None  # it is in the output, whose rows are not steps

    def compute_output_shape(self, input_shape):
        batch, time, _ = input_shape
        rows = None if time is None else 2 + self.tags + time
        return (batch, rows, self.tags + 1)

    def compute_output_spec(self, emissions, mask=None):
        wide = "float64" if self.variable_dtype == "float64" else "float32"
        return keras.KerasTensor(self.compute_output_shape(emissions.shape), dtype=wide)


def nested(allowed, tags):
    """`(start, transitions, end)` as nested lists of bool, as a config holds them."""
    shapes = ((tags,), (tags, tags), (tags,))
    try:
        parts = [np.asarray(part, bool) for part in allowed]
        fits = tuple(part.shape for part in parts) == shapes
    except (TypeError, ValueError):
        fits = False
    if not fits:
        shown = [np.shape(p) for p in allowed] if isinstance(allowed, (list, tuple)) else allowed
        raise ValueError(
            "`allowed` must be (start, transitions, end), bool, of shapes "
            f"{', '.join(map(str, shapes))}. Received: {shown!r}"
        )
    start, transitions, end = parts
    reached, seen = start, None
    while seen is None or (reached != seen).any():
        seen, reached = reached, reached | (reached @ transitions)
    if not (reached & end).any():
        raise ValueError(
            "`allowed` leaves no path from a start to an end. "
            f"Received: {int(start.sum())} tags allowed at the start, {int(end.sum())} at the end"
        )
    return [part.tolist() for part in parts]
