"""Public series: how their files are read and cut into parts."""

import numpy as np

from seqkit.data.examples import Splits
from seqkit.data.frames import as_series

__all__ = ["airline", "etth1", "split_airline", "split_etth1", "split_sunspots", "sunspots"]

# Zhou et al. 2021, "Informer": 12, 4 and 4 months of 30 days of hours; the rest is not read.
ETTH1 = (12 * 30 * 24, 16 * 30 * 24, 20 * 30 * 24)


def etth1(path):
    """Seven targets of one transformer: six loads and the oil temperature `OT`."""
    return as_series(_frame(path).set_index("date"), name="etth1")


def split_etth1(series):
    """The split that all published figures use."""
    first, middle, last = ETTH1
    none = np.zeros(1, np.int64)
    return Splits(
        {
            "train": series.part(none, none + first),
            "validation": series.part(none, none + middle, begins=none + first),
            "test": series.part(none, none + last, begins=none + middle),
        },
        name="etth1",
    )


def airline(path):
    """Passengers of international airlines, 1949 to 1960 (Box & Jenkins)."""
    return as_series(_frame(path), time="Month", target="Passengers", name="airline")


def split_airline(series):
    """The last two years to test, the two before to validate."""
    return series.split(validation=24, test=24)


def sunspots(path):
    """Sunspots seen from Zurich, 1749 to 1983 (Andrews & Herzberg)."""
    return as_series(_frame(path), time="Month", target="Sunspots", name="sunspots")


def split_sunspots(series):
    """Twenty years to test, the twenty before to validate."""
    return series.split(validation=240, test=240)


def _frame(path):
    import pandas as pd

    frame = pd.read_csv(path)
    first = frame.columns[0]
    return frame.assign(**{first: pd.to_datetime(frame[first])})
