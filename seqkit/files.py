"""Files are written whole or not at all."""

import contextlib
import os
import pathlib
import tempfile

__all__ = ["replacing"]


@contextlib.contextmanager
def replacing(path):
    """Gives a temporary path beside `path`, and moves it there when all went well.

    Whatever stops the writing, `path` holds what it held before.

    Args:
        path: of the file to write. Its folder is created.

    Example:
        >>> with replacing("figures.json") as temporary:
        ...     _ = temporary.write_text("{}")
    """
    path = pathlib.Path(path).absolute()
    path.parent.mkdir(parents=True, exist_ok=True)
    # The suffix stays: Keras and matplotlib go by it.
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".writing-", suffix=path.suffix)
    os.close(handle)
    temporary = pathlib.Path(name)
    try:
        # mkstemp makes private files; this one is as readable as any new file.
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o666 & ~mask)
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
