"""Oracles and examples that the tests compare with; public, for cells of your own."""

from seqkit.testing.references import run, state_sizes, step

__all__ = ["run", "state_sizes", "step"]
