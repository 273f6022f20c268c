"""Sequences drawn at random, as the model says how probable they are.

keras-hub's samplers draw one token for a batch from a generator of their own. Here the draws of a
text are given beforehand: they depend on nothing but the seed and the text's place, whatever its
neighbours, the backend, or the size of the batch; so only the rules that thin out the
distribution are wanted, a few lines each.

Shapes: B sentences, K samples of each, V ids, L steps.
"""

import dataclasses
import math

import keras
import numpy as np
from keras import ops

from seqkit.checks import int_from
from seqkit.decoding.beam import LOW, Beam, continued, count

__all__ = ["Sampling", "draws"]


@keras.saving.register_keras_serializable("seqkit")
@dataclasses.dataclass(frozen=True)
class Sampling:
    """How to draw sequences.

    Args:
        samples: int K, how many of each text, independent of each other.
        temperature: float; below 1 the probable becomes more probable.
        top_k: int; only the k most probable ids are drawn from. 0 for all (Fan et al. 2018).
        top_p: float in (0, 1]; only the fewest ids that have so much probability together are
            drawn from (Holtzman et al. 2020).
        no_repeat: int n; no sequence holds the same n ids in a row twice. 0 for any.

    Raises:
        ValueError: an argument out of range.

    Example:
        >>> Sampling(top_p=0.9).samples
        1
    """

    samples: int = 1
    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    no_repeat: int = 0

    def __post_init__(self):
        for name, least in (("samples", 1), ("top_k", 0), ("no_repeat", 0)):
            object.__setattr__(self, name, int_from(name, getattr(self, name), least))
        if not (isinstance(self.temperature, (int, float)) and 0 < self.temperature < math.inf):
            raise ValueError(
                "`temperature` must be positive and finite. "
                f"Received: temperature={self.temperature!r}"
            )
        if not (isinstance(self.top_p, (int, float)) and 0 < self.top_p <= 1):
            raise ValueError(f"`top_p` must be in (0, 1]. Received: top_p={self.top_p!r}")

    def get_config(self):
        return dataclasses.asdict(self)

    @classmethod
    def from_config(cls, config):
        return cls(**config)

    # What the search asks of either way to go on.
    beams = property(lambda self: self.samples)
    coverage_penalty, branches = 0.0, False

    def advance(self, beam, logits, log_sum, at, *, end, last, draws, **_):
        """One step on; as `beam.advance`, with `draws` `(B, K, L)`, uniform in [0, 1)."""
        steps = ops.arange(ops.shape(draws)[2], dtype="int32")
        draw = ops.sum(ops.where(steps == at, draws, 0.0), axis=2)
        draw = ops.reshape(draw, (-1, self.samples))  # graphs leave all sizes of inputs open
        token = ops.where(last[:, None], end, pick(self.thin(logits), draw))
        own = ops.take_along_axis(logits, token[..., None], axis=-1)[..., 0] - log_sum
        total = beam.total + own
        going = beam.scores <= LOW / 2
        ending = ops.logical_and(going, token == end)
        scores = ops.where(ending, total, beam.scores)
        parent = ops.broadcast_to(ops.arange(self.samples), ops.shape(token))
        new = Beam(
            total=total,
            ids=continued(beam.ids, at, token, parent),
            covered=beam.covered,
            scores=scores,
            finished=ops.where(ending[..., None], beam.ids, beam.finished),
            done=ops.logical_or(last, ops.all(scores > LOW / 2, axis=1)),
        )
        return new, token, parent

    def thin(self, logits):
        """Probabilities `(B, K, V)` of what may be drawn."""
        logits = ops.where(logits <= LOW / 2, LOW, logits / self.temperature)
        if self.top_k:
            least = ops.top_k(logits, min(self.top_k, logits.shape[-1]))[0][..., -1:]
            logits = ops.where(logits >= least, logits, LOW)
        shares = ops.softmax(logits, axis=-1)
        if self.top_p < 1:
            sorted_ = ops.flip(ops.sort(shares, axis=-1), axis=-1)
            before = ops.cumsum(sorted_, axis=-1) - sorted_
            least = ops.min(ops.where(before < self.top_p, sorted_, 1.0), axis=-1, keepdims=True)
            shares = ops.where(shares >= least, shares, 0.0)
        return shares


def pick(shares, draw):
    """The id at which the sum of the shares `(B, K, V)` passes the draw `(B, K)`."""
    sums = ops.cumsum(shares, axis=-1)
    passed = count(sums <= draw[..., None] * sums[..., -1:])
    return ops.minimum(passed, shares.shape[-1] - 1)


def draws(entropy, rows, samples, width):
    """Uniform numbers `(B, K, L)`, the same for a text wherever it stands in a batch."""
    return np.stack(
        [
            np.random.default_rng([entropy, int(row)]).random((width, samples), "float32").T
            for row in rows
        ]
    )
