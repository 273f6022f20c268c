"""Pictures and records of a trained model. Pictures are matplotlib figures, to show or save."""

from seqkit.inspect.attention import attention_weights
from seqkit.inspect.confusion import confusion_matrix
from seqkit.inspect.curves import learning_curves
from seqkit.inspect.facts import facts
from seqkit.inspect.run import Run

__all__ = ["Run", "attention_weights", "confusion_matrix", "facts", "learning_curves"]
