"""Decoding: from a decoder that gives one step to whole sequences, in one compiled loop."""

from seqkit.decoding.search import Search, search

__all__ = ["Search", "search"]
