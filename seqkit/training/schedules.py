"""Learning rates that rise first and fall then; for `keras.optimizers`.

Shapes: a step is a scalar, the updates made so far; the first update is step 0.
"""

import math

import keras
from keras import ops

from seqkit.checks import int_from, positive, positive_int
from seqkit.configured import Configured

__all__ = ["CosineWithWarmup", "InverseSquareRoot"]


class Schedule(keras.optimizers.schedules.LearningRateSchedule):
    def get_config(self):
        return {}  # Keras's own raises; `Configured` adds the arguments to what it finds here


@keras.saving.register_keras_serializable("seqkit")
class InverseSquareRoot(Configured, Schedule):
    """`rate(t) = peak * min(t / warmup, sqrt(warmup / t))`, with t = step + 1.

    Source: Vaswani et al. 2017, equation 3, whose `d_model^-0.5 * min(t^-0.5, t * warmup^-1.5)`
    is this with `peak = (d_model * warmup)^-0.5`. It knows no end: training may go on.

    Args:
        peak: float, the highest rate.
        warmup: int, the updates until then.

    Raises:
        ValueError: `peak` is not positive, or `warmup` no positive int.

    Example:
        >>> rate = InverseSquareRoot(1e-3, warmup=100)
        >>> [f"{float(rate(step)):.5f}" for step in (0, 99, 399)]
        ['0.00001', '0.00100', '0.00050']
    """

    def __init__(self, peak=1e-3, warmup=4000):
        self.peak = positive("peak", peak)
        self.warmup = positive_int("warmup", warmup)

    def __call__(self, step):
        """The rate as float32, for a number or an int tensor."""
        t = ops.cast(step, "float32") + 1.0
        return self.peak * ops.minimum(t / self.warmup, ops.sqrt(self.warmup / t))


@keras.saving.register_keras_serializable("seqkit")
class CosineWithWarmup(Configured, Schedule):
    """A straight line up to `peak`, then half a cosine down to `last`, and there it stays.

    Source: Loshchilov and Hutter 2017, "SGDR", equation 5, one run of it.
    `keras.optimizers.schedules.CosineDecay` draws the same curve, a step later, from what is left
    of the steps after the warm-up, and from `last` as a share of another rate. Here `steps` is all
    of them, and none is made at rate 0: the step after the last would be the first at `last`.

    Args:
        peak: float, the highest rate.
        steps: int, all updates of the training: steps of an epoch times epochs.
        warmup: int, the updates until the peak; 0 begins just below it.
        last: float, the rate that the step after the last would have.

    Raises:
        ValueError: `peak` is not positive, `steps` no int above `warmup`, `warmup` no int from 0,
            or `last` is not from 0 to `peak`.

    Example:
        >>> rate = CosineWithWarmup(1e-3, steps=300, warmup=100)
        >>> [f"{float(rate(step)):.5f}" for step in (0, 99, 199, 299)]
        ['0.00001', '0.00100', '0.00050', '0.00000']
    """

    def __init__(self, peak=1e-3, *, steps, warmup=0, last=0.0):
        self.peak = positive("peak", peak)
        self.warmup = int_from("warmup", warmup, 0)
        self.steps = int_from("steps", steps, self.warmup + 1)
        if isinstance(last, bool) or not isinstance(last, (int, float)) or not 0 <= last <= peak:
            raise ValueError(f"`last` must be from 0 to `peak`, {peak}. Received: last={last!r}")
        self.last = float(last)

    def __call__(self, step):
        """The rate as float32, for a number or an int tensor."""
        t = ops.cast(step, "float32") + 1.0
        done = ops.clip((t - self.warmup) / (self.steps - self.warmup + 1), 0.0, 1.0)
        falling = self.last + (self.peak - self.last) * 0.5 * (1.0 + ops.cos(math.pi * done))
        if not self.warmup:
            return falling
        return ops.where(t < self.warmup, self.peak * t / self.warmup, falling)
