"""Small data of the project's own, made by it: always there, offline, in a moment."""

from seqkit.data.samples.reviews import bag_of_words_accuracy, reviews
from seqkit.data.samples.series import series

__all__ = ["bag_of_words_accuracy", "reviews", "series"]
