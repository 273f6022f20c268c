"""seqkit: sequence models in Keras 3, from raw data to a served model.

`import seqkit` imports Keras and registers everything that a saved model may hold, so
that `keras.models.load_model` finds it.
"""

import importlib
import sys
from pathlib import Path

from seqkit._version import __version__

__all__ = [
    "__version__",
    "data",
    "decoding",
    "export",
    "inspect",
    "layers",
    "models",
    "recipes",
    "testing",
    "training",
]


def __getattr__(name):
    if name == "recipes":  # one module, whichever way it is reached
        return importlib.import_module("recipes")
    if name in __all__:
        return importlib.import_module(f"seqkit.{name}")
    raise AttributeError(f"module 'seqkit' has no attribute {name!r}")


def __dir__():
    return __all__


# The command answers `--help` and `--version` at once: it imports Keras when it needs it.
if Path(sys.argv[0] if sys.argv else "").stem != "seqkit":
    for _name in ("layers", "models", "training"):
        importlib.import_module(f"seqkit.{_name}")
