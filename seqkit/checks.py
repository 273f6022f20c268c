"""Numbers out of range are refused in the same words everywhere."""

import math
import numbers

__all__ = ["int_from", "positive", "positive_int", "rate"]


def positive_int(name, value):
    """`value` as an int from 1 up; a clear error for anything else."""
    return int_from(name, value, 1)


def int_from(name, value, least, most=None):
    """`value` as an int of this range, NumPy's too; a clear error for anything else."""
    whole = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if not (whole and least <= value <= (math.inf if most is None else most)):
        end = "up" if most is None else f"to {most}"
        expected = "a positive int" if (least, most) == (1, None) else f"an int from {least} {end}"
        raise ValueError(f"`{name}` must be {expected}. Received: {name}={value!r}")
    return int(value)


def rate(name, value):
    """`value` as a float, if it is a rate in [0, 1); a clear error for anything else."""
    if not is_number(value) or not 0.0 <= value < 1.0:
        raise ValueError(f"`{name}` must be a rate in [0, 1). Received: {name}={value!r}")
    return float(value)


def positive(name, value):
    """`value` as a float, if it is a finite number over 0; a clear error for anything else."""
    if not is_number(value) or not 0 < value < math.inf:
        raise ValueError(f"`{name}` must be a positive number. Received: {name}={value!r}")
    return float(value)


def is_number(value):
    return isinstance(value, numbers.Real) and not isinstance(value, bool)
