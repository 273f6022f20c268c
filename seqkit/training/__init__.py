"""Losses, metrics and callbacks. They know batches, not models or corpora."""

from seqkit.training.diverged import DivergenceError, StopOnNaN
from seqkit.training.forecasts import ForecastError, ForecastLoss
from seqkit.training.guard import guarded
from seqkit.training.keep_best import KeepBest
from seqkit.training.losses import Crossentropy
from seqkit.training.metrics import MacroF1
from seqkit.training.progress import Progress
from seqkit.training.sequence_losses import CRFLoss, TokenCrossentropy
from seqkit.training.token_metrics import TokenAccuracy

__all__ = [
    "CRFLoss",
    "Crossentropy",
    "DivergenceError",
    "ForecastError",
    "ForecastLoss",
    "KeepBest",
    "MacroF1",
    "Progress",
    "StopOnNaN",
    "TokenAccuracy",
    "TokenCrossentropy",
    "guarded",
]
