"""A folder or an archive comes in, an export of Gradescope, Canvas or Moodle or neither; its
submissions go out.

Names inside come from students. None of them becomes a path: they are compared, cleaned and shown.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from autograder.batch.entries import Entry, InZip, OnDisk, Person, SourceError, identifier
from autograder.batch.gradescope_export import METADATA, Known, read_metadata
from autograder.batch.shelves import Shelf, disk_shelf, zip_shelf
from autograder.model.findings import shown
from autograder.model.manifest import Assignment
from autograder.model.names import owners
from autograder.model.submission import ARCHIVES, SubmissionError, is_archive, opened_zip

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


#: What else may be one submission of a plain folder, by the end of its name; not all are read.
_ONE_EACH = (*ARCHIVES, ".ipynb")

NO_SUBMISSION = "it is no folder, no zip and no notebook"
NOT_READ = "it is an archive of a kind that is not read; unpack it"


@dataclass(frozen=True)
class Source:
    """What was found.

    Attributes:
        platform: whose export it is, in words; empty for a plain folder or archive.
        ignored: what is no part of any submission, and why.
    """

    entries: tuple[Entry, ...]
    platform: str = ""
    ignored: tuple[tuple[str, str], ...] = ()


@contextmanager
def submissions(path: Path, assignment: Assignment) -> Iterator[Source]:
    """The submissions in ``path``, readable until the end of the ``with`` statement.

    Raises:
        SourceError: there are none, or it cannot be read.
    """
    if path.is_dir():
        yield _source(disk_shelf(path), path, assignment)
    elif zipfile.is_zipfile(path):
        try:
            with opened_zip(path, DIRECTORY_BYTES) as archive:
                yield _source(zip_shelf(archive), path, assignment)
        except SubmissionError as error:
            raise SourceError(str(error)) from None
    else:
        raise SourceError(
            f"{path}: found no folder and no zip; give a folder of submissions, or an export of "
            "Gradescope, Canvas or Moodle."
        )


def _source(shelf: Shelf, path: Path, assignment: Assignment) -> Source:
    outer = {name: NO_SUBMISSION for name in shelf.files if not _may_be_one(name, assignment)}
    inner = _inside(shelf, assignment)
    found = _export(shelf, assignment)
    if found is None and inner is not None:
        found = _export(inner, assignment)
        if found is None and _holds_several(inner):
            found = _plain(inner, assignment)
        if found is not None:
            left = shelf.left | outer
            found = replace(found, ignored=(*_listed(left), *found.ignored))
    found = found or _plain(shelf, assignment)
    if not found.entries:
        raise SourceError(
            f"{path}: found no submission; give a folder that holds a folder, a zip or a notebook "
            "for each, or an export of Gradescope, Canvas or Moodle."
        )
    return found


def _export(shelf: Shelf, assignment: Assignment) -> Source | None:
    """The submissions of an export; None unless all that could be a submission is of that form.

    Of an export every name follows the platform's rules. In a folder of files whose names students
    have chosen, some may by chance, or on purpose: then all others would be lost.
    """
    for platform, recognised in (
        ("Gradescope", _gradescope),
        ("Moodle", _moodle),
        ("Canvas", lambda shelf: _canvas(shelf, assignment)),
    ):
        found = recognised(shelf)
        if found is None:
            continue
        entries, taken = found
        others = [name for name in shelf.tops if name not in taken]
        if any(name in shelf.folders or _may_be_one(name, assignment) for name in others):
            continue
        left = shelf.left | dict.fromkeys(others, f"it is no part of an export of {platform}")
        return Source(tuple(entries), platform, _listed(left))
    return None


def _may_be_one(name: str, assignment: Assignment) -> bool:
    """Whether a file would be a submission by itself in a plain folder."""
    modules = [entry.file for entry in assignment.notebooks if entry.is_module]
    return name.lower().endswith(_ONE_EACH) or name.lower() in {m.lower() for m in modules}


def _inside(shelf: Shelf, assignment: Assignment) -> Shelf | None:
    """What is in the only folder, if nothing beside it could be a submission."""
    if len(shelf.folders) != 1 or any(_may_be_one(name, assignment) for name in shelf.files):
        return None
    return shelf.below(next(iter(shelf.folders)))


def _holds_several(shelf: Shelf) -> bool:
    """Whether a folder seems to hold submissions and not to be one."""
    one_each = shelf.folders | {name for name in shelf.tops if name.lower().endswith(".zip")}
    return len(one_each) > 1 and one_each == shelf.tops.keys()


def _listed(left: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((shown(name) or "(no name)", why) for name, why in left.items())


#: The submissions of an export, and the names that they take; None for what is none.
Found = tuple[list[Entry], set[str]] | None


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


def _gradescope(shelf: Shelf) -> Found:
    if METADATA not in shelf.tops or METADATA in shelf.folders:
        return None
    folders = [name for name in shelf.tops if name in shelf.folders and _GRADESCOPE.fullmatch(name)]
    if len(folders) < len(shelf.folders):
        return None
    known = read_metadata(_bytes_of(shelf.tops[METADATA][0]))
    gathered = _Gathered()
    for name in folders:
        what = known.get(name, Known())
        parts = tuple(shelf.tops[name])
        entry = Entry(name, name, parts, what.people, what.created, platform="gradescope")
        gathered.add(name, entry)
    return (gathered.all(), {METADATA, *folders}) if folders else None


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


def _moodle(shelf: Shelf) -> Found:
    gathered = _Gathered()
    taken: set[str] = set()
    names: dict[str, str] = {}
    for top, parts in shelf.tops.items():
        match = _MOODLE.fullmatch(top)
        if match is None:
            continue
        rest = match["file"] or ""
        flat = [replace(part, name=rest or part.name) for part in parts]
        name, user = match["name"], match["user"]
        if names.setdefault(user, name) != name:  # a participant has one
            return None
        taken.add(top)
        own = tuple(parts if top in shelf.folders else flat)
        person = Person(name=shown(name), number=user)
        gathered.add(user, Entry(user, shown(name), own, (person,), platform="moodle"))
    return (gathered.all(), taken) if taken else None


# --- Canvas -------------------------------------------------------------------------------------


def _canvas(shelf: Shelf, assignment: Assignment) -> Found:
    matches = {}
    for top in shelf.files:
        match = _CANVAS.fullmatch(top) or _CANVAS_TEXT.fullmatch(top)
        if match is not None:
            matches[top] = match
    if not _are_of_canvas(list(matches.values()), assignment):
        return None
    wanted = {entry.file.lower() for entry in assignment.notebooks}
    wanted |= {pattern.lower() for pattern in assignment.files if "*" not in pattern}
    gathered = _Gathered()
    newest: dict[tuple[str, str], tuple[int, OnDisk | InZip]] = {}
    for top, match in matches.items():
        user, label = match["user"], shown(match["name"])
        person = Person(name=label, number=user)
        late = match["late"] is not None
        gathered.add(user, Entry(user, label, (), (person,), late=late, platform="canvas"))
        name, again = _as_handed_in(match.groupdict().get("file") or top, wanted)
        known = newest.get((user, name.lower()))
        if known is None or known[0] < again:
            newest[user, name.lower()] = again, replace(shelf.tops[top][0], name=name)
    parts_of: dict[str, list[OnDisk | InZip]] = {}
    for (user, _name), (_again, part) in newest.items():
        parts_of.setdefault(user, []).append(part)
    entries = [replace(e, parts=tuple(parts_of[e.people[0].number])) for e in gathered.all()]
    return entries, set(matches)


def _are_of_canvas(matches: list[re.Match[str]], assignment: Assignment) -> bool:
    """Whether names that look like Canvas's are, and not such as ``hw_4_2_final.ipynb``.

    A student can choose none of what is looked at, but where there is one student only.
    """
    uploads = [number for match in matches if (number := match.groupdict().get("upload"))]
    if not matches or len(set(uploads)) < len(uploads):  # Canvas counts all files that it has
        return False
    names: dict[str, str] = {}
    for match in matches:
        if names.setdefault(match["user"], match["name"]) != match["name"]:
            return False
    if len(names) > 1:
        return len(set(names.values())) > 1
    files = [PurePosixPath(match.groupdict().get("file") or "x.html") for match in matches]
    asked = [entry.file for entry in assignment.notebooks]
    notebooks = [file for file in files if file.suffix.lower() == ".ipynb"]
    return len(notebooks) < 2 or all(owners(file, asked) for file in notebooks)


def _as_handed_in(name: str, wanted: set[str]) -> tuple[str, int]:
    """The name without the number that Canvas adds to a file handed in again, and that number."""
    match = _AGAIN.fullmatch(name)
    if match is None:
        return name, 0
    plain = match["stem"] + match["suffix"]
    is_ours = plain.lower() in wanted or match["suffix"].lower() == ".zip"
    return (plain, int(match["again"])) if is_ours else (name, 0)


# --- anything else ------------------------------------------------------------------------------


def _plain(shelf: Shelf, assignment: Assignment) -> Source:
    """A submission for each folder, zip and notebook."""
    gathered = _Gathered()
    left = dict(shelf.left)
    for name, parts in shelf.tops.items():
        if name in shelf.folders:
            gathered.add(name, Entry(name, shown(name), tuple(parts)))
        elif not _may_be_one(name, assignment):
            left[name] = NO_SUBMISSION
        elif is_archive(name) and not name.lower().endswith(".zip"):
            left[name] = NOT_READ
        else:
            entry = Entry(PurePosixPath(name).stem, shown(name), tuple(parts))
            gathered.add(name, entry)
    return Source(tuple(gathered.all()), "", _listed(left))
