"""What an exported forecaster takes and gives: raw recent values in, quantiles out.

Shapes: B rows, L look-back, H horizon, C targets, Q levels, S series of the training data.
"""

import numpy as np
import tensorflow as tf

from seqkit.data.calendar import features
from seqkit.data.examples import DataError

__all__ = ["samples", "signatures"]


def signatures(numbers, respond):
    """Name -> (list of `tf.TensorSpec`, function), for `Forecasting` and a model's `respond`.

    Inputs, float32 unless said otherwise: `values` (B, L, C), on the scale of the data; where the
    model reads them `past` (B, L, P), `future` (B, L + H, F), `static` (B, K), `times`
    (B, L + H), int64 seconds of the wall clock since 1970, for calendar features; and `series`
    (B,), str, the name of the series, where scales differ by series.
    Outputs: `mean` (B, H, C), `quantiles` (B, H, C, Q), and their `levels` (B, Q).
    Other shapes, numbers that are not finite, and other series are refused inside the graph.
    """
    length, both = numbers.lookback, numbers.lookback + numbers.horizon
    width = {use: len(numbers.columns[use]) for use in ("target", "past", "future", "static")}
    specs = [tf.TensorSpec((None, length, width["target"]), tf.float32, name="values")]
    for use, steps in (("past", (length,)), ("future", (both,)), ("static", ())):
        if width[use]:
            specs.append(tf.TensorSpec((None, *steps, width[use]), tf.float32, name=use))
    if numbers.calendar:
        specs.append(tf.TensorSpec((None, both), tf.int64, name="times"))
    if len(names(numbers)) > 1:
        specs.append(tf.TensorSpec((None,), tf.string, name="series"))

    def serve(*tensors):
        tensors = checked(specs, tensors, length)
        given = {spec.name: x for spec, x in zip(specs, tensors, strict=True)}
        values = tf.cast(given["values"], tf.float64)
        mean, std = scales(numbers, given.get("series"), tf.shape(values)[0])
        batch = {"values": tf.cast((values - mean) / std, tf.float32)}
        for use in ("past", "static"):
            if use in given:
                batch[use] = scaled(numbers, use, given[use])
        known = [scaled(numbers, "future", given["future"])] if "future" in given else []
        if "times" in given:
            known.append(features(given["times"], numbers.calendar))
        if known:
            batch["future"] = tf.concat(known, axis=-1)
        answer = respond(batch)
        middle, quantiles = (tf.cast(answer[n], tf.float64) for n in ("mean", "quantiles"))
        levels = tf.cast(answer["levels"], tf.float32)
        return {
            "mean": tf.cast(middle * std + mean, tf.float32),
            "quantiles": tf.cast(quantiles * std[..., None] + mean[..., None], tf.float32),
            "levels": tf.repeat(levels[None], tf.shape(values)[0], axis=0),
        }

    return {"serving_default": (specs, serve)}


def checked(specs, tensors, length):
    """The inputs as they are, once their sizes are right and their numbers finite.

    Nothing that serves a SavedModel holds clients to the shapes that are declared.
    """
    rows, checks = tf.shape(tensors[0])[0], []
    for spec, x in zip(specs, tensors, strict=True):
        shape, wanted = tf.shape(x), tf.stack([rows, *spec.shape[1:]])
        alike = tf.equal(tf.concat([shape, 0 * wanted], 0)[: len(spec.shape)], wanted)
        right = tf.logical_and(tf.equal(tf.size(shape), len(spec.shape)), tf.reduce_all(alike))
        said = f"`{spec.name}` must have the shape {sizes(spec, length)}. Received the shape"
        checks.append(tf.debugging.Assert(right, [said, shape], summarize=9))
        if spec.dtype.is_floating:
            broken = tf.where(tf.logical_not(tf.math.is_finite(x)))
            said = f"`{spec.name}` must hold finite numbers. Received NaN or infinity at the place"
            checks.append(tf.debugging.Assert(tf.equal(tf.size(broken), 0), [said, broken[:1]]))
    with tf.control_dependencies([check for check in checks if check is not None]):
        return [tf.identity(x) for x in tensors]


def sizes(spec, length):
    """A shape in words: how many steps are read, and how many are to come."""
    size = ", ".join(["rows", *map(str, spec.shape[1:])])
    if spec.name in ("future", "times"):
        return f"({size}), {length} steps read and {spec.shape[1] - length} to come"
    return f"({size})"


def samples(numbers, given=None):
    """For each signature, inputs that are easy to get wrong, or those that are given.

    Args:
        numbers: `Forecasting`.
        given: dict from input to array, or `None`.
    """
    specs, _ = signatures(numbers, None)["serving_default"]
    if given is not None:
        if not isinstance(given, dict) or set(given) != {spec.name for spec in specs}:
            raise DataError(
                f"samples: expected a dict of {', '.join(spec.name for spec in specs)}. "
                f"Received: {', '.join(given) if isinstance(given, dict) else type(given).__name__}"
            )
        return {"serving_default": [tf.constant(given[s.name], s.dtype) for s in specs]}
    chance, rows, made = np.random.default_rng(0), 5, []
    for spec in specs:
        shape = (rows, *spec.shape[1:])
        if spec.name == "series":
            made.append([names(numbers)[k % len(names(numbers))] for k in range(rows)])
        elif spec.name == "times":
            starts = chance.integers(0, 4 * 10**9, (rows, 1))
            made.append(starts + 3_600 * np.arange(shape[1]))
        elif spec.name == "values":
            mean, std = (table(numbers, which)[0] for which in ("mean", "std"))
            values = mean + std * chance.normal(size=shape)
            values[0] = mean  # nothing moves
            values[1] += 100 * std  # far from what was trained on
            made.append(np.abs(np.round(values)) if numbers.scaling is None else values)
        else:
            made.append(chance.normal(size=shape))
    return {"serving_default": [tf.constant(x, s.dtype) for x, s in zip(made, specs, strict=True)]}


def names(numbers):
    return numbers.statistics["ids"] if numbers.scaling == "series" else []


def table(numbers, which):
    """Means or deviations of the targets, float64 (S, C)."""
    if numbers.scaling is None:
        fill = {"mean": 0.0, "std": 1.0}[which]
        return np.full((1, len(numbers.columns["target"])), fill)
    return np.array(numbers.statistics[which])


def scales(numbers, series, rows):
    """Mean and deviation of each row, float64 (B, 1, C)."""
    row = tf.zeros([rows], tf.int64)
    checks = []
    if series is not None:
        same = tf.equal(series[:, None], tf.constant(names(numbers)))
        known = tf.reduce_all(tf.reduce_any(same, axis=1))
        checks = [tf.debugging.Assert(known, ["`series` must be of the training data", series])]
        row = tf.argmax(tf.cast(same, tf.int32), axis=1)
    with tf.control_dependencies([check for check in checks if check is not None]):
        return tuple(
            tf.gather(tf.constant(table(numbers, which)), row)[:, None] for which in ("mean", "std")
        )


def scaled(numbers, use, values):
    mean, std = (tf.constant(part, tf.float64) for part in numbers.statistics[use])
    return tf.cast((tf.cast(values, tf.float64) - mean) / std, tf.float32)
