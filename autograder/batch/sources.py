"""A folder or an archive comes in, an export of a platform or none; its submissions go out.

Names inside come from students. None of them becomes a path: they are compared, cleaned and shown.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from autograder.batch.entries import Entry, Ignored, SourceError
from autograder.batch.platforms import NAMES, PLATFORMS, plain
from autograder.batch.platforms.base import Export, Platform, may_be_one
from autograder.batch.platforms.several import MAX_WRAPPING, holds_several
from autograder.batch.shelves import Shelf, disk_shelf, zip_shelf
from autograder.model.archives import opened_zip
from autograder.model.errors import SubmissionError
from autograder.model.manifest import Assignment

#: Of an export's table of contents: a thousand submissions of a hundred files need 16 MB.
DIRECTORY_BYTES = 256 << 20


@dataclass(frozen=True)
class Source:
    """What was found.

    Attributes:
        platform: whose export it is, in words; empty for a plain folder or archive.
        ignored: what is no part of any submission, and why.
    """

    entries: tuple[Entry, ...]
    platform: str = ""
    ignored: tuple[Ignored, ...] = ()


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
            f"one of these: {NAMES}."
        )


def _source(shelf: Shelf, path: Path, assignment: Assignment) -> Source:
    platform, found = _found(shelf, assignment)
    if not found.entries:
        raise SourceError(
            f"{path}: found no submission; give a folder that holds a folder, a zip or a notebook "
            f"for each, or an export of one of these: {NAMES}."
        )
    return Source(found.entries, platform.TITLE, found.ignored)


def _found(shelf: Shelf, assignment: Assignment) -> tuple[Platform, Export]:
    """The submissions of the first folder, from the outside, that is an export.

    If none is, those of the first that holds several.
    """
    chain = list(_wrapping(shelf, assignment))
    for platform in PLATFORMS:
        for depth, inner in enumerate(chain):
            if platform is not plain and platform.recognise(inner, assignment):
                return platform, _with(chain[:depth], platform.entries(inner, assignment))
    several = (depth for depth, inner in enumerate(chain) if holds_several(inner, assignment))
    depth = next(several, 0)
    return plain, _with(chain[:depth], plain.entries(chain[depth], assignment))


def _wrapping(shelf: Shelf, assignment: Assignment) -> Iterator[Shelf]:
    """A folder, and what is in it while it is the only one, and no submission lies beside it."""
    for _ in range(MAX_WRAPPING):
        yield shelf
        beside = any(may_be_one(name, assignment) for name in shelf.files)
        if len(shelf.folders) != 1 or beside:
            return
        shelf = shelf.below(next(iter(shelf.folders)))


def _with(outer: list[Shelf], found: Export) -> Export:
    """What lies beside the folders around an export is part of no submission, too."""
    left = [item for shelf in outer for item in shelf.left.values()]
    for shelf in outer:
        left += [shelf.ignored(name, plain.NO_SUBMISSION) for name in shelf.files]
    return Export(found.entries, (*left, *found.ignored))
