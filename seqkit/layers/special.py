"""Functions of statistics that Keras has none of: log-gamma, the normal and Student's t.

All are elementwise, in the precision of their arguments, and differentiable where it says so.
"""

import math

import numpy as np
from keras import ops

__all__ = ["bisect", "log_gamma", "normal_cdf", "normal_quantile", "t_cdf", "t_quantile"]

# Lanczos 1964, g = 7: relative error below 1e-13 for x > 0.5.
LANCZOS = (
    0.99999999999980993,
    676.5203681218851,
    -1259.1392167224028,
    771.32342877765313,
    -176.61502916214059,
    12.507343278686905,
    -0.13857109526572012,
    9.9843695780195716e-6,
    1.5056327351493116e-7,
)
NODES, WEIGHTS = np.polynomial.legendre.leggauss(48)


def log_gamma(x):
    """`log Γ(x)` for x > 0, differentiable."""
    # Γ(x) = Γ(x + 1) / x keeps small x away from where the sum is weak.
    series = LANCZOS[0]
    for k, coefficient in enumerate(LANCZOS[1:], start=1):
        series = series + coefficient / (x + k)
    base = x + 7.5
    whole = 0.5 * math.log(2 * math.pi) + (x + 0.5) * ops.log(base) - base + ops.log(series)
    return whole - ops.log(x)


def normal_cdf(x):
    """Of the standard normal; differentiable."""
    return 0.5 * (1 + ops.erf(x / math.sqrt(2)))


def normal_quantile(levels):
    """Inverse of `normal_cdf`."""
    return math.sqrt(2) * ops.erfinv(2 * levels - 1)


def t_cdf(x, freedom):
    """Of Student's t, for `freedom` n in about [1, 200].

    With `x = sqrt(n) tan θ`, `F = 1/2 + c ∫_0^θ cos^(n-1)`, a smooth function on a bounded
    interval, which Gauss and Legendre's rule takes at 48 points.
    """
    angle = ops.arctan(x / ops.sqrt(freedom))
    return 0.5 + t_mass(angle, freedom)


def t_mass(angle, freedom):
    nodes = ops.convert_to_tensor(0.5 * (NODES + 1), dtype=angle.dtype)
    weights = ops.convert_to_tensor(0.5 * WEIGHTS, dtype=angle.dtype)
    angle, freedom = ops.expand_dims(angle, -1), ops.expand_dims(freedom, -1)
    heights = ops.exp((freedom - 1) * ops.log(ops.cos(angle * nodes)))
    return t_constant(freedom[..., 0]) * angle[..., 0] * ops.sum(weights * heights, axis=-1)


def t_constant(freedom):
    """`Γ((n + 1) / 2) / (Γ(n / 2) sqrt(π))`"""
    ratio = log_gamma(0.5 * (freedom + 1)) - log_gamma(0.5 * freedom)
    return ops.exp(ratio) / math.sqrt(math.pi)


def t_quantile(levels, freedom, steps=16):
    """Inverse of `t_cdf`, by Newton's steps in θ.

    The mass between 0 and θ is concave in θ, so that the steps from 0 approach from one side
    and never overshoot.
    """
    target = ops.abs(levels - 0.5)
    constant, angle = t_constant(freedom), ops.zeros_like(target * freedom)
    for _ in range(steps):
        slope = constant * ops.exp((freedom - 1) * ops.log(ops.cos(angle)))
        angle = ops.minimum(angle + (target - t_mass(angle, freedom)) / slope, 1.5705)
    return ops.sign(levels - 0.5) * ops.sqrt(freedom) * ops.tan(angle)


def bisect(function, low, high, target, steps=40):
    """Where an increasing elementwise function reaches `target`, between `low` and `high`."""
    for _ in range(steps):
        middle = 0.5 * (low + high)
        below = function(middle) < target
        low, high = ops.where(below, middle, low), ops.where(below, high, middle)
    return 0.5 * (low + high)
