"""Losses, metrics, learning rates and callbacks. They know batches, not models or corpora."""

from seqkit.training.averaging import AverageWeights
from seqkit.training.diverged import DivergenceError, StopOnNaN
from seqkit.training.forecasts import ForecastError, ForecastLoss
from seqkit.training.guard import guarded
from seqkit.training.keep_best import KeepBest
from seqkit.training.losses import Crossentropy
from seqkit.training.metrics import MacroF1
from seqkit.training.preview import Preview
from seqkit.training.progress import Progress
from seqkit.training.resume import Resume
from seqkit.training.schedules import CosineWithWarmup, InverseSquareRoot
from seqkit.training.sequence_losses import CRFLoss, TokenCrossentropy
from seqkit.training.token_metrics import Perplexity, TokenAccuracy

__all__ = [
    "AverageWeights",
    "CRFLoss",
    "CosineWithWarmup",
    "Crossentropy",
    "DivergenceError",
    "ForecastError",
    "ForecastLoss",
    "InverseSquareRoot",
    "KeepBest",
    "MacroF1",
    "Perplexity",
    "Preview",
    "Progress",
    "Resume",
    "StopOnNaN",
    "TokenAccuracy",
    "TokenCrossentropy",
    "guarded",
]
