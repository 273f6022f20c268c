"""What a model says of each value, and what it costs to be wrong: points and quantiles.

A head turns P raw numbers for each value into parameters, and parameters into answers.
Distributions are in `distributions.py`.

Shapes: ... any, of values; P numbers or parameters of each, Q levels.
"""

import math
import statistics

import keras
import numpy as np
from keras import ops

from seqkit.configured import Configured

__all__ = ["Head", "Paths", "Point", "Quantiles", "level_grid", "pinball", "softplus_inverse"]


class Head(Configured):
    """Base of what a forecaster says of each value. A leaf has no weights.

    A leaf has `size`, how many raw numbers it needs for each value, and the functions below,
    written in `keras.ops` on tensors whose last axis are those numbers.
    """

    size = 1
    location = (0,)  # which raw numbers say where the value is; the others say how sure
    probabilistic = True
    signed = True  # whether values may be shifted: counts may not

    def constrain(self, raw):
        """Raw numbers `(..., P)` -> parameters `(..., P)`, within their bounds."""
        return raw

    def rescale(self, parameters, location, scale):
        """Parameters of `value * scale + location`; both are `(...)` or broadcast to it."""
        raise NotImplementedError

    def loss(self, y, parameters):
        """What each value `(...)` costs under `(..., P)`."""
        raise NotImplementedError

    def mean(self, parameters):
        """`(..., P)` -> `(...)`"""
        raise NotImplementedError

    def quantile(self, parameters, levels):
        """`(..., P)` and a list of Q levels -> `(..., Q)`, ascending where the levels are."""
        levels = ops.convert_to_tensor(checked_levels(levels), parameters.dtype)
        return self.at(ops.expand_dims(parameters, -2), levels)  # all levels side by side

    def at(self, parameters, level):
        """The quantile of one level, a float or a tensor `(...)` of levels of their own."""
        raise NotImplementedError

    def spread(self, parameters):
        """How unsure the parameters are, `(...)`: a normal's standard deviation; or `None`."""
        return (self.at(parameters, 0.9) - self.at(parameters, 0.1)) / 2.563

    def crps(self, y, parameters):
        """Continuous ranked probability score of each value: `(...)`."""
        levels = level_grid(99)
        return 2 * ops.mean(pinball(y, self.quantile(parameters, levels), levels), axis=-1)


@keras.saving.register_keras_serializable("seqkit")
class Point(Head):
    """One number for each value.

    Args:
        loss: "mse", "mae" or "huber".
        delta: where Huber's loss turns from square to straight.

    Raises:
        ValueError: `loss` or `delta` is none of these.

    Example:
        >>> head = Point("huber")
        >>> float(head.loss(3.0, keras.ops.convert_to_tensor([1.0])))
        1.5
    """

    probabilistic = False

    def __init__(self, loss="mse", *, delta=1.0):
        if loss not in ("mse", "mae", "huber"):
            raise ValueError(f"`loss` must be one of mse, mae, huber. Received: loss={loss!r}")
        if not delta > 0:
            raise ValueError(f"`delta` must be above 0. Received: delta={delta!r}")
        self.loss_name, self.delta = loss, delta

    def get_config(self):
        return {"loss": self.loss_name, "delta": self.delta}

    def rescale(self, parameters, location, scale):
        return parameters * scale[..., None] + location[..., None]

    def loss(self, y, parameters):
        error = ops.abs(y - parameters[..., 0])
        if self.loss_name == "mse":
            return ops.square(error)
        if self.loss_name == "mae":
            return error
        square = 0.5 * ops.square(error)
        return ops.where(error < self.delta, square, self.delta * (error - 0.5 * self.delta))

    def mean(self, parameters):
        return parameters[..., 0]

    def quantile(self, parameters, levels):
        """The point at every level: a model that says nothing of its doubt."""
        return ops.repeat(parameters, len(checked_levels(levels)), axis=-1)

    def at(self, parameters, level):
        return parameters[..., 0]

    def spread(self, parameters):
        return None

    def crps(self, y, parameters):
        return ops.abs(y - parameters[..., 0])


