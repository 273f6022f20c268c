"""Series made by a formula: a trend, two seasons, noise, and a covariate known in advance."""

import numpy as np

from seqkit.checks import int_from

__all__ = ["series"]

PERIOD, LONG_PERIOD = 24, 168


def series(n=8, *, steps=1008, seed=0, as_frame=False):
    """Hourly load of `n` imaginary plants.

    Each is a level and a trend, a daily and a weekly season of its own phase and strength, noise
    that remembers its last value, and a dip on hours of maintenance, which `maintenance` (0 or 1)
    announces: a model that does not read that column cannot foresee the dips.

    Args:
        n: int, how many series.
        steps: int, hours of each.
        seed: the same seed gives the same series.
        as_frame: return the long frame (`unique_id`, `ds`, `y`, `maintenance`) in place of
            `Series`.

    Returns:
        `Series` with the future covariate `maintenance`, or the frame.

    Raises:
        ValueError: `n` or `steps` is out of range.

    Example:
        >>> series(2, steps=48)
        <Series plants: 2 series of y, 96 steps, freq h>
    """
    int_from("n", n, 1, 10_000)
    int_from("steps", steps, 2, 100_000)
    import pandas as pd

    chance = np.random.default_rng(seed)
    hours, frames = np.arange(steps), []
    times = pd.date_range("2024-01-01", periods=steps, freq="h")
    for k in range(n):
        level, slope = chance.uniform(40, 80), chance.normal(0, 0.01)
        shift, day, week = chance.uniform(0, 24), chance.uniform(6, 14), chance.uniform(2, 6)
        wave = day * np.sin(2 * np.pi * (hours - shift) / PERIOD)
        wave += 0.3 * day * np.sin(4 * np.pi * (hours - shift) / PERIOD + 1)
        wave += week * np.sin(2 * np.pi * hours / LONG_PERIOD)
        noise, shocks = np.empty(steps), chance.normal(0, 1.5, steps)
        noise[0] = shocks[0]
        for t in range(1, steps):
            noise[t] = 0.7 * noise[t - 1] + shocks[t]
        maintenance = np.zeros(steps)
        for start in chance.choice(steps, max(1, steps // 120), replace=False):
            maintenance[start : start + 6] = 1
        load = level + slope * hours + wave + noise - 15 * maintenance
        frames.append(
            pd.DataFrame(
                {
                    "unique_id": f"plant {k}",
                    "ds": times,
                    "y": load.round(3),
                    "maintenance": maintenance,
                }
            )
        )
    frame = pd.concat(frames, ignore_index=True)
    if as_frame:
        return frame
    from seqkit.data.frames import as_series

    return as_series(frame, future=["maintenance"], freq="h", name="plants")
