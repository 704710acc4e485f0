"""Moodle's "Download all submissions" of an assignment, with or without a folder for each student.

::

    Jane Doe_12345_assignsubmission_file_/lab.ipynb         "Download submissions in folders"
    Jane Doe_12345_assignsubmission_onlinetext_/onlinetext.html
    Jane Doe_12345_assignsubmission_file_lab.ipynb          without folders

The number is the participant's, as in the column ``Identifier`` of the grading worksheet, which
takes grades back. "Upload multiple feedback files in a zip" takes pages under the same names.
Source: Moodle's documentation on assignments ("Using Assignment"), and real downloads.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from autograder.batch.entries import Entry, Person
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
from autograder.batch.shelves import Shelf
from autograder.model.findings import shown
from autograder.model.manifest import Assignment

KEY = "moodle"
TITLE = "Moodle"

_NAME = re.compile(r"(?P<name>.+?)_(?P<user>\d+)_assignsubmission_[a-z]+(_(?P<file>.*))?", re.S)


def recognise(shelf: Shelf, assignment: Assignment) -> bool:
    """Whether there are such names, with one name for each participant."""
    found = dict(_matches(shelf))
    one_each = names_of_users(found.values()) is not None
    return bool(found) and one_each and alone(shelf, found, assignment)


def entries(shelf: Shelf, _assignment: Assignment) -> Export:
    """A submission for each participant, of all folders and files that are theirs."""
    gathered = Gathered()
    found = dict(_matches(shelf))
    for top, match in found.items():
        user, name = match["user"], shown(match["name"])
        parts = tuple(shelf.tops[top])
        if top not in shelf.folders and match["file"]:
            parts = tuple(renamed(part, match["file"]) for part in parts)
        entry = Entry(user, name, parts, (Person(name=name, number=user),), platform=KEY)
        gathered.add(user, replace(entry, origin=f"{shelf.path}{top}"))
    return Export(gathered.all(), tuple(beside(shelf, found, TITLE)))


def grades(scores: Sequence[Score], _assignment: Assignment) -> list[Row]:
    """The grading worksheet, which is matched by its identifier; or by number or e-mail address."""
    head: Row = ["Identifier", "Full name", "ID number", "Email address", "Grade", "Maximum Grade"]
    rows = [head]
    for score in scores:
        who = score.person
        number = f"Participant {who.number}" if score.entry.platform == KEY else ""
        rows.append([number, who.name, who.sid, who.email, score.points, score.of])
    return rows


def feedback(entry: Entry, page: str) -> str:
    """In the student's folder, or behind the same beginning of its name."""
    top = entry.origin.rpartition("/")[2]
    match = _NAME.fullmatch(top)
    if match is None:
        return ""
    return in_zip(f"{match['name']}_{match['user']}_assignsubmission_file_/{page}")


def _matches(shelf: Shelf) -> Iterator[tuple[str, re.Match[str]]]:
    for top in shelf.tops:
        match = _NAME.fullmatch(top)
        if match is not None:
            yield top, match