@keras.saving.register_keras_serializable("seqkit")
class Quantiles(Head):
    """Several quantiles that cannot cross; the loss is the mean of their pinball losses.

    The middle one is a raw number, the others lie a softplus apart from their neighbours, as far
    as those of a standard normal where the raw numbers are zero.

    Args:
        levels: ascending, in (0, 1); 0.05, 0.1, 0.2, ... 0.9, 0.95 by default.

    Raises:
        ValueError: the levels are no such numbers.

    Example:
        >>> head = Quantiles([0.1, 0.5, 0.9])
        >>> head.constrain(keras.ops.zeros((1, 3))).numpy().round(2).tolist()
        [[-1.2799999713897705, 0.0, 1.2799999713897705]]
    """

    def __init__(self, levels=(0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)):
        self.levels = checked_levels(levels)
        if any(b <= a for a, b in zip(self.levels, self.levels[1:], strict=False)):
            raise ValueError(f"`levels` must ascend. Received: levels={list(levels)}")
        self.size, self.middle = len(self.levels), len(self.levels) // 2
        normal = [statistics.NormalDist().inv_cdf(level) for level in self.levels]
        self.location = (self.middle,)
        self.start = normal[self.middle]
        self.offsets = [softplus_inverse(gap) for gap in np.diff(normal)]

    def constrain(self, raw):
        middle = raw[..., self.middle : self.middle + 1] + self.start
        steps = ops.concatenate([raw[..., : self.middle], raw[..., self.middle + 1 :]], axis=-1)
        gaps = ops.softplus(steps + ops.convert_to_tensor(self.offsets, raw.dtype))
        up = ops.cumsum(gaps[..., self.middle :], axis=-1)
        down = ops.cumsum(ops.flip(gaps[..., : self.middle], axis=-1), axis=-1)
        return ops.concatenate([middle - ops.flip(down, axis=-1), middle, middle + up], axis=-1)

    def rescale(self, parameters, location, scale):
        return parameters * scale[..., None] + location[..., None]

    def loss(self, y, parameters):
        return ops.mean(pinball(y, parameters, self.levels), axis=-1)

    def mean(self, parameters):
        """Of the distribution that is straight between the levels, and ends at the outer ones."""
        inner = np.diff(self.levels)
        weights = np.r_[inner, 0.0] / 2 + np.r_[0.0, inner] / 2
        weights[0] += self.levels[0]
        weights[-1] += 1 - self.levels[-1]
        return ops.sum(parameters * ops.convert_to_tensor(weights, parameters.dtype), axis=-1)

    def at(self, parameters, level):
        """Straight between the levels; an outer level stands for all beyond it."""
        found = parameters[..., 0]
        for k, (low, high) in enumerate(zip(self.levels, self.levels[1:], strict=False)):
            share = (level - low) / (high - low)
            share = ops.clip(ops.cast(share, parameters.dtype), 0.0, 1.0)
            found = found + share * (parameters[..., k + 1] - parameters[..., k])
        return found


class Paths(Head):
    """Values drawn at random stand for their distribution: what a roll-out gives.

    Args:
        size: P, how many.
    """

    def __init__(self, size):
        self.size = size

    def rescale(self, parameters, location, scale):
        return parameters * scale[..., None] + location[..., None]

    def loss(self, y, parameters):
        return self.crps(y, parameters)

    def mean(self, parameters):
        return ops.mean(parameters, axis=-1)

    def crps(self, y, parameters):
        """`E|X - y| - E|X - X'| / 2` over the values, by their order."""
        ordered = ops.sort(parameters, axis=-1)
        return 2 * ops.mean(pinball(y, ordered, level_grid(self.size)), axis=-1)

    def at(self, parameters, level):
        return self.quantile(parameters, [level])[..., 0]

    def quantile(self, parameters, levels):
        """Straight between the values in their order, as NumPy has it."""
        ordered, last = ops.sort(parameters, axis=-1), self.size - 1
        places = [level * last for level in checked_levels(levels)]
        low = [min(int(place), max(last - 1, 0)) for place in places]
        share = ops.convert_to_tensor(
            [place - k for place, k in zip(places, low, strict=True)], parameters.dtype
        )
        below = ops.take(ordered, low, axis=-1)
        above = ops.take(ordered, [min(k + 1, last) for k in low], axis=-1)
        return below + share * (above - below)


def pinball(y, quantiles, levels):
    """`max(q (y - f), (q - 1) (y - f))` for each level: `(...)`, `(..., Q)` -> `(..., Q)`."""
    levels = ops.convert_to_tensor(levels, quantiles.dtype)
    error = ops.expand_dims(ops.cast(y, quantiles.dtype), -1) - quantiles
    return ops.maximum(levels * error, (levels - 1) * error)


def level_grid(count):
    """Levels in the middle of `count` equal shares, over which a mean is a midpoint rule."""
    return [(k + 0.5) / count for k in range(count)]


def checked_levels(levels):
    levels = [levels] if isinstance(levels, (int, float)) else list(levels)
    if not levels or not all(isinstance(q, (int, float)) and 0 < q < 1 for q in levels):
        raise ValueError(f"Levels must be numbers in (0, 1). Received: {levels}")
    return levels


def softplus_inverse(y):
    """`x` with `log(1 + exp(x)) = y`."""
    return math.log(math.expm1(y))
