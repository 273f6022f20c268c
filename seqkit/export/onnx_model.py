"""A direct forecaster as an ONNX model, checked in ONNX Runtime."""

import pathlib

import keras
import numpy as np

from seqkit.export.parity import Parity, ParityError, run
from seqkit.export.saved_model import on_cpu
from seqkit.files import replacing

__all__ = ["onnx_model"]


def onnx_model(model, path, *, samples=None, tolerance=1e-4):
    """Writes `model` as an ONNX file with the signature of its SavedModel, and checks it.

    Needs the extra `onnx` (`pip install "seqkit[onnx]"`), and the TensorFlow backend.

    Args:
        model: a built `Forecaster` with decoder="direct".
        path: file to write, ending in `.onnx`.
        samples: dict from input to array to compare on; `None` makes some.
        tolerance: largest difference that passes, as in `saved_model`.

    Returns:
        `Parity`.

    Raises:
        ValueError: the model is none such, or the backend another.
        ParityError: ONNX Runtime answers otherwise; nothing is written then.

    Example:
        >>> onnx_model(model, "load.onnx")  # doctest: +SKIP
    """
    path = pathlib.Path(path)
    if path.suffix != ".onnx":
        raise ValueError(f"`path` must end in .onnx. Received: {str(path)!r}")
    if keras.backend.backend() != "tensorflow":
        raise ValueError(
            "ONNX is written by the TensorFlow backend: save the model and load it there. "
            f"Received: {keras.backend.backend()}"
        )
    if getattr(model, "decoder", None) != "direct" or not model.built:
        raise ValueError(
            "`model` must be a built Forecaster with decoder='direct'. "
            f"Received: {type(model).__name__}, decoder={getattr(model, 'decoder', None)!r}"
        )
    numbers = model.preprocessor
    inputs = numbers.samples(samples)["serving_default"]
    specs, function = numbers.signatures(model.respond)["serving_default"]
    if any(spec.dtype.name == "string" for spec in specs):
        raise ValueError(
            "ONNX takes no names of series: a model with scaling='all' or None needs none. "
            f"Received: scaling={numbers.scaling!r} with {len(numbers.statistics['ids'])} series"
        )
    content = converted(function, specs)
    names = [spec.name for spec in specs]
    received = answers(content, {n: x.numpy() for n, x in zip(names, inputs, strict=True)})
    _, ours = numbers.signatures(run(model))["serving_default"]
    difference = 0.0
    for name, value in ours(*inputs).items():
        unit = max(1.0, float(np.abs(value.numpy()).max()))
        away = np.abs(received[name].astype("float64") - value.numpy()).max() / unit
        difference = max(difference, float(away))
    if not difference <= tolerance:
        raise ParityError(
            f"ONNX Runtime differs from the model by up to {difference:.1e}, expected "
            f"{tolerance:.0e} at most. Nothing was written."
        )
    with replacing(path) as temporary:
        temporary.write_bytes(content)
    return Parity(len(inputs[0]), difference, 1.0)


def converted(function, specs):
    """The serialised ONNX model of a TensorFlow function."""
    import tensorflow as tf
    import tf2onnx

    traced = tf.function(on_cpu(function), input_signature=specs)
    proto, _ = tf2onnx.convert.from_function(traced, input_signature=specs, opset=17)
    return proto.SerializeToString()


def answers(content, inputs):
    """What ONNX Runtime makes of the inputs: dict from output to array."""
    import onnxruntime

    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, inputs), strict=True))
