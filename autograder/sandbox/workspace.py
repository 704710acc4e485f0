"""The handout's folder comes in; the current folder holds what a student finds beside a notebook.

It runs in a locked-down worker, as the worker's own user: what is written there stays there.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

#: Left by runs of Python; no part of a handout.
IGNORED = ("__pycache__",)
#: Larger files, and what is more than this in all, are not copied for each check: they are linked
#: to, and can be read only.
MAX_COPIED_BYTES, MAX_COPIED_IN_ALL = 8 << 20, 64 << 20


def fill(source: str, largest: int) -> None:
    """Put the files below ``source`` at the same places below the current folder.

    Args:
        largest: the bytes of the largest file that may be written here.
    """
    for original, name, size in _placed(source, largest):
        target = Path(name)
        if original.is_dir():
            target.mkdir(exist_ok=True)
        elif size is None:
            target.symlink_to(original)
        else:
            shutil.copyfile(original, target)


def copy(source: str, names: Iterable[str]) -> None:
    """Copy the named files below ``source``, those that are there, below the current folder.

    For a student's own machine, where the folder holds their other files too.
    """
    for name in names:
        original, target = Path(source, name), Path(name)
        if original.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(original, target)


def taken(source: str, largest: int) -> tuple[int, int]:
    """The number of files and folders that `fill` makes, and the bytes of those that it copies."""
    sizes = [size or 0 for _original, _name, size in _placed(source, largest)]
    return len(sizes), sum(sizes)


def _placed(source: str, largest: int) -> Iterator[tuple[Path, str, int | None]]:
    """What lies below ``source``, its place, and its bytes if it is copied; folders come first."""
    left = MAX_COPIED_IN_ALL
    for parent, folders, names in os.walk(source):
        folders[:] = sorted(name for name in folders if name not in IGNORED)
        here = os.path.relpath(parent, source)
        for name in folders:
            yield Path(parent, name), os.path.join(here, name), 0  # noqa: PTH118
        for name in sorted(names):
            original = Path(parent, name)
            if not original.is_file():  # a link to nowhere, a socket: nothing that can be read
                continue
            size = original.stat().st_size
            copied = size <= min(MAX_COPIED_BYTES, largest, left)
            left -= size if copied else 0
            yield original, os.path.join(here, name), size if copied else None  # noqa: PTH118
