"""Small data of the project's own, made by it: always there, offline, in a moment."""

from seqkit.data.samples.puzzles import copying, dates, reversing, sorting
from seqkit.data.samples.reviews import bag_of_words_accuracy, reviews
from seqkit.data.samples.series import series
from seqkit.data.samples.tagged import chunks, most_frequent_tag_accuracy, tagged
from seqkit.data.samples.translations import translations

__all__ = [
    "bag_of_words_accuracy",
    "chunks",
    "copying",
    "dates",
    "most_frequent_tag_accuracy",
    "reversing",
    "reviews",
    "series",
    "sorting",
    "tagged",
    "translations",
]
