"""Small data of the project's own, made by it: always there, offline, in a moment."""

from seqkit.data.samples.reviews import bag_of_words_accuracy, reviews
from seqkit.data.samples.series import series
from seqkit.data.samples.tagged import chunks, most_frequent_tag_accuracy, tagged

__all__ = [
    "bag_of_words_accuracy",
    "chunks",
    "most_frequent_tag_accuracy",
    "reviews",
    "series",
    "tagged",
]
