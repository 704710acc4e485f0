"""A folder or an archive comes in, an export of Gradescope, Canvas or Moodle or neither; its
submissions go out.

Names inside come from students. None of them becomes a path: they are compared, cleaned and shown.
"""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from autograder.batch.entries import (
    Entry,
    InZip,
    OnDisk,
    Person,
    SourceError,
    identifier,
    shown,
)
from autograder.batch.gradescope_export import METADATA, Known, read_metadata
from autograder.model.manifest import Assignment
from autograder.model.submission import IGNORED_FOLDERS, SubmissionError, opened_zip

#: Of an export's table of contents: a thousand submissions of a hundred files need 16 MB.
DIRECTORY_BYTES = 256 << 20
MAX_METADATA = 512 << 20

#: ``doejane_LATE_12345_678910_work-1.ipynb``; Canvas takes all but letters and digits out of names.
_CANVAS = re.compile(r"(?P<name>[^_]*)_(?P<late>LATE_)?(?P<user>\d+)_(?P<upload>\d+)_(?P<file>.+)")
_CANVAS_TEXT = re.compile(r"(?P<name>[^_]*)_(?P<late>LATE_)?(?P<user>\d+)_text\.html")
#: ``Jane Doe_12345_assignsubmission_file_``, a folder or the beginning of a file's name.
_MOODLE = re.compile(r"(?P<name>.+?)_(?P<user>\d+)_assignsubmission_[a-z]+(_(?P<file>.*))?")
_GRADESCOPE = re.compile(r"submission_\d+")
#: A file handed in again: Canvas adds a number.
_AGAIN = re.compile(r"(?P<stem>.+)-(?P<again>\d{1,3})(?P<suffix>\.[A-Za-z0-9]+)")


@dataclass
class _Shelf:
    """The names at the top of a folder or archive; what lies in folders is below them."""

    tops: dict[str, list[OnDisk | InZip]] = field(default_factory=dict)
    folders: set[str] = field(default_factory=set)
    below: Callable[[str], _Shelf] = lambda _name: _Shelf()


@contextmanager
def submissions(path: Path, assignment: Assignment) -> Iterator[list[Entry]]:
    """The submissions in ``path``, readable until the end of the ``with`` statement.

    Raises:
        SourceError: there are none, or it cannot be read.
    """
    if path.is_dir():
        yield _entries(_disk_shelf(path), path, assignment)
    elif zipfile.is_zipfile(path):
        try:
            with opened_zip(path, DIRECTORY_BYTES) as archive:
                yield _entries(_zip_shelf(archive, ""), path, assignment)
        except SubmissionError as error:
            raise SourceError(str(error)) from None
    else:
        raise SourceError(
            f"{path}: found no folder and no zip; give a folder of submissions, or an export of "
            "Gradescope, Canvas or Moodle."
        )


def _disk_shelf(folder: Path) -> _Shelf:
    shelf = _Shelf(below=lambda name: _disk_shelf(folder / name))
    try:
        found = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        raise SourceError(f"{folder}: it cannot be read ({error.strerror}).") from None
    for entry in found:
        is_folder = entry.is_dir(follow_symlinks=False)
        if _is_ours(entry.name):
            shelf.tops[entry.name] = [OnDisk(Path(entry.path), "" if is_folder else entry.name)]
            shelf.folders |= {entry.name} if is_folder else set()
    return shelf


def _zip_shelf(archive: zipfile.ZipFile, prefix: str) -> _Shelf:
    shelf = _Shelf(below=lambda name: _zip_shelf(archive, f"{prefix}{name}/"))
    for member in archive.infolist():
        name = member.filename.replace("\\", "/")
        if not name.startswith(prefix) or name.endswith("/"):
            continue
        top, slash, rest = name.removeprefix(prefix).partition("/")
        if _is_ours(top):
            shelf.tops.setdefault(top, []).append(InZip(archive, member, rest or top))
            shelf.folders |= {top} if slash else set()
    return shelf


def _is_ours(name: str) -> bool:
    return not name.startswith(".") and name not in IGNORED_FOLDERS


def _entries(shelf: _Shelf, path: Path, assignment: Assignment) -> list[Entry]:
    entries = _found(shelf, assignment)
    if not entries and len(shelf.tops) == 1 and shelf.folders:
        entries = _found(shelf.below(next(iter(shelf.tops))), assignment)
    if not entries:
        entries = _plain(_without_wrapping(shelf), assignment)
    if not entries:
        raise SourceError(
            f"{path}: found no submission; give a folder that holds a folder, a zip or a notebook "
            "for each, or an export of Gradescope, Canvas or Moodle."
        )
    return entries


def _found(shelf: _Shelf, assignment: Assignment) -> list[Entry]:
    """The submissions of an export; none if it is none."""
    if METADATA in shelf.tops:
        return _gradescope(shelf)
    return _moodle(shelf) or _canvas(shelf, assignment)


def _without_wrapping(shelf: _Shelf) -> _Shelf:
    """What is in the only folder, if that seems to hold submissions and not to be one."""
    if len(shelf.tops) != 1 or not shelf.folders:
        return shelf
    inner = shelf.below(next(iter(shelf.tops)))
    one_each = inner.folders | {name for name in inner.tops if name.lower().endswith(".zip")}
    return inner if len(one_each) > 1 and one_each == inner.tops.keys() else shelf


