"""A folder or an archive comes in; what lies at its top goes out, by name.

Names inside come from students. None of them becomes a path: they are compared, cleaned and shown.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from autograder.batch.entries import InZip, OnDisk, SourceError
from autograder.model.submission import IGNORED_FOLDERS

#: What systems leave behind, beside `IGNORED_FOLDERS`; nobody misses it.
_LEFT_BEHIND = frozenset({".ds_store", "thumbs.db", "desktop.ini", ".gitignore", ".gitkeep"})

HIDDEN = "its name begins with a dot"
LINK = "it is a link, which is not followed"


@dataclass
class Shelf:
    """The names at the top of a folder or archive; what lies in folders is below them.

    Attributes:
        tops: what is there, by name; all that lies in a folder of an archive.
        left: what is not looked at, and why.
    """

    tops: dict[str, list[OnDisk | InZip]] = field(default_factory=dict)
    folders: set[str] = field(default_factory=set)
    left: dict[str, str] = field(default_factory=dict)
    below: Callable[[str], Shelf] = lambda _name: Shelf()

    @property
    def files(self) -> Iterator[str]:
        """The names that are no folders'."""
        return (name for name in self.tops if name not in self.folders)

    def takes(self, name: str) -> bool:
        """Whether a name at the top is looked at; if not, and somebody may miss it, it is noted."""
        if name in IGNORED_FOLDERS or name.lower() in _LEFT_BEHIND or name.startswith("._"):
            return False
        if name.startswith("."):
            self.left[name] = HIDDEN
        return not name.startswith(".")


def disk_shelf(folder: Path) -> Shelf:
    """The names in a folder.

    Raises:
        SourceError: it cannot be read.
    """
    shelf = Shelf(below=lambda name: disk_shelf(folder / name))
    try:
        found = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        raise SourceError(f"{folder}: it cannot be read ({error.strerror}).") from None
    for entry in found:
        if not shelf.takes(entry.name):
            continue
        if entry.is_symlink():
            shelf.left[entry.name] = LINK
            continue
        is_folder = entry.is_dir(follow_symlinks=False)
        shelf.tops[entry.name] = [OnDisk(Path(entry.path), "" if is_folder else entry.name)]
        shelf.folders |= {entry.name} if is_folder else set()
    return shelf


def zip_shelf(archive: zipfile.ZipFile, prefix: str = "") -> Shelf:
    """The names in an open archive, below a prefix that ends with a slash."""
    shelf = Shelf(below=lambda name: zip_shelf(archive, f"{prefix}{name}/"))
    for member in archive.infolist():
        name = member.filename.replace("\\", "/")
        if not name.startswith(prefix) or name == prefix:
            continue
        top, slash, rest = name.removeprefix(prefix).partition("/")
        if not shelf.takes(top):
            continue
        parts = shelf.tops.setdefault(top, [])
        if not name.endswith("/"):  # a folder by itself may be all that there is of somebody
            parts.append(InZip(archive, member, rest or top))
        shelf.folders |= {top} if slash else set()
    return shelf
