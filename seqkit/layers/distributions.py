"""Heads that say a distribution of each value; the loss is minus the log-likelihood.

Shapes: ... any, of values; P numbers or parameters of each, K components.
"""

import math

import keras
from keras import ops

from seqkit.checks import positive_int
from seqkit.layers.heads import Head, softplus_inverse
from seqkit.layers.special import (
    bisect,
    log_gamma,
    normal_cdf,
    normal_quantile,
    t_cdf,
    t_constant,
    t_quantile,
)

__all__ = ["Gaussian", "Mixture", "NegativeBinomial", "StudentT"]

LOG_TAU = math.log(2 * math.pi)


def positive(raw, start=1.0):
    """Above zero; `start` where `raw` is 0."""
    return ops.softplus(raw + softplus_inverse(start)) + 1e-4


@keras.saving.register_keras_serializable("seqkit")
class Gaussian(Head):
    """Mean and standard deviation.

    Example:
        >>> head = Gaussian()
        >>> standard = keras.ops.convert_to_tensor([0.0, 1.0])
        >>> round(float(head.loss(0.0, standard)), 4), round(float(head.at(standard, 0.975)), 2)
        (0.9189, 1.96)
    """

    size = 2

    def constrain(self, raw):
        return ops.stack([raw[..., 0], positive(raw[..., 1])], axis=-1)

    def rescale(self, parameters, location, scale):
        mean, deviation = parameters[..., 0], parameters[..., 1]
        return ops.stack([mean * scale + location, deviation * scale], axis=-1)

    def loss(self, y, parameters):
        mean, deviation = parameters[..., 0], parameters[..., 1]
        z = (y - mean) / deviation
        return 0.5 * ops.square(z) + ops.log(deviation) + 0.5 * LOG_TAU

    def mean(self, parameters):
        return parameters[..., 0]

    def at(self, parameters, level):
        level = ops.convert_to_tensor(level, parameters.dtype)
        return parameters[..., 0] + parameters[..., 1] * normal_quantile(level)

    def crps(self, y, parameters):
        """Gneiting & Raftery 2007, equation 21 (with the sign of a loss)."""
        mean, deviation = parameters[..., 0], parameters[..., 1]
        z = (y - mean) / deviation
        density = ops.exp(-0.5 * (ops.square(z) + LOG_TAU))
        return deviation * (z * (2 * normal_cdf(z) - 1) + 2 * density - 1 / math.sqrt(math.pi))


@keras.saving.register_keras_serializable("seqkit")
class StudentT(Head):
    """Location, scale and degrees of freedom between 2 and 100: tails as heavy as the data's.

    Example:
        >>> head = StudentT()
        >>> round(float(head.at(keras.ops.convert_to_tensor([0.0, 1.0, 5.0]), 0.975)), 3)
        2.571
    """

    size = 3

    def constrain(self, raw):
        freedom = 2.01 + ops.minimum(positive(raw[..., 2], 6.0), 98.0)
        return ops.stack([raw[..., 0], positive(raw[..., 1]), freedom], axis=-1)

    def rescale(self, parameters, location, scale):
        centre, width, freedom = parts(parameters)
        return ops.stack([centre * scale + location, width * scale, freedom], axis=-1)

    def loss(self, y, parameters):
        centre, width, freedom = parts(parameters)
        z = (y - centre) / width
        constant = log_gamma(0.5 * (freedom + 1)) - log_gamma(0.5 * freedom)
        constant = constant - 0.5 * ops.log(math.pi * freedom) - ops.log(width)
        return 0.5 * (freedom + 1) * ops.log1p(ops.square(z) / freedom) - constant

    def mean(self, parameters):
        return parameters[..., 0]

    def at(self, parameters, level):
        centre, width, freedom = parts(parameters)
        level = ops.convert_to_tensor(level, parameters.dtype)
        return centre + width * t_quantile(level, freedom)

    def crps(self, y, parameters):
        """Jordan, Krueger, Lerch 2019, appendix A."""
        centre, width, v = parts(parameters)
        z = (y - centre) / width
        constant = t_constant(v) / ops.sqrt(v)
        density = constant * ops.exp(-0.5 * (v + 1) * ops.log1p(ops.square(z) / v))
        # B(1/2, v - 1/2) / B(1/2, v/2)^2
        spread = t_constant(v) ** 2 / t_constant(2 * v - 1)
        inner = z * (2 * t_cdf(z, v) - 1) + 2 * density * (v + ops.square(z)) / (v - 1)
        return width * (inner - 2 * ops.sqrt(v) / (v - 1) * spread)


