"""Layers composed into models that take raw data."""

from seqkit.models.answers import Answer, Answers
from seqkit.models.classifier import TextClassifier
from seqkit.models.files import ModelFileError, load
from seqkit.models.report import Report
from seqkit.models.task import Task

__all__ = [
    "Answer",
    "Answers",
    "ModelFileError",
    "Report",
    "Task",
    "TextClassifier",
    "load",
]
