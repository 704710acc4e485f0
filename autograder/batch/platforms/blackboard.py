"""Blackboard Learn's "Assignment File Download": all files of all attempts in one folder.

::

    Lab 4_jdoe_attempt_2026-10-01-23-14-32.txt           Blackboard's own note on the attempt
    Lab 4_jdoe_attempt_2026-10-01-23-14-32_lab.ipynb     assignment, user, time, the file's own name

The archive is called ``gradebook_COURSE_ASSIGNMENT_TIME.zip``. With "All attempt files" there are
several attempts of a user. The note begins with ``Name: Jane Doe (jdoe)``, and says what was typed
in. "Work Offline: Upload" of the Grade Center takes grades by ``Username``; no files go back.
Source: Blackboard's help ("Download assignments", "Work offline with grade data"); scripts that
take such downloads apart (kwurst/bb-file-cleanup, vangef/BBGradebookOrganiser).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from autograder.batch.entries import Entry, Person
from autograder.batch.platforms.base import (
    OLDER,
    Export,
    Piece,
    Row,
    Score,
    alone,
    beside,
    common_beginning,
    name_parts,
    newest_attempts,
    renamed,
    text_of,
)
from autograder.batch.shelves import Shelf
from autograder.model.findings import shown
from autograder.model.manifest import Assignment

KEY = "blackboard"
TITLE = "Blackboard"

MAX_NOTE = 1 << 20

_NAME = re.compile(
    r"(?P<stem>.+?)_attempt_(?P<time>\d{4}(-\d{2}){5})(?:_(?P<file>.+)|(?P<note>\.txt))", re.S
)
#: The first line of the note; all below may be the student's.
_WHO = re.compile(r"Name: *(?P<name>.*) \((?P<login>[^()\s]+)\) *")
NOTE = "it is Blackboard's own note on the attempt"


def recognise(shelf: Shelf, assignment: Assignment) -> bool:
    """Whether all files have such names, of one assignment where there are several users."""
    matches = _matches(shelf)
    stems = {match["stem"] for match in matches.values()}
    if not matches or not all("_" in stem for stem in stems):
        return False
    return (len(stems) == 1 or bool(_prefix(stems))) and alone(shelf, matches, assignment)


def entries(shelf: Shelf, _assignment: Assignment) -> Export:
    """A submission for each user, of the newest attempt; also of one without files."""
    matches = _matches(shelf)
    people = _people(shelf, matches)
    found = newest_attempts(_pieces(shelf, matches, people))
    older = {item.name for item in found.ignored}
    notes = [shelf.ignored(top, NOTE, expected=True) for top, m in matches.items() if m["note"]]
    left = [item for item in notes if item.name not in older]
    return Export(found.entries, (*beside(shelf, matches, TITLE), *left, *found.ignored))


def grades(scores: Sequence[Score], assignment: Assignment) -> list[Row]:
    """The Grade Center's form; the last column is to be called as it is there."""
    rows: list[Row] = [["Last Name", "First Name", "Username", "Student ID", assignment.title]]
    for score in scores:
        who = score.person
        first, last = name_parts(who.name)
        rows.append([last, first, who.login, who.sid, score.points])
    return rows


def feedback(_entry: Entry, _page: str) -> str:
    """None."""
    return ""


def _matches(shelf: Shelf) -> dict[str, re.Match[str]]:
    found = ((top, _NAME.fullmatch(top)) for top in shelf.files)
    return {top: match for top, match in found if match is not None}


def _pieces(
    shelf: Shelf, matches: Mapping[str, re.Match[str]], people: Mapping[str, Person]
) -> Iterator[Piece]:
    for top, match in matches.items():
        stem, time = match["stem"], match["time"]
        person = people[stem]
        # The stem, and not the user in it, says whose it is: underscores may be part of both.
        parts = () if match["note"] else tuple(renamed(p, match["file"]) for p in shelf.tops[top])
        created = "{}-{}-{} {}:{}:{}".format(*time.split("-"))
        entry = Entry(
            person.login or stem,
            person.login or shown(stem),
            parts,
            (person,),
            created,
            platform=KEY,
            origin=f"{shelf.path}{top}",
        )
        yield Piece(stem, time, entry, shelf.ignored(top, OLDER))


def _people(shelf: Shelf, matches: Mapping[str, re.Match[str]]) -> dict[str, Person]:
    """By stem, who it is: as the note says, or else what is not the assignment's name."""
    stems = {match["stem"] for match in matches.values()}
    prefix = _prefix(stems)
    found = {}
    for stem in stems:
        login = stem.removeprefix(prefix) if len(stems) > 1 else stem.rpartition("_")[2]
        found[stem] = Person(login=shown(login))
    for top, match in matches.items():
        lines = text_of(shelf.tops[top][0], MAX_NOTE).splitlines() if match["note"] else []
        who = _WHO.fullmatch(lines[0]) if lines else None
        if who is not None and match["stem"].endswith(f"_{who['login']}"):
            found[match["stem"]] = Person(name=shown(who["name"]), login=shown(who["login"]))
    return found


def _prefix(stems: set[str]) -> str:
    """The assignment's name, with the underscore behind it, as all stems begin with it."""
    return common_beginning(stems, "_")
