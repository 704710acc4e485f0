"""A folder or an archive comes in; what lies at its top goes out, by name.

Names inside come from students. None of them becomes a path: they are compared, cleaned and shown.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from autograder.batch.entries import Ignored, InZip, OnDisk, SourceError
from autograder.model.findings import shown
from autograder.model.submission import IGNORED_FOLDERS

Part = OnDisk | InZip

#: What systems leave behind, beside `IGNORED_FOLDERS`; nobody misses it.
_LEFT_BEHIND = frozenset({".ds_store", "thumbs.db", "desktop.ini", ".gitignore", ".gitkeep"})

LEFT_BEHIND = "systems and editors leave such things behind"
HIDDEN = "its name begins with a dot"
LINK = "it is a link, which is not followed"
FILE_AND_FOLDER = "the archive holds a folder of the same name"


@dataclass
class Shelf:
    """The names at the top of a folder or archive; what lies in folders is below them.

    Attributes:
        path: where it lies in what was given, empty or with a slash at its end.
        tops: what is there, by name; all that lies in a folder of an archive.
        left: what is not looked at, by name.
    """

    path: str = ""
    tops: dict[str, list[Part]] = field(default_factory=dict)
    folders: set[str] = field(default_factory=set)
    left: dict[str, Ignored] = field(default_factory=dict)
    below: Callable[[str], Shelf] = lambda _name: Shelf()

    @property
    def files(self) -> Iterator[str]:
        """The names that are no folders'."""
        return (name for name in self.tops if name not in self.folders)

    def ignored(self, name: str, reason: str, *, expected: bool = False) -> Ignored:
        """One of the names at the top, as what is part of no submission."""
        return Ignored(shown(f"{self.path}{name}") or "(no name)", reason, expected)

    def takes(self, name: str) -> bool:
        """Whether a name at the top is looked at; if not, it is noted."""
        if name in IGNORED_FOLDERS or name.lower() in _LEFT_BEHIND or name.startswith("._"):
            self.left[name] = self.ignored(name, LEFT_BEHIND, expected=True)
        elif name.startswith("."):
            self.left[name] = self.ignored(name, HIDDEN)
        return name not in self.left


def disk_shelf(folder: Path, path: str = "") -> Shelf:
    """The names in a folder.

    Raises:
        SourceError: it cannot be read.
    """
    shelf = Shelf(path, below=lambda name: disk_shelf(folder / name, f"{path}{name}/"))
    try:
        found = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        raise SourceError(f"{folder}: it cannot be read ({error.strerror}).") from None
    for entry in found:
        if not shelf.takes(entry.name):
            continue
        if entry.is_symlink():
            shelf.left[entry.name] = shelf.ignored(entry.name, LINK)
            continue
        is_folder = entry.is_dir(follow_symlinks=False)
        name = "" if is_folder else entry.name
        shelf.tops[entry.name] = [OnDisk(Path(entry.path), name, is_folder)]
        shelf.folders |= {entry.name} if is_folder else set()
    return shelf


def zip_shelf(archive: zipfile.ZipFile) -> Shelf:
    """The names in an open archive."""
    members = ((item, item.filename.replace("\\", "/")) for item in archive.infolist())
    return _zip_shelf(archive, members, "")


def _zip_shelf(
    archive: zipfile.ZipFile, members: Iterable[tuple[zipfile.ZipInfo, str]], path: str
) -> Shelf:
    """What lies at the top of some entries, each with its path from there."""
    inside: dict[str, list[tuple[zipfile.ZipInfo, str]]] = {}
    shelf = Shelf(path, below=lambda name: _zip_shelf(archive, inside[name], f"{path}{name}/"))
    for member, name in members:
        top, slash, rest = name.partition("/")
        if not name:  # the folder itself, unless a file has its name
            if not member.filename.endswith(("/", "\\")):
                shelf.left[""] = Ignored(shown(path.rstrip("/")), FILE_AND_FOLDER)
            continue
        if not shelf.takes(top):
            continue
        inside.setdefault(top, []).append((member, rest))
        parts = shelf.tops.setdefault(top, [])
        if not name.endswith("/"):  # a folder by itself may be all that there is of somebody
            parts.append(InZip(archive, member, rest or top))
        shelf.folders |= {top} if slash else set()
    return shelf
