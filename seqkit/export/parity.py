"""Does the export answer as the model does?

Shapes: N texts, C classes.
"""

import dataclasses

import numpy as np

__all__ = ["Parity", "ParityError", "compare", "samples"]


class ParityError(RuntimeError):
    """The export gives other answers than the model."""


@dataclasses.dataclass(frozen=True)
class Parity:
    """How an export compares with its model.

    Args:
        texts: how many texts were compared.
        difference: largest absolute difference of a probability.
        labels_equal: share of the texts with the same label.

    Example:
        >>> Parity(8, 1.2e-07, 1.0)
        export equals model: 8 texts, largest difference of a probability 1.2e-07
    """

    texts: int
    difference: float
    labels_equal: float

    def __repr__(self):
        return (
            f"export equals model: {self.texts} texts, "
            f"largest difference of a probability {self.difference:.1e}"
        )


def samples(model):
    """Texts that are easy to get wrong: none, one unit, unknown units, short beside long."""
    units = list(model.preprocessor.tokens.vocabulary)
    short, long = " ".join(units[:5]), " ".join(units[:60])
    return ["", " ", units[0], short, long, "\u00fc\u4e00\U0001f600", f"{short} qqqqq", long * 2]


def compare(model, folder, texts, *, tolerance):
    """Runs model and export on `texts`; raises `ParityError` where they differ."""
    import tensorflow as tf

    expected = model.predict(texts, verbose=0)
    loaded = tf.saved_model.load(str(folder))  # held: its functions die with it
    received = loaded.signatures["serving_default"](texts=tf.constant(texts))
    difference = float(np.abs(received["probabilities"].numpy() - expected).max())
    labels = [label.decode() for label in received["label"].numpy()]
    # Where two classes are equally probable either label is right.
    top = expected.max(axis=-1) - 2 * tolerance
    equal = [expected[i, model.labels.index(label)] >= top[i] for i, label in enumerate(labels)]
    result = Parity(len(texts), difference, float(np.mean(equal)))
    if not difference <= tolerance or result.labels_equal < 1:
        raise ParityError(
            f"The export differs from the model: by up to {difference:.1e} in a probability, "
            f"expected {tolerance:.0e} at most, and in {1 - result.labels_equal:.0%} of the labels "
            f"of {len(texts)} texts. Nothing was written."
        )
    return result
