"""Texts come in, and are whole on the disk as they go out; the files of a folder go out."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

#: Left by runs and editors; never part of a bundle.
LEFT_BEHIND = ("__pycache__", "*.pyc", ".*", "*~")


def write_atomically(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old one or the new one, and nothing between."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def keep_names(folder: Path) -> None:
    """Have the disk keep the names in a folder, too; files themselves are kept by their own."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def files_below(folder: Path) -> Iterator[Path]:
    """All files of the staff's folder, in the order of names, but for what runs leave behind.

    Links are followed, as they are the staff's own.
    """
    for where, folders, names in os.walk(folder, followlinks=True):
        folders[:] = sorted(filter(_is_kept, folders))
        yield from (Path(where) / name for name in sorted(filter(_is_kept, names)))


def _is_kept(name: str) -> bool:
    return not any(fnmatch(name, pattern) for pattern in LEFT_BEHIND)
