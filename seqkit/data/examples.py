"""Texts and labels as plain lists: what every reader returns and every pipeline starts from."""

import weakref

import numpy as np
import tensorflow as tf

__all__ = ["DataError", "Examples", "Splits", "as_text", "source"]

# Which examples a dataset was made of, so that they are neither read nor tokenised twice.
_SOURCES = weakref.WeakKeyDictionary()


class DataError(ValueError):
    """The data, not the program, is wrong: says where, what was expected and what was received."""


class Examples:
    """Texts with their labels, in memory.

    Args:
        texts: Sequence of str (or UTF-8 bytes). An empty text is allowed.
        labels: Sequence of str or int, one per text, or `None`. Kept as str.
        name: What the examples are called in messages.

    Raises:
        DataError: A text or label is missing or of another kind, or the lengths differ.

    Example:
        >>> examples = Examples(["fine", "dull"], ["positive", "negative"])
        >>> len(examples), examples.label_names
        (2, ('negative', 'positive'))
    """

    unit, labelled_form = "texts", "pairs (text, label), or `y`"

    def __init__(self, texts, labels=None, *, name="examples"):
        self.name = name
        self.texts = [as_text(value, f"{name}: text {i}") for i, value in enumerate(texts)]
        self.labels = None
        if labels is not None:
            self.labels = [_label(value, f"{name}: label {i}") for i, value in enumerate(labels)]
            if len(self.labels) != len(self.texts):
                raise DataError(
                    f"{name}: expected one label per text. "
                    f"Received: {len(self.texts)} texts, {len(self.labels)} labels"
                )

    @property
    def label_names(self):
        """The distinct labels, sorted, whole numbers as such: tuple of str, or nothing."""
        return ordered(self.labels or ())

    def subset(self, indices, *, name=None):
        """The examples at these positions, in this order."""
        labels = None if self.labels is None else [self.labels[i] for i in indices]
        return Examples([self.texts[i] for i in indices], labels, name=name or self.name)

    def bare(self):
        """The texts without their labels."""
        return self if self.labels is None else Examples(self.texts, name=self.name)

    def __len__(self):
        return len(self.texts)

    def __iter__(self):
        """Yields (text, label); label is `None` for unlabelled examples."""
        return iter(zip(self.texts, self.labels or [None] * len(self), strict=True))

    def __repr__(self):
        labels = "no labels" if self.labels is None else f"labels {', '.join(self.label_names)}"
        return f"<Examples {self.name}: {len(self)} texts, {labels}>"

    def dataset(self):
        """`tf.data.Dataset` of scalar strings: (text, label), or text alone without labels."""
        # The shape is given, as no type could be read off an empty list.
        columns = [tf.constant(self.texts, tf.string, shape=(len(self),))]
        if self.labels is not None:
            columns.append(tf.constant(self.labels, tf.string, shape=(len(self),)))
        made = tf.data.Dataset.from_tensor_slices(
            columns[0] if self.labels is None else tuple(columns)
        )
        _SOURCES[made] = self
        return made


def source(dataset):
    """The `Examples` that a dataset was made of by `Examples.dataset`, or `None`."""
    return _SOURCES.get(dataset)


class Splits:
    """Named parts of one data set: `.train`, `.validation`, `.test`.

    A part is `tf.data` of pairs where its kind of examples can be that, and else the examples.

    Args:
        examples: Dict from part name to `Examples` or their like; kept as `.examples`.
        name: Name of the data set.

    Example:
        >>> part = Examples(["fine", "dull"], ["positive", "negative"])
        >>> splits = Splits({"train": part, "validation": part, "test": part})
        >>> int(splits.train.cardinality()), splits.labels
        (2, ('negative', 'positive'))
    """

    def __init__(self, examples, *, name="splits"):
        self.examples = dict(examples)
        self.name = name
        self._datasets = {}

    @property
    def labels(self):
        """The distinct labels over all parts, in the order of `label_names`: tuple of str."""
        return ordered(n for part in self.examples.values() for n in part.label_names)

    @property
    def train(self):
        return self._dataset("train")

    @property
    def validation(self):
        return self._dataset("validation")

    @property
    def test(self):
        return self._dataset("test")

    def _dataset(self, part):
        if part not in self.examples:
            raise AttributeError(
                f"{self.name} has no part {part!r}. It has: {', '.join(self.examples)}"
            )
        if part not in self._datasets:
            made = self.examples[part]
            self._datasets[part] = made.dataset() if hasattr(made, "dataset") else made
        return self._datasets[part]

    def __repr__(self):
        sizes = ", ".join(f"{part} {len(rows)}" for part, rows in self.examples.items())
        return f"<Splits {self.name}: {sizes}>"


def ordered(labels):
    """The distinct labels, sorted; "10" comes after "9" where all are whole numbers.

    Example:
        >>> ordered(["10", "9", "9"]), ordered(["10", "9", "none"])
        (('9', '10'), ('10', '9', 'none'))
    """
    labels = set(labels)
    whole = all(label.removeprefix("-").isdecimal() for label in labels)
    return tuple(sorted(labels, key=(lambda label: (int(label), label)) if whole else None))


def as_text(value, where):
    """`value` as a str; `where` begins the message if it is none."""
    if isinstance(value, bytes):
        # Bytes come from tensors, whose graph replaces what is not UTF-8 in the same way.
        return value.decode("utf-8", errors="replace")
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:  # half a surrogate pair, as cut JSON may hold
            return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return str(value)
    raise DataError(f"{where}: expected a str. Received: {value!r} ({type(value).__name__})")


def _label(value, where):
    if isinstance(value, bytes):
        value = value.decode("utf-8", errors="replace")
    if isinstance(value, (str, int, np.integer, np.bool_)):
        if str(value).strip():
            return str(value)
        raise DataError(f"{where}: expected a label, a str or an int. Received: an empty str")
    raise DataError(
        f"{where}: expected a label, a str or an int. Received: {value!r} ({type(value).__name__})"
    )
