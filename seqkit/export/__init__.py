"""Models that run where neither seqkit nor Keras is: strings in, answers out."""

from seqkit.export.onnx_model import onnx_model
from seqkit.export.parity import Parity, ParityError
from seqkit.export.saved_model import saved_model

__all__ = ["Parity", "ParityError", "onnx_model", "saved_model"]
