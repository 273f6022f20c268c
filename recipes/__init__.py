"""Complete models, one function per task: data, model and compile in one page."""

from recipes.forecasting import forecasting
from recipes.pos_tagging import pos_tagging
from recipes.sentiment import sentiment
from recipes.seq2seq import seq2seq

__all__ = [
    "forecasting",
    "pos_tagging",
    "sentiment",
    "seq2seq",
]
