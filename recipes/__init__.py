"""Complete models, one function per task: data, model and compile in one page."""

from recipes.pos_tagging import pos_tagging
from recipes.sentiment import sentiment

__all__ = ["pos_tagging", "sentiment"]
