"""Whatever raw data a user holds -> `Examples`: lists, arrays, pandas, tf.data, a path."""

import os
import pathlib

import numpy as np
import tensorflow as tf

from seqkit.data.examples import DataError, Examples, source
from seqkit.data.graphed import as_it_is
from seqkit.data.readers import read_csv, read_folder, read_jsonl, read_tsv

__all__ = ["as_examples", "from_dataset", "from_lists", "from_pandas", "read"]

READERS = {".tsv": read_tsv, ".csv": read_csv, ".jsonl": read_jsonl}
# One transfer per this many strings: element by element costs 50 us each.
CHUNK = 4096


def read(path, **options):
    """Reads a `.tsv`, `.csv` or `.jsonl` file (or `.gz` of it), or a folder per label.

    Args:
        path: The file or folder; its suffix chooses the reader.
        **options: Handed to the reader.

    Returns:
        `Examples`.

    Raises:
        DataError: The suffix is not known, or what the reader raises.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp(), "reviews.csv")
        >>> _ = path.write_text("text,label\\ngood fun,positive\\n")
        >>> len(read(path))
        1
    """
    path = pathlib.Path(path)
    if path.is_dir():
        return read_folder(path, **options)
    suffix = pathlib.Path(path.stem if path.suffix == ".gz" else path.name).suffix
    if suffix not in READERS:
        raise DataError(
            f"{path}: expected a folder or a file ending in {', '.join(READERS)} or .gz of it. "
            f"Received: suffix {suffix!r}"
        )
    return READERS[suffix](path, **options)


def from_lists(texts, labels=None, *, name="lists"):
    """Examples from a list of texts and, if there are any, a list of labels.

    Args:
        texts: Sequence of str.
        labels: Sequence of str or int of the same length, or `None`.
        name: What messages call the data.

    Returns:
        `Examples`.

    Raises:
        DataError: A value is missing or of another kind, or the lengths differ.

    Example:
        >>> list(from_lists(["good", "bad"], [1, 0]))
        [('good', '1'), ('bad', '0')]
    """
    if isinstance(texts, (str, bytes)):
        raise DataError(f"{name}: expected a list of texts. Received: the one text {texts!r}")
    return Examples(texts, labels, name=name)


def from_pandas(frame, *, text="text", label="label", name="frame"):
    """Examples from a pandas frame, or texts from a series.

    Args:
        frame: `pandas.DataFrame`, or a `pandas.Series` of texts.
        text: Column of the text.
        label: Column of the label; `None` reads texts only.
        name: What messages call the data.

    Returns:
        `Examples`, in the order of the rows.

    Raises:
        DataError: A column is absent, or a row's text or label is missing or of another kind.

    Example:
        >>> import pandas
        >>> frame = pandas.DataFrame({"text": ["good"], "label": ["positive"]})
        >>> list(from_pandas(frame))
        [('good', 'positive')]
    """
    if frame.ndim == 1:
        return Examples(_column(frame, name), name=name)
    for column in (text, label):
        if column is not None and column not in frame.columns:
            raise DataError(
                f"{name}: expected a column {column!r}. "
                f"Received: {', '.join(map(str, frame.columns))}"
            )
    labels = None if label is None else _column(frame[label], name)
    return Examples(_column(frame[text], name), labels, name=name)


def from_dataset(dataset, *, name="dataset", bare=False):
    """Examples from a finite `tf.data.Dataset` of strings or (string, label), batched or not.

    The whole stream is read into memory once, as text: bucketing by length has to see every
    length, and 1 GB of text takes about 2 GB. A stream larger than that has to be fed in parts.

    Args:
        dataset: Elements are a string tensor of rank 0, (B,) or (B, 1), alone or in a pair with
            labels (string or integer) of the same shape.
        name: What messages call the data.
        bare: Whether the labels, of whatever type, are left out.

    Returns:
        `Examples`, in the order of the stream.

    Raises:
        DataError: The stream is infinite, or its elements are of another kind.

    Example:
        >>> stream = tf.data.Dataset.from_tensor_slices((["good", "bad"], [1, 0]))
        >>> list(from_dataset(stream))
        [('good', '1'), ('bad', '0')]
    """
    columns = dataset_columns(dataset, name, "text or (text, label)", bare=bare)
    return Examples(columns[0], columns[1] if len(columns) == 2 else None, name=name)


