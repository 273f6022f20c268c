"""Linear chains of tags, as in a CRF: their sums, their best paths, and one tensor for all.

Pure functions of potentials, in the precision of float32 or of float64 where that is given.
"""

from seqkit.layers.chain.paths import k_best, viterbi
from seqkit.layers.chain.potentials import FORBIDDEN, Chain, pack, score, unpack
from seqkit.layers.chain.sums import log_partition, marginals

__all__ = [
    "FORBIDDEN",
    "Chain",
    "k_best",
    "log_partition",
    "marginals",
    "pack",
    "score",
    "unpack",
    "viterbi",
]
