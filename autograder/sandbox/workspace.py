"""The handout's folder comes in; the current folder holds what a student finds beside a notebook.

It runs in a locked-down worker, as the worker's own user: what is written there stays there.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

#: Left by runs of Python; no part of a handout.
IGNORED = ("__pycache__",)
#: Larger files, and what is more than this in all, are not copied for each check: they are linked
#: to, and can be read only.
MAX_COPIED_BYTES, MAX_COPIED_IN_ALL = 8 << 20, 64 << 20


@dataclass(frozen=True)
class Workspace:
    """What a worker's folder is filled with: listed once, put there in each worker.

    Attributes:
        folders: their places, those around others first.
        copied: originals, and where they go.
        linked: the same, of those that can be read only.
        size: the bytes that are copied.
    """

    folders: tuple[str, ...]
    copied: tuple[tuple[str, str], ...]
    linked: tuple[tuple[str, str], ...]
    size: int

    @classmethod
    def of(cls, sources: Iterable[str], largest: int) -> Workspace:
        """What lies below the sources.

        Args:
            largest: the bytes of the largest file that may be written in a worker.
        """
        folders: list[str] = []
        copied: list[tuple[str, str]] = []
        linked: list[tuple[str, str]] = []
        in_all = 0
        for original, name in _found(sources):
            if original.is_dir():
                folders.append(name)
            elif original.is_file():  # a link to nowhere, a socket: nothing that can be read
                size = original.stat().st_size
                if size <= min(MAX_COPIED_BYTES, largest, MAX_COPIED_IN_ALL - in_all):
                    copied.append((str(original), name))
                    in_all += size
                else:
                    linked.append((str(original), name))
        return cls(tuple(dict.fromkeys(folders)), tuple(copied), tuple(linked), in_all)

    @property
    def count(self) -> int:
        """How many files and folders it is."""
        return len(self.folders) + len(self.copied) + len(self.linked)

    def fill(self) -> None:
        """Put all of it below the current folder."""
        for name in self.folders:
            Path(name).mkdir(exist_ok=True)
        for original, name in self.copied:
            shutil.copyfile(original, name)
        for original, name in self.linked:
            Path(name).symlink_to(original)


def copy(source: str, names: Iterable[str]) -> None:
    """Copy the named files below ``source``, those that are there, below the current folder.

    For a student's own machine, where the folder holds their other files too.
    """
    for name in names:
        original, target = Path(source, name), Path(name)
        if original.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(original, target)


def _found(sources: Iterable[str]) -> Iterator[tuple[Path, str]]:
    """What lies below the sources, and its place; folders come before what is in them."""
    for source in sources:
        for parent, folders, names in os.walk(source):
            folders[:] = sorted(name for name in folders if name not in IGNORED)
            here = os.path.relpath(parent, source)
            for name in [*folders, *sorted(names)]:
                yield Path(parent, name), os.path.normpath(f"{here}/{name}")
