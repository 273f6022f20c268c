"""Export of a model that lives on another backend: by a process that runs TensorFlow."""

import os
import pathlib
import subprocess
import sys
import tempfile

__all__ = ["write"]

PROGRAM = """
import pathlib, sys
from seqkit.export.saved_model import write
from seqkit.models import load
write(load(sys.argv[1]), pathlib.Path(sys.argv[2]))
"""


def write(model, folder):
    """Saves `model`, and has a second process load it on TensorFlow and export it.

    Args:
        model: on any backend.
        folder: empty folder to write the SavedModel into.

    Raises:
        RuntimeError: if that process fails; holds the last lines of what it said.
    """
    with tempfile.TemporaryDirectory() as around:
        file = pathlib.Path(around, "model.keras")
        model.save(file)
        # TensorFlow needs no GPU for this, and the one there is may be taken.
        environment = {
            **os.environ,
            "KERAS_BACKEND": "tensorflow",
            "CUDA_VISIBLE_DEVICES": "-1",
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        }
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, str(file), str(folder)],
            env=environment,
            capture_output=True,
            text=True,
        )
    if done.returncode:
        said = "\n".join(done.stderr.strip().splitlines()[-5:])
        raise RuntimeError(
            "The model could not be exported by a process that runs TensorFlow. A class of "
            "your own is not known there: then save the model, load it with "
            f"KERAS_BACKEND=tensorflow where the class is imported, and export it. It said:\n{said}"
        )
