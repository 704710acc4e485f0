"""A folder comes in; whether it seems to hold submissions, or to be one, goes out."""

from __future__ import annotations

from pathlib import PurePosixPath

from autograder.batch.platforms.base import as_taken, may_be_one
from autograder.batch.shelves import Shelf
from autograder.model.archives import is_archive
from autograder.model.manifest import Assignment
from autograder.model.names import Match, match, owners

#: So many folders around the submissions are looked into.
MAX_WRAPPING = 5


def holds_several(shelf: Shelf, assignment: Assignment) -> bool:
    """Whether a folder seems to hold submissions and not to be one.

    To take one student's folder for a folder of students gives a row too many, which is seen; the
    other way round a student is lost.
    """
    inner = [shelf.below(name) for name in shelf.folders]
    full = sum(bool(each.tops) and _holds_one(each, assignment) for each in inner)
    empty = sum(not each.tops for each in inner)
    files = [PurePosixPath(as_taken(n)) for n in shelf.files if may_be_one(n, assignment)]
    notebooks = [file for file in files if not is_archive(file.name)]
    full += len(files) - len(notebooks)
    asked = [entry.file for entry in assignment.notebooks]
    if full > 1:
        return True
    if any(match(file, name) <= Match.NAME for file in notebooks for name in asked):
        return False  # whatever lies beside it
    if full + empty:
        return full + empty + len(notebooks) > 1
    return len(notebooks) > 1 and not _are_of_one(notebooks, asked)


def _holds_one(shelf: Shelf, assignment: Assignment, depth: int = MAX_WRAPPING) -> bool:
    """Whether anything in a folder could be submitted."""
    if any(may_be_one(name, assignment) for name in shelf.files):
        return True
    inner = (shelf.below(name) for name in shelf.folders) if depth else iter(())
    return any(_holds_one(folder, assignment, depth - 1) for folder in inner)


def _are_of_one(notebooks: list[PurePosixPath], asked: list[str]) -> bool:
    """Whether notebooks of other names than asked for can be one student's: each is another one.

    ``lab_part1 (1).ipynb`` and ``lab_part2 (1).ipynb`` can, ``lab_jdoe.ipynb`` and
    ``lab_eroe.ipynb`` can not.
    """
    owned = [owners(file, asked) for file in notebooks]
    taken = [name for names in owned for name in names]
    return all(owned) and len(set(taken)) == len(taken)
