"""Layers composed into models that take raw data."""

from seqkit.models.answers import Answer, Answers
from seqkit.models.autoregressive import Autoregressive
from seqkit.models.backtest import Backtest
from seqkit.models.classifier import TextClassifier
from seqkit.models.direct import Direct
from seqkit.models.files import ModelFileError, load
from seqkit.models.forecast import Forecast
from seqkit.models.forecaster import Forecaster
from seqkit.models.report import Report
from seqkit.models.tag_report import TagReport
from seqkit.models.tagged import Tagged, TaggedSentence
from seqkit.models.tagger import Tagger
from seqkit.models.task import Task
from seqkit.models.translated import Attention, Translation, TranslationReport, Translations
from seqkit.models.translator import Translator

__all__ = [
    "Answer",
    "Answers",
    "Attention",
    "Autoregressive",
    "Backtest",
    "Direct",
    "Forecast",
    "Forecaster",
    "ModelFileError",
    "Report",
    "TagReport",
    "Tagged",
    "TaggedSentence",
    "Tagger",
    "Task",
    "TextClassifier",
    "Translation",
    "TranslationReport",
    "Translations",
    "Translator",
    "load",
]
