"""How fast windows of many series are cut, and how much memory that takes beside the data.

    python benchmarks/windows.py
    python benchmarks/windows.py --series 1000 --steps 10000 --batch-sizes 32 1024

Memory is the peak of the process above what it held before: before `as_series` with the frame in
it, before `Windows` with the series in it. Window steps are look-back and horizon of every window;
medians of the rounds, in which the batch sizes take turns. Linux alone counts peaks this way.
"""

import argparse
import gc
import os
import pathlib
import statistics
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pandas as pd

from seqkit.data import Windows, as_series

MIB = 2**20


def held():
    """Bytes in memory now, and the most there were since `forget`."""
    status = pathlib.Path("/proc/self/status").read_text()
    fields = dict(line.split(":", 1) for line in status.splitlines())
    return tuple(int(fields[name].split()[0]) * 1024 for name in ("VmRSS", "VmHWM"))


def forget():
    """The peak of memory counts from here on; returns what is held."""
    gc.collect()
    pathlib.Path("/proc/self/clear_refs").write_text("5")
    return held()[0]


def frame_of(series, steps):
    return pd.DataFrame(
        {
            "unique_id": np.repeat(np.arange(series), steps),
            "ds": np.tile(pd.date_range("2024-01-01", periods=steps, freq="h"), series),
            "y": np.random.default_rng(0).normal(size=series * steps),
        }
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--series", type=int, default=10_000)
    parser.add_argument("--steps", type=int, default=1_000)
    parser.add_argument("--lookback", type=int, default=96)
    parser.add_argument("--horizon", type=int, default=24)
    parser.add_argument("--batch-sizes", nargs="+", type=int, default=[32, 256, 1024])
    parser.add_argument("--windows", type=int, default=200_000, help="to cut in each round")
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()

    frame = frame_of(chosen.series, chosen.steps)
    before, start = forget(), time.perf_counter()
    series = as_series(frame)
    took, peak = time.perf_counter() - start, held()[1]
    arrays = series.values.nbytes + series.times.asi8.nbytes
    print(
        f"as_series: {took:.1f} s, peak {(peak - before) / MIB:,.0f} MiB above the frame; "
        f"the series hold {arrays / MIB:,.0f} MiB"
    )
    del frame
    next(iter(Windows(series.subset([0]), 8, 1).dataset))  # what TensorFlow itself takes
    before = forget()
    sizes, rates = (chosen.lookback, chosen.horizon), {}
    every = {
        size: Windows(series, *sizes, batch_size=size, shuffle=True, seed=0)
        for size in chosen.batch_sizes
    }
    for _ in range(chosen.rounds):
        for size, windows in every.items():
            steps, start = 0, time.perf_counter()
            for x, y in windows.dataset.take(-(-chosen.windows // size)):
                steps += len(y) * (x["values"].shape[1] + y.shape[1])
            rates.setdefault(size, []).append(steps / (time.perf_counter() - start))
    print(f"windows: peak {(held()[1] - before) / MIB:,.0f} MiB above the series")
    print(f"{'batch':>6}{'million window steps/s':>24}")
    for size, found in rates.items():
        print(f"{size:>6}{statistics.median(found) / 1e6:>24.1f}")


if __name__ == "__main__":
    main()
