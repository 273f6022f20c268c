"""Decoding: from a decoder that gives one step to whole sequences, in one compiled loop."""

from seqkit.decoding.constraints import NoRepeat, Prefix, Required
from seqkit.decoding.forbidden import Forbidden
from seqkit.decoding.sampling import Sampling
from seqkit.decoding.search import Search, search

__all__ = ["Forbidden", "NoRepeat", "Prefix", "Required", "Sampling", "Search", "search"]
