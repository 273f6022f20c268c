"""Models that run where neither seqkit nor Keras is: strings in, answers out."""

from seqkit.export.parity import Parity, ParityError
from seqkit.export.saved_model import saved_model

__all__ = ["Parity", "ParityError", "saved_model"]