@keras.saving.register_keras_serializable("seqkit")
class Mixture(Head):
    """`components` Gaussians with weights (Bishop 1994): more than one way the future may go.

    Args:
        components: K.

    Raises:
        ValueError: `components` is no positive int.

    Example:
        >>> Mixture(2).size
        6
    """

    def __init__(self, components=3):
        components = positive_int("components", components)
        self.components, self.size = components, 3 * components
        self.location = tuple(range(components, 2 * components))

    def constrain(self, raw):
        logits, means, deviations = self.split(raw)
        # Components that start alike would stay alike.
        apart = ops.arange(self.components, dtype=raw.dtype) - (self.components - 1) / 2
        return ops.concatenate(
            [ops.log_softmax(logits, axis=-1), means + apart, positive(deviations)], axis=-1
        )

    def split(self, parameters):
        k = self.components
        return parameters[..., :k], parameters[..., k : 2 * k], parameters[..., 2 * k :]

    def rescale(self, parameters, location, scale):
        weights, means, deviations = self.split(parameters)
        location, scale = location[..., None], scale[..., None]
        return ops.concatenate([weights, means * scale + location, deviations * scale], axis=-1)

    def loss(self, y, parameters):
        weights, means, deviations = self.split(parameters)
        z = (ops.expand_dims(y, -1) - means) / deviations
        logs = weights - 0.5 * ops.square(z) - ops.log(deviations) - 0.5 * LOG_TAU
        return -ops.logsumexp(logs, axis=-1)

    def mean(self, parameters):
        weights, means, _ = self.split(parameters)
        return ops.sum(ops.exp(weights) * means, axis=-1)

    def at(self, parameters, level):
        weights, means, deviations = self.split(parameters)
        level = ops.convert_to_tensor(level, parameters.dtype)

        def below(x):
            z = (ops.expand_dims(x, -1) - means) / deviations
            return ops.sum(ops.exp(weights) * normal_cdf(z), axis=-1)

        low = ops.min(means - 7 * deviations, axis=-1)
        return bisect(below, low, ops.max(means + 7 * deviations, axis=-1), level)

    def crps(self, y, parameters):
        """Grimit et al. 2006, equation 3."""
        weights, means, deviations = self.split(parameters)
        weights = ops.exp(weights)
        alone = ops.sum(weights * folded(ops.expand_dims(y, -1) - means, deviations), axis=-1)
        first, second = ops.expand_dims(means, -1), ops.expand_dims(means, -2)
        both = ops.expand_dims(deviations**2, -1) + ops.expand_dims(deviations**2, -2)
        pairs = ops.expand_dims(weights, -1) * ops.expand_dims(weights, -2)
        among = ops.sum(pairs * folded(first - second, ops.sqrt(both)), axis=(-2, -1))
        return alone - 0.5 * among


@keras.saving.register_keras_serializable("seqkit")
class NegativeBinomial(Head):
    """Counts: mean `m` and dispersion `a`, variance `m + a m^2` (Salinas et al. 2020, eq. 4).

    Args:
        limit: the largest count that a quantile may be, and that CRPS sums up to.

    Raises:
        ValueError: `limit` is no positive int.

    Example:
        >>> head = NegativeBinomial()
        >>> float(head.at(keras.ops.convert_to_tensor([10.0, 0.1]), 0.5))
        9.0
    """

    size, signed = 2, False

    def __init__(self, *, limit=10_000):
        self.limit = positive_int("limit", limit)

    def constrain(self, raw):
        return ops.stack([positive(raw[..., 0]), positive(raw[..., 1], 0.5)], axis=-1)

    def rescale(self, parameters, location, scale):
        """Counts stand on their own zero: `location` is not read."""
        return ops.stack([parameters[..., 0] * scale, parameters[..., 1] / ops.sqrt(scale)], -1)

    def loss(self, y, parameters):
        mean, r = parameters[..., 0], 1 / parameters[..., 1]
        likelihood = log_gamma(y + r) - log_gamma(y + 1) - log_gamma(r)
        likelihood = likelihood + r * ops.log(r / (r + mean)) + y * ops.log(mean / (r + mean))
        return -likelihood

    def mean(self, parameters):
        return parameters[..., 0]

    def at(self, parameters, level):
        """The smallest count up to which lies `level` or more."""
        mean = parameters[..., 0]
        level = ops.convert_to_tensor(level, parameters.dtype) + ops.zeros_like(mean)

        def more(k, below, count):
            return ops.any(below < level)

        def step(k, below, count):
            return ops.where(below < level, k + 1, count)

        return self.counted(parameters, more, step, ops.zeros_like(level))

    def crps(self, y, parameters):
        """`Σ_k (F(k) - 1[k >= y])^2`, the definition over counts."""
        y, mean = ops.cast(y, parameters.dtype), parameters[..., 0]
        deviation = ops.sqrt(mean + parameters[..., 1] * ops.square(mean))
        last = ops.max(ops.maximum(y, mean + 8 * deviation + 10))  # nothing to speak of beyond

        def more(k, below, total):
            return k <= last

        def step(k, below, total):
            return total + ops.square(below - ops.cast(k >= y, below.dtype))

        return self.counted(parameters, more, step, ops.zeros_like(y))

    def counted(self, parameters, more, step, start):
        """Goes through the counts `k` with `F(k)`, while there are `more` up to the limit."""
        mean, r = parameters[..., 0], 1 / parameters[..., 1]
        share = mean / (r + mean)
        # In logarithms: the chance of no count is no float32 where the mean is some hundreds.
        none = r * ops.log1p(-share) + ops.zeros_like(start)

        def going_on(k, mass, below, found):
            return ops.logical_and(k < self.limit, more(ops.cast(k, mass.dtype), below, found))

        def on(k, mass, below, found):
            at = ops.cast(k, mass.dtype)
            found = step(at, below, found)
            mass = mass + ops.log(share * (at + r) / (at + 1))
            return k + 1, mass, below + ops.exp(mass), found

        first = (ops.convert_to_tensor(0, "int32"), none, ops.exp(none), start)
        return ops.while_loop(going_on, on, first)[3]


def parts(parameters):
    return parameters[..., 0], parameters[..., 1], parameters[..., 2]


def folded(mean, deviation):
    """Mean of the absolute value of a normal."""
    z = mean / deviation
    density = ops.exp(-0.5 * (ops.square(z) + LOG_TAU))
    return 2 * deviation * density + mean * (2 * normal_cdf(z) - 1)
