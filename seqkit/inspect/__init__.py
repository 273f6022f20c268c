"""Pictures and records of a trained model. Pictures are matplotlib figures, to show or save."""

from seqkit.inspect.alignment import attention
from seqkit.inspect.confusion import confusion_matrix
from seqkit.inspect.curves import learning_curves
from seqkit.inspect.facts import facts
from seqkit.inspect.run import Run
from seqkit.inspect.word_weights import attention_weights

__all__ = [
    "Run",
    "attention",
    "attention_weights",
    "confusion_matrix",
    "facts",
    "learning_curves",
]