class _Gathered:
    """Entries with ids of their own, in the order in which they were first seen."""

    def __init__(self) -> None:
        self._found: dict[str, Entry] = {}
        self._taken: set[str] = set()

    def add(self, key: str, entry: Entry) -> None:
        """Add a submission, or further parts to the one of the same key."""
        known = self._found.get(key)
        if known is None:
            name = identifier(entry.id, self._taken)
            self._taken.add(name.lower())
            self._found[key] = replace(entry, id=name)
        else:
            parts, late = (*known.parts, *entry.parts), known.late or entry.late
            self._found[key] = replace(known, parts=parts, late=late)

    def all(self) -> list[Entry]:
        return list(self._found.values())


# --- Gradescope ---------------------------------------------------------------------------------


def _gradescope(shelf: _Shelf) -> list[Entry]:
    known = read_metadata(_bytes_of(shelf.tops[METADATA][0]))
    gathered = _Gathered()
    for name in shelf.tops:
        if name in shelf.folders and _GRADESCOPE.fullmatch(name):
            what = known.get(name, Known())
            parts = tuple(shelf.tops[name])
            entry = Entry(name, name, parts, what.people, what.created, platform="gradescope")
            gathered.add(name, entry)
    return gathered.all()


def _bytes_of(part: OnDisk | InZip) -> bytes:
    size = part.path.stat().st_size if isinstance(part, OnDisk) else part.member.file_size
    if size > MAX_METADATA:
        raise SourceError(f"{METADATA}: it is larger than {MAX_METADATA >> 20} MB.")
    try:
        if isinstance(part, OnDisk):
            return part.path.read_bytes()
        with part.archive.open(part.member) as file:
            return file.read(MAX_METADATA)
    except Exception as error:  # a damaged entry raises one of many
        raise SourceError(
            f"{METADATA}: it cannot be read ({type(error).__name__}); export once more."
        ) from None


# --- Moodle -------------------------------------------------------------------------------------


def _moodle(shelf: _Shelf) -> list[Entry]:
    gathered = _Gathered()
    for top, parts in shelf.tops.items():
        match = _MOODLE.fullmatch(top)
        if match is None:
            continue
        rest = match["file"] or ""
        flat = [replace(part, name=rest or part.name) for part in parts]
        name, user = match["name"], match["user"]
        taken = tuple(parts if top in shelf.folders else flat)
        person = Person(name=shown(name), number=user)
        gathered.add(user, Entry(user, shown(name), taken, (person,), platform="moodle"))
    return gathered.all()


# --- Canvas -------------------------------------------------------------------------------------


def _canvas(shelf: _Shelf, assignment: Assignment) -> list[Entry]:
    wanted = {entry.file.lower() for entry in assignment.notebooks}
    wanted |= {pattern.lower() for pattern in assignment.files if "*" not in pattern}
    gathered = _Gathered()
    newest: dict[tuple[str, str], tuple[int, OnDisk | InZip]] = {}
    for top, parts in shelf.tops.items():
        match = _CANVAS.fullmatch(top) or _CANVAS_TEXT.fullmatch(top)
        if match is None or top in shelf.folders:
            continue
        user, label = match["user"], shown(match["name"])
        person = Person(name=label, number=user)
        late = match["late"] is not None
        gathered.add(user, Entry(user, label, (), (person,), late=late, platform="canvas"))
        name, again = _as_handed_in(match.groupdict().get("file") or top, wanted)
        known = newest.get((user, name.lower()))
        if known is None or known[0] < again:
            newest[user, name.lower()] = again, replace(parts[0], name=name)
    parts_of: dict[str, list[OnDisk | InZip]] = {}
    for (user, _name), (_again, part) in newest.items():
        parts_of.setdefault(user, []).append(part)
    return [replace(e, parts=tuple(parts_of[e.people[0].number])) for e in gathered.all()]


def _as_handed_in(name: str, wanted: set[str]) -> tuple[str, int]:
    """The name without the number that Canvas adds to a file handed in again, and that number."""
    match = _AGAIN.fullmatch(name)
    if match is None:
        return name, 0
    plain = match["stem"] + match["suffix"]
    is_ours = plain.lower() in wanted or match["suffix"].lower() == ".zip"
    return (plain, int(match["again"])) if is_ours else (name, 0)


# --- anything else ------------------------------------------------------------------------------


def _plain(shelf: _Shelf, assignment: Assignment) -> list[Entry]:
    """A submission for each folder, zip and notebook."""
    gathered = _Gathered()
    patterns = ("*.zip", "*.ipynb", *(e.file for e in assignment.notebooks if e.is_module))
    for name, parts in shelf.tops.items():
        path = PurePosixPath(name)
        if name in shelf.folders:
            gathered.add(name, Entry(name, shown(name), tuple(parts)))
        elif any(PurePosixPath(name.lower()).match(pattern.lower()) for pattern in patterns):
            gathered.add(name, Entry(path.stem, shown(name), tuple(parts)))
    return gathered.all()
