"""nbgrader's tree of submissions, as ``nbgrader collect`` and ``zip_collect`` write it.

::

    course/                         the course's own folder, or submitted/ alone
        submitted/
            jdoe/                   the student
                ps1/                the assignment
                    problem1.ipynb
                    timestamp.txt   2026-10-01 23:14:32.123456 UTC
        source/  release/  autograded/  feedback/  gradebook.db  nbgrader_config.py

Of several assignments the one is taken that has the manifest's name, or the one of which the
notebooks are. nbgrader keeps grades in its database and takes none from a file; feedback lies in
``feedback/STUDENT/ASSIGNMENT``.
Source: nbgrader's documentation ("The philosophy and the approach", "Collecting assignments").
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from autograder.batch.entries import Entry, Ignored, Person
from autograder.batch.platforms.base import (
    OWN_FILE,
    Export,
    Gathered,
    Row,
    Score,
    below,
    beside,
    in_zip,
    text_of,
)
from autograder.batch.platforms.several import holds_several
from autograder.batch.shelves import Part, Shelf
from autograder.model.findings import shown
from autograder.model.manifest import Assignment

KEY = "nbgrader"
TITLE = "nbgrader"

SUBMITTED, TIME = "submitted", "timestamp.txt"
OWN = {
    *("source", "release", "autograded", "feedback", "downloaded", "exchange", "inbound"),
    *("gradebook.db", "nbgrader_config.py", "header.ipynb"),
}


def recognise(shelf: Shelf, assignment: Assignment) -> bool:
    """Whether it is a course's folder, or holds assignments by student, one with its time."""
    if _is_course(shelf):
        return bool(_chosen(shelf.below(SUBMITTED), assignment))
    if not shelf.folders or shelf.folders != shelf.tops.keys():
        return False
    with_time = any(TIME in inner.tops for _student, _name, inner in _assignments(shelf))
    return with_time and bool(_chosen(shelf, assignment))


def entries(shelf: Shelf, assignment: Assignment) -> Export:
    """A submission for each student who has a folder of the assignment."""
    ignored: list[Ignored] = []
    if _is_course(shelf):
        taken = {SUBMITTED}
        ignored += beside(shelf, taken, TITLE, OWN)
        shelf = shelf.below(SUBMITTED)
    ignored += beside(shelf, shelf.folders, TITLE)
    wanted = _chosen(shelf, assignment)
    gathered = Gathered()
    for student in shelf.folders:
        inside = shelf.below(student)
        ignored += inside.left.values()
        for name in inside.tops:
            if name not in inside.folders:
                reason = "it lies in no assignment's folder"
                ignored.append(inside.ignored(name, reason))
            elif name != wanted:
                reason = f"it is of another assignment than {shown(wanted)}"
                ignored.append(inside.ignored(name, reason, expected=True))
        if not inside.tops:
            ignored.append(shelf.ignored(student, "it is empty"))
        if wanted in inside.folders:
            handed_in = inside.below(wanted)
            person = Person(sid=shown(student), login=shown(student))
            created, parts = _sorted_out(handed_in, ignored)
            entry = Entry(student, shown(student), parts, (person,), created, platform=KEY)
            gathered.add(student, _at(entry, f"{student}/{wanted}"))
    return Export(gathered.all(), tuple(ignored))


def grades(_scores: Sequence[Score], _assignment: Assignment) -> list[Row]:
    """None."""
    return []


def feedback(entry: Entry, page: str) -> str:
    """Where nbgrader has feedback, below its folder ``feedback``."""
    return in_zip(f"{entry.origin}/{page}")


def _at(entry: Entry, origin: str) -> Entry:
    return Entry(**{**vars(entry), "origin": origin})


def _is_course(shelf: Shelf) -> bool:
    names = {name.lower() for name in shelf.tops} - {SUBMITTED}
    return SUBMITTED in shelf.folders and bool(names & OWN) and names <= OWN | _NOTES


#: What may lie in a course's folder beside nbgrader's own.
_NOTES = {"readme.md", "readme.txt", "students.csv", "roster.csv", ".nbgrader.log"}


def _assignments(shelf: Shelf) -> Iterator[tuple[str, str, Shelf]]:
    """Student, assignment and what lies in its folder."""
    for student in sorted(shelf.folders):
        inside = shelf.below(student)
        for name in sorted(inside.folders):
            yield student, name, inside.below(name)


def _chosen(shelf: Shelf, assignment: Assignment) -> str:
    """The folder's name that is the assignment; empty if none can be told for sure."""
    asked = {entry.file.lower() for entry in assignment.notebooks}
    names: dict[str, bool] = {}
    single: set[str] = set()
    for _student, name, inside in _assignments(shelf):
        holds = bool(asked & {file.lower() for file in inside.files})
        names[name] = names.get(name, False) or holds
        if name not in single and not holds_several(inside, assignment):
            single.add(name)  # no other folders around those of students
    names = {name: holds for name, holds in names.items() if name in single}
    ours = [name for name in names if name.lower() == assignment.name.lower()]
    holding = [name for name, holds in names.items() if holds]
    for found in (list(names), ours, holding):
        if len(found) == 1:
            return found[0]
    return ""


def _sorted_out(shelf: Shelf, ignored: list[Ignored]) -> tuple[str, tuple[Part, ...]]:
    """When it was submitted, and all but the file that says so."""
    ignored += shelf.left.values()
    created, parts = "", []
    for name, found in shelf.tops.items():
        if name == TIME and name not in shelf.folders:
            created = shown(text_of(found[0], 100).strip())
            ignored.append(shelf.ignored(name, OWN_FILE, expected=True))
        else:
            parts.append(below(found, name) if name in shelf.folders else found)
    return created, tuple(chain.from_iterable(parts))
