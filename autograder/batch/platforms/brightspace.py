"""Brightspace's (D2L's) download of an assignment's submissions.

::

    index.html                                                      Brightspace's own list
    123456-789012 - Jane Doe - Oct 1, 2026 1114 PM/lab.ipynb        a folder for each submission
    123456-789012 - Jane Doe - Oct 1, 2026 1114 PM - lab.ipynb      or the beginning of a name

Each submission of a student has a time of its own. The download has names and no other sign of who
it is: with ``--roster`` the users and numbers are known that the gradebook's import asks for.
"Add Feedback Files" takes a zip of the same folders.
Source: D2L's documentation ("Download learner assignment submissions", "Import grades from a CSV
file"); scripts that take such downloads apart (OfficeCoffee/GradingFileProject and others).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from autograder.batch.entries import Entry, Person
from autograder.batch.platforms.base import (
    OLDER,
    Export,
    Piece,
    Row,
    Score,
    alone,
    beside,
    in_zip,
    name_parts,
    newest_attempts,
    renamed,
)
from autograder.batch.shelves import Shelf
from autograder.model.findings import shown
from autograder.model.manifest import Assignment

KEY = "brightspace"
TITLE = "Brightspace"

_MONTH = r"[^\W\d_]{3,12}\.?"
_DAY = rf"(?:(?P<month>{_MONTH}) (?P<day>\d{{1,2}})|(?P<day2>\d{{1,2}}) (?P<month2>{_MONTH}))"
_DATE = rf"{_DAY},? (?P<year>\d{{4}}),? (?P<clock>\d{{3,4}})(?: ?(?P<half>[AP]M))?"
_NAME = re.compile(
    rf"(?P<prefix>(?P<numbers>\d+-\d+) - (?P<name>.+?) - (?P<date>{_DATE}))(?: - (?P<file>.+))?",
    re.S,
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
OWN = {"index.html"}


def recognise(shelf: Shelf, assignment: Assignment) -> bool:
    """Whether all folders and files have such names."""
    found = dict(_matches(shelf))
    return bool(found) and alone(shelf, found, assignment)


def entries(shelf: Shelf, _assignment: Assignment) -> Export:
    """A submission for each student, the newest."""
    matches = dict(_matches(shelf))
    found = newest_attempts(_pieces(shelf, matches))
    return Export(found.entries, (*beside(shelf, matches, TITLE, OWN), *found.ignored))


def grades(scores: Sequence[Score], assignment: Assignment) -> list[Row]:
    """The form of the gradebook's import; students are matched by ``OrgDefinedId`` or user."""
    points = f"{assignment.title} Points Grade"
    head: Row = ["OrgDefinedId", "Username", "Last Name", "First Name", points]
    rows: list[Row] = [[*head, "End-of-Line Indicator"]]
    for score in scores:
        who = score.person
        first, last = name_parts(who.name)
        rows.append([who.sid, who.login, last, first, score.points, "#"])
    return rows


def feedback(entry: Entry, page: str) -> str:
    """In the student's folder."""
    match = _NAME.fullmatch(entry.origin.rpartition("/")[2])
    return in_zip(f"{match['prefix']}/{page}") if match is not None else ""


def _matches(shelf: Shelf) -> Iterator[tuple[str, re.Match[str]]]:
    for top in shelf.tops:
        match = _NAME.fullmatch(top)
        if match is not None and (match["file"] is None) == (top in shelf.folders):
            yield top, match


def _pieces(shelf: Shelf, matches: dict[str, re.Match[str]]) -> Iterator[Piece]:
    for top, match in matches.items():
        name, parts = shown(match["name"]), tuple(shelf.tops[top])
        if top not in shelf.folders:
            parts = tuple(renamed(part, match["file"]) for part in parts)
        created = _sortable(match)
        entry = Entry(
            f"{match['name']}-{match['numbers']}",
            name,
            parts,
            (Person(name=name),),
            created,
            platform=KEY,
            origin=f"{shelf.path}{top}",
        )
        # Which of the numbers is the student's is written nowhere; with the name none is needed.
        key = f"{match['numbers']} {match['name']}"
        yield Piece(key, created, entry, shelf.ignored(top, OLDER))


def _sortable(match: re.Match[str]) -> str:
    """The time as ``2026-10-01 23:14``; that of a month in another language sorts by its name."""
    word = (match["month"] or match["month2"]).lower()
    known = word[:3] in _MONTHS
    month = f"{_MONTHS.index(word[:3]) + 1:02}" if known else word
    day = int(match["day"] or match["day2"])
    hour, minute = int(match["clock"][:-2]), match["clock"][-2:]
    if match["half"]:
        hour = hour % 12 + (12 if match["half"] == "PM" else 0)
    return f"{match['year']}-{month}-{day:02} {hour:02}:{minute}"
