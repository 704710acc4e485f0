"""Sakai's "Download All" of an assignment.

::

    Lab 4/
        grades.csv                              or .xls; "Upload All" takes it back in a zip
        Doe, Jane(jdoe)/
            Submission attachment(s)/lab.ipynb
            Feedback Attachment(s)/             what staff hand back
            timestamp.txt  comments.txt  feedbackText.html
            Doe, Jane(jdoe)_submissionText.html what was typed in
    Lab 4/Doe, Jane(jdoe)_Submission attachment(s)_lab.ipynb     "without folders"

"Upload All" takes a zip of the same folders with ``grades.csv`` at their side.
Source: Sakai's help ("Download assignments for grading", "Upload graded assignments"); programs
that read and write such folders (a number of graders of real courses).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from autograder.batch.entries import Entry, Ignored, Person
from autograder.batch.platforms.base import (
    OWN_FILE,
    Export,
    Gathered,
    Row,
    Score,
    alone,
    below,
    beside,
    in_zip,
    name_parts,
    renamed,
    text_of,
)
from autograder.batch.shelves import Part, Shelf
from autograder.model.findings import shown
from autograder.model.manifest import Assignment

KEY = "sakai"
TITLE = "Sakai"

SUBMITTED, RETURNED = "Submission attachment(s)", "Feedback Attachment(s)"
OWN = {"grades.csv", "grades.xls", "grades.xlsx"}
_OWN_INSIDE = {"timestamp.txt", "comments.txt", "feedbacktext.html", "feedbacktext.txt"}
_TYPED = ("submissiontext.html", "submissiontext.txt")
NOT_SUBMITTED = f"it does not lie in '{SUBMITTED}'"

_WHO = r"(?P<name>[^()]+)\((?P<login>[^()]+)\)"
_FOLDER = re.compile(_WHO, re.S)
_FILE = re.compile(rf"(?P<who>{_WHO})_{re.escape(SUBMITTED)}_(?P<file>.+)", re.S)
_TIME = re.compile(r"(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})\d*")


def recognise(shelf: Shelf, assignment: Assignment) -> bool:
    """Whether all folders are called so and hold what Sakai puts there, or all files are."""
    folders = {name for name in shelf.tops if name in shelf.folders and _FOLDER.fullmatch(name)}
    files = {name for name in shelf.files if _FILE.fullmatch(name)}
    if not (folders or files) or not alone(shelf, folders | files | OWN, assignment):
        return False
    return all(_is_one(shelf.below(name)) for name in folders)


def entries(shelf: Shelf, _assignment: Assignment) -> Export:
    """A submission for each folder, of what lies in its folder of attachments."""
    gathered = Gathered()
    ignored: list[Ignored] = []
    taken: set[str] = set()
    for top in shelf.tops:
        match = (_FOLDER if top in shelf.folders else _FILE).fullmatch(top)
        if match is None:
            continue
        taken.add(top)
        who = top if top in shelf.folders else match["who"]
        name, login = shown(match["name"].strip()), shown(match["login"])
        if top in shelf.folders:
            inside = _sorted_out(shelf.below(top))
            ignored += inside.ignored
        else:
            inside = _Inside([renamed(part, match["file"]) for part in shelf.tops[top]])
        person = Person(name=name, login=login)
        entry = Entry(
            match["login"],
            name,
            tuple(inside.parts),
            (person,),
            inside.created,
            platform=KEY,
            origin=f"{shelf.path}{who}",
        )
        gathered.add(who, entry)
    return Export(gathered.all(), (*beside(shelf, taken, TITLE, OWN), *ignored))


def grades(scores: Sequence[Score], assignment: Assignment) -> list[Row]:
    """``grades.csv`` as it lies in the download: three lines, then a line for each student."""
    rows: list[Row] = [
        [assignment.title, "Points", "", "", ""],
        ["", "", "", "", ""],
        ["Display ID", "ID", "Last Name", "First Name", "grade"],
    ]
    for score in scores:
        who = score.person
        first, last = name_parts(who.name)
        rows.append([who.login or who.sid, who.login or who.sid, last, first, score.points])
    return rows


def feedback(entry: Entry, page: str) -> str:
    """In the student's folder of what staff hand back."""
    return in_zip(f"{entry.origin}/{RETURNED}/{page}") if entry.platform == KEY else ""


def _is_one(inside: Shelf) -> bool:
    """Whether a folder holds what Sakai puts into each."""
    names = {name.lower() for name in inside.tops}
    return bool({SUBMITTED.lower(), "timestamp.txt"} & names)


@dataclass
class _Inside:
    """What a student's folder holds."""

    parts: list[Part] = field(default_factory=list)
    ignored: list[Ignored] = field(default_factory=list)
    created: str = ""


def _sorted_out(inside: Shelf) -> _Inside:
    found = _Inside(ignored=list(inside.left.values()))
    for name, parts in inside.tops.items():
        if name == SUBMITTED and name in inside.folders:
            handed_in = inside.below(name)
            found.parts += _submitted(handed_in)
            found.ignored += handed_in.left.values()
        elif name.lower() == "timestamp.txt" and name not in inside.folders:
            found.created = _time(parts)
            found.ignored.append(inside.ignored(name, OWN_FILE, expected=True))
        else:
            low = name.lower()
            own = low in _OWN_INSIDE or low.endswith(_TYPED) or name == RETURNED
            reason = OWN_FILE if own else NOT_SUBMITTED
            found.ignored.append(inside.ignored(name, reason, expected=own))
    return found


def _submitted(shelf: Shelf) -> Iterator[Part]:
    for name, parts in shelf.tops.items():
        yield from below(parts, name) if name in shelf.folders else parts


def _time(parts: Iterable[Part]) -> str:
    """When it was submitted: ``20261001231432123`` becomes a time without a zone."""
    text = "".join(text_of(part, 100) for part in parts).strip()
    match = _TIME.fullmatch(text)
    return "{}-{}-{} {}:{}:{}".format(*match.groups()) if match is not None else ""
