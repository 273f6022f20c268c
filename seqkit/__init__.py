"""seqkit: sequence models in Keras 3, from raw data to a served model."""

from seqkit._version import __version__

__all__ = ["__version__"]
