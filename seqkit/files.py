"""Files are written whole or not at all, and what cannot be written shows early."""

import contextlib
import os
import pathlib
import tempfile

__all__ = ["replacing", "writable"]


@contextlib.contextmanager
def replacing(path):
    """Gives a temporary path beside `path`, and moves it there when all went well.

    Whatever stops the writing, `path` holds what it held before. A link stays one, and the file
    that it names is replaced; to a device or a pipe what was written is copied.

    Args:
        path: of the file to write. Its folder is created.

    Example:
        >>> with replacing("figures.json") as temporary:
        ...     _ = temporary.write_text("{}")
    """
    path = pathlib.Path(path).absolute()
    if is_stream(path):
        with tempfile.TemporaryDirectory() as folder:
            temporary = pathlib.Path(folder, path.name)
            temporary.touch()
            yield temporary
            with path.open("wb") as stream:
                stream.write(temporary.read_bytes())
        return
    path = pathlib.Path(os.path.realpath(path))
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


def is_stream(path):
    """Whether it is a device or a pipe, or one by its name that may stand for a file."""
    by_name = str(path).startswith(("/dev/std", "/dev/fd/"))
    return path.exists() and (by_name or not (path.is_file() or path.is_dir()))


def writable(path, what="file"):
    """Raises if nothing could be written there; to be asked before long work.

    Args:
        path: of the file or folder to write, or None, which is fine.
        what: "file", or "folder", which may be there already.

    Raises:
        OSError: there is a folder of that name, or its folder cannot be written to.
    """
    if path is None:
        return
    path = pathlib.Path(path)
    if what == "file" and path.is_dir():
        raise IsADirectoryError(f"{path} is a folder, expected the name of a file.")
    if is_stream(path.absolute()):
        return
    folder = path.absolute() if what == "folder" else path.absolute().parent
    while not folder.exists():
        folder = folder.parent
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(f"{path} cannot be written: {folder} takes no files.")
