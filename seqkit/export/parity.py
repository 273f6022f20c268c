"""Does the export answer as the model does?"""

import dataclasses

import keras
import numpy as np

__all__ = ["Parity", "ParityError", "compare"]


# Scores below this are those of sequences that are none.
NONE = -1e8


class ParityError(RuntimeError):
    """The export gives other answers than the model."""


@dataclasses.dataclass(frozen=True)
class Parity:
    """How an export compares with its model.

    Args:
        inputs: how many inputs the default signature was compared on.
        difference: largest difference of a number, as a share of the largest where that is
            above one.
        names_equal: share of the names (labels, tags, words) that are the same.

    Example:
        >>> Parity(8, 1.2e-07, 1.0)
        export equals model: 8 inputs, largest difference 1.2e-07
    """

    inputs: int
    difference: float
    names_equal: float

    def __repr__(self):
        return (
            f"export equals model: {self.inputs} inputs, largest difference {self.difference:.1e}"
        )


def compare(model, folder, samples, *, tolerance):
    """Runs each signature of model and export; raises `ParityError` where they differ.

    Args:
        model: any `Task`.
        folder: of the SavedModel.
        samples: dict from signature to its input tensors.
        tolerance: largest difference of a number that passes.
    """
    import tensorflow as tf

    loaded = tf.saved_model.load(str(folder))  # held: its functions die with it
    difference, equal, names = 0.0, 0, 0
    for name, (specs, function) in model.preprocessor.signatures(run(model)).items():
        expected = function(*samples[name])
        given = {s.name: x for s, x in zip(specs, samples[name], strict=True)}
        received = loaded.signatures[name](**given)
        for key, value in expected.items():
            ours, theirs = value.numpy(), received[key].numpy()
            if ours.shape != theirs.shape:
                raise ParityError(
                    f"The export differs from the model: shape {theirs.shape} of `{key}`, "
                    f"expected {ours.shape}. Nothing was written."
                )
            if ours.dtype.kind == "f":
                difference = max(difference, apart(ours, theirs))
            else:
                # Where two labels are as good as equally probable, either is right.
                odds = expected.get("probabilities")
                same = (ours == theirs) | ties(odds, ours, 2 * tolerance)
                equal, names = equal + int(same.sum()), names + same.size
    result = Parity(len(samples["serving_default"][0]), difference, equal / max(names, 1))
    if not difference <= tolerance or equal < names:
        raise ParityError(
            f"The export differs from the model: by up to {difference:.1e} in a number, "
            f"expected {tolerance:.0e} at most, and in {1 - result.names_equal:.0%} of the names "
            f"of {result.inputs} inputs. Nothing was written."
        )
    return result


def apart(ours, theirs):
    """The largest difference; of large numbers, such as sales in millions, a share.

    What stands for no answer has to do so in both.
    """
    none = ours <= NONE
    unit = max(1.0, float(np.abs(ours[~none]).max(initial=0.0)))
    away = np.where(none, theirs > NONE, np.abs(theirs.astype("float64") - ours) / unit)
    return float(away.max(initial=0.0))


def run(model):
    """`model.respond` outside any graph, on whichever backend, in TensorFlow's tensors."""
    import tensorflow as tf

    def respond(batch, **options):
        batch = keras.tree.map_structure(lambda x: x.numpy(), batch)
        answers = model.respond(batch, **options)
        return {k: tf.constant(keras.ops.convert_to_numpy(v)) for k, v in answers.items()}

    return respond


def ties(odds, names, margin):
    """Where the two best of `odds` `(..., C)` lie within the margin, for names `(...)`."""
    if odds is None or odds.shape[:-1] != names.shape or odds.shape[-1] < 2:
        return np.zeros(names.shape, bool)
    first, second = np.moveaxis(np.sort(odds.numpy(), axis=-1)[..., -2:], -1, 0)[::-1]
    return first - second <= margin
