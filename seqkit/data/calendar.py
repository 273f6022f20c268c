"""Where a step stands in the day, the week and the year, as waves; the same graph in the export.

Times are seconds of the wall clock since 1970, int64 of any shape.
"""

import math

import tensorflow as tf

from seqkit.data.frequency import offset_of

__all__ = ["FEATURES", "features", "features_for"]

DAY = 86_400
# Name: (phase of a time in [0, 1), longest step in seconds for which it tells steps apart).
FEATURES = {
    "minute": (lambda t: _share(t, 3_600), 1_800),
    "hour": (lambda t: _share(t, DAY), DAY // 2),
    "weekday": (lambda t: _share(t + 3 * DAY, 7 * DAY), 3 * DAY),  # 1970 began on a Thursday
    "yearday": (lambda t: _share_of_year(t), 120 * DAY),
}


def features_for(freq):
    """The features that tell the steps of a frequency apart: tuple of names."""
    import pandas as pd

    start = pd.Timestamp("2024-01-01")
    step = (start + offset_of(freq) + offset_of(freq) - (start + offset_of(freq))).total_seconds()
    # Minutes and hours repeat where a step is as long as they are.
    return tuple(name for name, (_, longest) in FEATURES.items() if step <= longest)


def features(seconds, names):
    """Waves of one period each: sine and cosine of the phase.

    Args:
        seconds: int64 (...), wall clock.
        names: names among `FEATURES`.

    Returns:
        float32 (..., 2 * len(names)).

    Example:
        >>> features(tf.constant([0, 43_200], tf.int64), ["hour"])[:, 1].numpy().tolist()
        [1.0, -1.0]
    """
    waves = []
    for name in names:
        angle = 2 * math.pi * FEATURES[name][0](seconds)
        waves += [tf.sin(angle), tf.cos(angle)]
    return tf.stack(waves, axis=-1) if waves else tf.zeros([*seconds.shape, 0])


def _share(seconds, period):
    """Whole numbers until the last step: float32 could not hold the seconds."""
    return tf.cast(tf.math.floormod(seconds, period), tf.float32) / period


def _share_of_year(seconds):
    """Years that begin on the 1st of March, so that a leap day comes last (Hinnant 2014)."""
    days = tf.math.floordiv(seconds, DAY) + 719_468  # since 0000-03-01
    of_era = tf.math.floormod(days, 146_097)
    year = (of_era - of_era // 1_460 + of_era // 36_524 - of_era // 146_096) // 365
    day = of_era - (365 * year + year // 4 - year // 100)
    return tf.cast(day, tf.float32) / 366.0
