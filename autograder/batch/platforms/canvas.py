"""Canvas's "Download Submissions": all files of all students in one folder.

::

    doejane_12345_678901_lab.ipynb              name, user, upload, the file's own name
    doejane_LATE_12345_678902_lab-1.ipynb       submitted late; submitted again, Canvas adds -1
    roemax_777_text.html                        a text that was typed in

Canvas takes all but letters and digits out of names. The gradebook's import matches students by
``ID``, which is the user in these names. "Upload Submissions" on the assignment takes files whose
names have the user and one of the uploads in them.
Source: Canvas's instructor guide on downloading and uploading submissions, the source of
``submissions_controller`` and ``SubmissionZip`` in instructure/canvas-lms, and real downloads.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from autograder.batch.entries import Entry, Ignored, Person
from autograder.batch.platforms.base import (
    Export,
    Gathered,
    Row,
    Score,
    alone,
    beside,
    in_zip,
    names_of_users,
    renamed,
)
from autograder.batch.shelves import Part, Shelf
from autograder.model.findings import shown
from autograder.model.manifest import Assignment
from autograder.model.names import owners

KEY = "canvas"
TITLE = "Canvas"

_UPLOAD = re.compile(
    r"(?P<name>[^_]*)_(?P<late>LATE_)?(?P<user>\d+)_(?P<upload>\d+)_(?P<file>.+)", re.S
)
_TEXT = re.compile(r"(?P<name>[^_]*)_(?P<late>LATE_)?(?P<user>\d+)_text\.html")
#: A file submitted again: Canvas adds a number.
_AGAIN = re.compile(r"(?P<stem>.+)-(?P<again>\d{1,3})(?P<suffix>\.[A-Za-z0-9]+)", re.S)
#: Digits of a number that is compared: no platform has counted further.
_DIGITS = 18


def recognise(shelf: Shelf, assignment: Assignment) -> bool:
    """Whether names are Canvas's, and not such as ``hw_4_2_final.ipynb``.

    A student can choose none of what is looked at, but where there is one student only.
    """
    matches = _matches(shelf)
    uploads = [number for match in matches.values() if (number := _upload(match))]
    if not matches or len(set(uploads)) < len(uploads):  # Canvas counts all files that it has
        return False
    names = names_of_users(matches.values())
    if names is None:
        return False
    alike = len(set(names.values())) > 1 if len(names) > 1 else _of_one(matches, assignment)
    return alike and alone(shelf, matches, assignment)


def entries(shelf: Shelf, assignment: Assignment) -> Export:
    """A submission for each user; of a file that was submitted again the newest."""
    matches = _matches(shelf)
    wanted = {entry.file.lower() for entry in assignment.notebooks}
    wanted |= {pattern.lower() for pattern in assignment.files if "*" not in pattern}
    gathered = Gathered()
    newest: dict[tuple[str, str], tuple[int, int, str, Part]] = {}
    older: list[Ignored] = []
    for top, match in matches.items():
        user, label = match["user"], shown(match["name"])
        people, late = (Person(name=label, number=user),), match["late"] is not None
        entry = Entry(user, label, (), people, late=late, platform=KEY)
        gathered.add(user, replace(entry, origin=f"{shelf.path}{top}"))
        name, again = _as_handed_in(match.groupdict().get("file") or top, wanted)
        upload = int(_upload(match)[-_DIGITS:] or 0)
        this = again, upload, top, renamed(shelf.tops[top][0], name)
        before = newest.get((user, name.lower()))
        if before is not None:
            this, before = max(this, before, key=_age), min(this, before, key=_age)
            why = f"it was submitted again; {shown(this[2])} is newer"
            older.append(shelf.ignored(before[2], why))
        newest[user, name.lower()] = this
    parts_of: dict[str, list[Part]] = {}
    for (user, _name), (*_age_of, part) in newest.items():
        parts_of.setdefault(user, []).append(part)
    found = tuple(replace(e, parts=tuple(parts_of[e.people[0].number])) for e in gathered.all())
    return Export(found, (*beside(shelf, matches, TITLE), *older))


def grades(scores: Sequence[Score], assignment: Assignment) -> list[Row]:
    """The gradebook's form, which is matched by ``ID``, or by the numbers of the institution."""
    rows: list[Row] = [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", assignment.title],
        ["Points Possible", "", "", "", "", assignment.points],
    ]
    for score in scores:
        who = score.person
        number = who.number if score.entry.platform == KEY else ""
        login = who.login or who.email
        rows.append([who.name, number, who.sid, login, "", score.points])
    return rows


def feedback(entry: Entry, page: str) -> str:
    """Behind the user and the upload that Canvas looks for; none where only a text was typed in."""
    match = _UPLOAD.fullmatch(entry.origin.rpartition("/")[2])
    if match is None:
        return ""
    return in_zip(f"{match['name']}_{match['user']}_{match['upload']}_{page}")


def _matches(shelf: Shelf) -> dict[str, re.Match[str]]:
    found = ((top, _UPLOAD.fullmatch(top) or _TEXT.fullmatch(top)) for top in shelf.files)
    return {top: match for top, match in found if match is not None}


def _upload(match: re.Match[str]) -> str:
    return match.groupdict().get("upload") or ""


def _age(found: tuple[int, int, str, Part]) -> tuple[int, int]:
    return found[:2]


def _of_one(matches: dict[str, re.Match[str]], assignment: Assignment) -> bool:
    """Whether what is of one user can be: of several notebooks, each is one that was asked for."""
    files = [PurePosixPath(m.groupdict().get("file") or "x.html") for m in matches.values()]
    asked = [entry.file for entry in assignment.notebooks]
    notebooks = [file for file in files if file.suffix.lower() == ".ipynb"]
    return len(notebooks) < 2 or all(owners(file, asked) for file in notebooks)


def _as_handed_in(name: str, wanted: set[str]) -> tuple[str, int]:
    """The name without the number that Canvas adds to a file submitted again, and that number."""
    match = _AGAIN.fullmatch(name)
    if match is None:
        return name, 0
    plain = match["stem"] + match["suffix"]
    is_ours = plain.lower() in wanted or match["suffix"].lower() == ".zip"
    return (plain, int(match["again"])) if is_ours else (name, 0)