def dataset_columns(dataset, name, expected, bare=False):
    """A list of values for each part of a finite dataset of strings and their labels, if any."""
    if int(dataset.cardinality()) == tf.data.INFINITE_CARDINALITY:
        raise DataError(f"{name}: expected a finite dataset (`take(n)`). Received: an infinite one")
    spec = dataset.element_spec
    parts = spec if isinstance(spec, tuple) else (spec,)
    tensors = all(isinstance(part, tf.TensorSpec) for part in parts)
    if not (tensors and len(parts) in (1, 2) and parts[0].dtype == tf.string):
        raise DataError(f"{name}: expected elements {expected}. Received: {spec}")
    if bare and len(parts) == 2:
        dataset, parts = dataset.map(as_it_is(lambda text, label: text)), parts[:1]
    if len(parts) == 2 and not (parts[1].dtype == tf.string or parts[1].dtype.is_integer):
        raise DataError(f"{name}: expected labels of str or int. Received: {parts[1]}")
    if parts[0].shape.rank == 0:
        dataset = dataset.batch(CHUNK)
    columns = [[] for _ in parts]
    for element in dataset.as_numpy_iterator():
        values = element if isinstance(element, tuple) else (element,)
        for column, value in zip(columns, values, strict=True):
            # Of unknown rank, as from Python functions, single strings come as bytes.
            column.extend(_flat(np.atleast_1d(value), name))
    return columns


def as_examples(x, y=None, *, name="data", bare=False):
    """Whatever raw texts a user gives, as `Examples`.

    Args:
        x: `Examples`, a list of str or of (text, label) pairs, a NumPy array of str or object, a
            string tensor, a pandas series or frame (columns `text`, `label`), a
            `tf.data.Dataset`, or the path of a file or folder that `read` knows.
        y: Labels, where `x` holds texts alone.
        name: What messages call the data.
        bare: Whether only the texts are wanted: labels beside them are not looked at.

    Returns:
        `Examples` (`x` itself if it is one already and `y` is `None`).

    Raises:
        DataError: `x` is none of these, or brings labels of its own beside `y`.

    Example:
        >>> as_examples([("good", "positive"), ("bad", "negative")]).labels
        ['positive', 'negative']
    """
    examples = _as_examples(x, name, bare)
    if y is None:
        return examples.bare() if bare else examples
    if examples.labels is not None:
        raise DataError(f"{name}: expected labels once. Received: in the data and in `y`")
    return Examples(examples.texts, _labels(y, name), name=examples.name)


def _as_examples(x, name, bare):
    if isinstance(x, Examples):
        return x
    if isinstance(x, tf.data.Dataset):
        return source(x) or from_dataset(x, name=name, bare=bare)
    if isinstance(x, pathlib.Path) or (isinstance(x, str) and _is_path(x)):
        return read(x) if os.path.isdir(x) or not bare else read(x, label=None)
    if isinstance(x, (str, bytes)):
        raise DataError(
            f"{name}: expected a list of texts, or the path of a file that is there. "
            f"Received: the one str {x!r}"
        )
    if type(x).__module__.split(".")[0] == "pandas":
        has_label = not bare and x.ndim == 2 and "label" in x.columns
        return from_pandas(x, label="label" if has_label else None, name=name)
    if tf.is_tensor(x):
        x = x.numpy()
    if isinstance(x, np.ndarray):
        return Examples(_flat(x, name), name=name)
    try:
        rows = list(x)
    except TypeError:
        raise DataError(
            f"{name}: expected texts: Examples, a list, an array, pandas, tf.data or a path. "
            f"Received: {type(x).__name__}"
        ) from None
    if rows and all(isinstance(row, (tuple, list)) and len(row) == 2 for row in rows):
        texts, labels = zip(*rows, strict=True)
        return Examples(texts, None if bare else labels, name=name)
    return Examples(rows, name=name)


def _is_path(x):
    suffix = pathlib.Path(x.removesuffix(".gz")).suffix
    return "\n" not in x and (suffix in READERS or os.path.isdir(x))


def _column(series, name):
    missing = np.asarray(series.isna())  # of an index it is an array already
    if missing.any():
        row = getattr(series, "index", range(len(series)))[missing.argmax()]
        raise DataError(
            f"{name}: expected a value in column {series.name!r}, row {row!r}. Received: nothing"
        )
    return series.tolist()


def _labels(y, name):
    """Labels in any form as a list; what is missing among strings stays what it is, no "nan"."""
    if type(y).__module__.split(".")[0] == "pandas" and y.ndim == 1:
        return _column(y, name)
    if isinstance(y, (list, tuple)) and not any(np.ndim(value) for value in y):
        return list(y)
    return _flat(np.asarray(y), name)


def _flat(value, name):
    """(B,) or (B, 1) -> list of B Python values."""
    if value.ndim == 2 and value.shape[1] == 1:
        value = value[:, 0]
    if value.ndim != 1:
        raise DataError(
            f"{name}: expected values of shape (B,) or (B, 1). Received: shape {value.shape}"
        )
    return value.tolist()
