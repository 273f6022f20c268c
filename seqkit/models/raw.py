"""Is this raw data, or batches of numbers made before?

Told by looks, so that no TensorFlow and no pandas has to be imported to ask.
"""

import os

import numpy as np

__all__ = ["is_raw", "is_raw_beside_dicts"]


def is_raw(x):
    """True for texts in any form: `Examples`, strings, lists of them, pandas, tf.data, a path.

    Args:
        x: what a user gave to `fit`, `evaluate` or `predict`.

    Returns:
        False for what Keras takes as it is: numeric arrays and tensors, batches of them.

    Example:
        >>> is_raw(["good", "bad"]), is_raw(np.zeros((2, 5), "int32"))
        (True, False)
    """
    if isinstance(x, (str, bytes, os.PathLike)) or hasattr(x, "texts"):
        return True
    if hasattr(x, "element_spec"):  # tf.data
        part = first(x.element_spec)
        parts = part.values() if isinstance(part, dict) else [part]
        return any(is_text_type(getattr(leaf, "dtype", None)) for leaf in parts)
    if type(x).__module__.partition(".")[0] == "pandas":
        return True
    if isinstance(x, zip):  # of texts and labels; Keras takes none
        return True
    if hasattr(x, "dtype"):
        return is_text_type(x.dtype)
    # Lists of lists or arrays are batches; a list of anything else is meant as texts, and
    # is told apart later, with a message that names the item that is none.
    if isinstance(x, (list, tuple)):
        batches = bool(x) and isinstance(x[0], (list, np.ndarray))
        batches = batches and not isinstance(first(x), (str, bytes))  # a pair, as JSON has them
        number = hasattr(first(x), "shape") and not isinstance(first(x), (str, bytes))  # NumPy's
        return not (batches or number)
    return False


def is_raw_beside_dicts(x):
    """For models whose batches are dicts of ids: False for these, and for datasets of them."""
    spec = getattr(x, "element_spec", None)  # tf.data
    if spec is not None:
        return not isinstance(spec[0] if isinstance(spec, tuple) else spec, dict)
    return isinstance(x, zip) or not (isinstance(x, dict) or hasattr(x, "__next__"))


def first(nested):
    while isinstance(nested, (list, tuple)) and nested:
        nested = nested[0]
    return nested


def is_text_type(dtype):
    if isinstance(dtype, np.dtype):
        return dtype.kind in "OSUT"
    return getattr(dtype, "name", str(dtype)) == "string"
