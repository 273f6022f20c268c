"""Complete models, one function per task: data, model and compile in one page."""

from recipes.forecasting import forecasting
from recipes.sentiment import sentiment

__all__ = ["forecasting", "sentiment"]
