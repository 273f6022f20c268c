import pathlib

import numpy as np
import pandas
import pytest
import tensorflow as tf

from seqkit.data import Examples
from seqkit.models.raw import is_raw

TEXTS = ["good", "bad"]
IDS = np.zeros((2, 3), "int32")

RAW = {
    "list of str": TEXTS,
    "pairs": [("good", "1"), ("bad", "0")],
    "list of NumPy str": list(np.array(TEXTS)),
    "pairs of NumPy str": list(zip(np.array(TEXTS), np.array(TEXTS), strict=True)),
    "empty list": [],
    "list of None": [None, "good"],
    "list of numbers": [1, 2],
    "str array": np.array(TEXTS),
    "object array": np.array(TEXTS, object),
    "bytes array": np.array([b"good", b"bad"]),
    "Examples": Examples(TEXTS),
    "pandas series": pandas.Series(TEXTS),
    "pandas frame": pandas.DataFrame({"text": TEXTS, "label": [0, 1]}),
    "tf strings": tf.constant(TEXTS),
    "tf.data of strings": tf.data.Dataset.from_tensor_slices(TEXTS),
    "tf.data of pairs": tf.data.Dataset.from_tensor_slices((TEXTS, [0, 1])).batch(2),
    "tf.data of dicts": tf.data.Dataset.from_tensor_slices({"text": TEXTS, "label": [0, 1]}),
    "zip": zip(TEXTS, [0, 1], strict=True),
    "pairs as lists": [["good", "1"], ["bad", "0"]],
    "path": pathlib.Path("train.tsv"),
    "name of a file": "train.tsv",
}
READY = {
    "int array": IDS,
    "list of lists": IDS.tolist(),
    "list of arrays": [IDS],
    "tensor": tf.constant(IDS),
    "tf.data of dicts of ids": tf.data.Dataset.from_tensor_slices({"ids": IDS}).batch(2),
    "tf.data of ids": tf.data.Dataset.from_tensor_slices((IDS, [0, 1])).batch(2),
    "generator": (IDS for _ in range(2)),
    "None": None,
}


@pytest.mark.parametrize("name", RAW)
def test_raw(name):
    assert is_raw(RAW[name])


@pytest.mark.parametrize("name", READY)
def test_ready(name):
    assert not is_raw(READY[name])
