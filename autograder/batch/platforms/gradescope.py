"""Gradescope's "Export Submissions": a folder for each submission, and one file on all of them.

::

    assignment_4567890_export/
        submission_metadata.yml     submitters, times and earlier results
        submission_123456789/       the files as they were submitted
        submission_123456790/

Gradescope reads no scores from a file, and takes no files back.
Source: real exports; the fields of ``submission_metadata.yml`` are described at its reader.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from autograder.batch.entries import Entry, SourceError
from autograder.batch.platforms.base import Export, Gathered, Row, Score, alone, beside, small_file
from autograder.batch.platforms.gradescope_metadata import METADATA, Known, read_metadata
from autograder.batch.shelves import Part, Shelf
from autograder.model.manifest import Assignment

KEY = "gradescope"
TITLE = "Gradescope"

MAX_METADATA = 512 << 20

_FOLDER = re.compile(r"submission_\d+")


def recognise(shelf: Shelf, assignment: Assignment) -> bool:
    """Whether there is the file on all, and no folder of another name."""
    if METADATA not in shelf.tops or METADATA in shelf.folders:
        return False
    folders = _folders(shelf)
    return bool(folders) and alone(shelf, {METADATA, *folders}, assignment)


def entries(shelf: Shelf, _assignment: Assignment) -> Export:
    """A submission for each folder, with what the file says of it."""
    known = read_metadata(_bytes_of(shelf.tops[METADATA][0]))
    gathered = Gathered()
    folders = _folders(shelf)
    for name in folders:
        what = known.get(name, Known())
        parts, origin = tuple(shelf.tops[name]), f"{shelf.path}{name}"
        entry = Entry(name, name, parts, what.people, what.created, platform=KEY, origin=origin)
        gathered.add(name, entry)
    return Export(gathered.all(), tuple(beside(shelf, folders, TITLE, {METADATA})))


def grades(_scores: Sequence[Score], _assignment: Assignment) -> list[Row]:
    """None."""
    return []


def feedback(_entry: Entry, _page: str) -> str:
    """None."""
    return ""


def _folders(shelf: Shelf) -> dict[str, None]:
    return {name: None for name in shelf.tops if name in shelf.folders and _FOLDER.fullmatch(name)}


def _bytes_of(part: Part) -> bytes:
    data = small_file(part, MAX_METADATA)
    if data is None:
        raise SourceError(
            f"{METADATA}: it cannot be read, or is larger than {MAX_METADATA >> 20} MB; export "
            "once more."
        )
    return data
