"""A plain folder or archive, of no platform: a folder, a zip or a notebook for each submission.

::

    submissions/
        jdoe/lab.ipynb          a folder for each
        eroe.zip                or an archive
        fpoe.ipynb              or a notebook, also as fpoe.ipynb.txt, as browsers save it
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

from autograder.batch.entries import Entry, Ignored
from autograder.batch.platforms.base import (
    Export,
    Gathered,
    Row,
    Score,
    as_taken,
    may_be_one,
    renamed,
)
from autograder.batch.shelves import Shelf
from autograder.model.archives import is_archive
from autograder.model.findings import shown
from autograder.model.manifest import Assignment

KEY = ""
TITLE = ""

NO_SUBMISSION = "it is no folder, no zip and no notebook"
NOT_READ = "it is an archive of a kind that is not read; unpack it"


def recognise(_shelf: Shelf, _assignment: Assignment) -> bool:
    """Always."""
    return True


def entries(shelf: Shelf, assignment: Assignment) -> Export:
    """A submission for each folder, zip and notebook."""
    gathered = Gathered()
    ignored: list[Ignored] = list(shelf.left.values())
    for name, parts in shelf.tops.items():
        origin = f"{shelf.path}{name}"
        if name in shelf.folders:
            gathered.add(name, Entry(name, shown(name), tuple(parts), origin=origin))
        elif not may_be_one(name, assignment):
            ignored.append(shelf.ignored(name, NO_SUBMISSION))
        elif is_archive(name) and not name.lower().endswith(".zip"):
            ignored.append(shelf.ignored(name, NOT_READ))
        else:
            taken = as_taken(name)
            own = tuple(renamed(part, taken) for part in parts)
            entry = Entry(PurePosixPath(taken).stem, shown(name), own, origin=origin)
            gathered.add(name, entry)
    return Export(gathered.all(), tuple(ignored))


def grades(_scores: Sequence[Score], _assignment: Assignment) -> list[Row]:
    """None."""
    return []


def feedback(_entry: Entry, _page: str) -> str:
    """None."""
    return ""
