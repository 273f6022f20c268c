"""Model files: written whole or not at all, and errors that say what is wrong."""

import pathlib
import textwrap
import zipfile

import keras

__all__ = ["ModelFileError", "load"]


class ModelFileError(ValueError):
    """A model file is missing, cut short, altered, or of something else."""


def load(path, **kwargs):
    """Loads a `.keras` file as `keras.models.load_model` does, and says what is wrong.

    Args:
        path: of a file that `model.save` wrote.
        **kwargs: passed to `keras.models.load_model`. `safe_mode` stays on unless it is
            given: a model file cannot run code.

    Returns:
        The model, compiled as it was, vocabulary, labels and optimizer state included.

    Raises:
        ModelFileError: if there is no such file, or it is no model file, cut short or altered.

    Example:
        >>> model = load("sentiment.keras")  # doctest: +SKIP
    """
    path = pathlib.Path(path)
    if not path.exists():
        raise ModelFileError(f"There is no model file {path}.")
    if path.is_dir():
        inside = sorted(path.glob("*.keras"))
        hint = f" Did you mean {inside[0]}?" if inside else ""
        if (path / "training.resume").exists():
            hint = " It holds a training that was stopped: finish it with --resume."
        raise ModelFileError(f"{path} is a folder, expected a .keras file.{hint}")
    check(path)
    # Registers every class that a model file may name.
    import seqkit.data
    import seqkit.layers
    import seqkit.models
    import seqkit.training  # noqa: F401

    try:
        return keras.models.load_model(path, **kwargs)
    except Exception as error:
        cause = error
        while cause.__context__ is not None:  # Keras wraps what went wrong in long listings
            cause = cause.__context__
        reason = textwrap.shorten(str(cause) or type(cause).__name__, 160, placeholder=" ...")
        raise ModelFileError(
            f"{path} cannot be loaded: {reason} Expected a file that `model.save` wrote, with "
            "every custom class it uses imported before."
        ) from error


def check(path):
    """Raises `ModelFileError` unless `path` is a whole, unaltered `.keras` archive."""
    try:
        with zipfile.ZipFile(path) as archive:
            broken = archive.testzip()  # reads every member and compares its checksum
            names = set(archive.namelist())
    except Exception as error:  # zipfile and zlib raise what they like
        raise ModelFileError(
            f"{path} is not a whole .keras file ({path.stat().st_size:,} bytes): it was cut "
            f"short, altered, or is something else ({error})."
        ) from error
    if broken:
        raise ModelFileError(f"{path} was altered: the checksum of {broken!r} in it is wrong.")
    missing = {"config.json", "metadata.json", "model.weights.h5"} - names
    if missing:
        raise ModelFileError(
            f"{path} is no .keras model file: {', '.join(sorted(missing))} is missing in it."
        )
