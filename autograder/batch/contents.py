"""An entry comes in; the bytes of the files that are graded, read safely and bounded, go out."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path, PurePosixPath
from typing import IO

from autograder.batch.entries import Entry, InZip, OnDisk
from autograder.checks.cache import digest
from autograder.model.archives import opened_member
from autograder.model.errors import SubmissionError
from autograder.model.findings import shown
from autograder.model.manifest import Assignment, load
from autograder.model.submission import (
    SafeCopy,
    Submission,
    copy_member,
    copy_zip,
    opened,
    walk,
    write_files,
)
from autograder.slicing.notebook import Notebook, parse

MAX_SKIPPED = 50
EMPTY_ARCHIVE = (
    "it is an archive inside the submission that holds nothing of the assignment; submit the "
    "files themselves"
)


@dataclass(frozen=True)
class Content:
    """What one submission holds.

    Attributes:
        files: bytes by relative path, as the safe copy has them.
        skipped: what was left out, and why.
        problem: why nothing could be read, for the student; empty if something could.
    """

    files: Mapping[str, bytes]
    skipped: tuple[tuple[str, str], ...] = ()
    problem: str = ""

    @cached_property
    def hashes(self) -> dict[str, str]:
        """SHA-256 by file."""
        return {name: hashlib.sha256(data).hexdigest() for name, data in self.files.items()}

    @cached_property
    def digest(self) -> str:
        """Differs whenever anything does that the report on it may follow from."""
        return digest([sorted(self.hashes.items()), list(self.skipped), self.problem])


def read(entry: Entry, assignment: Assignment) -> Content:
    """Read a submission; what cannot be read is left out with the reason.

    Raises:
        OSError: this machine's own trouble, as a full disk.
    """
    total = assignment.limits.submission_mb * 10**6
    with tempfile.TemporaryDirectory(prefix="entry-") as name:
        copy = SafeCopy.of(assignment, Path(name))
        problem = ""
        try:
            for part in entry.parts:
                _copy(part, copy, total)
        except SubmissionError as error:
            problem = shown(error)
        found = copy.copied(entry.id)
        files = {str(file): found.read(file) for file in sorted(found.files)}
        skipped = tuple((item.name, item.reason) for item in found.skipped[:MAX_SKIPPED])
        return Content(files, skipped, problem)


# --- for processes that are handed one submission after the other ---------------------------------


@contextmanager
def on_disk(identifier: str, files: Mapping[str, bytes]) -> Iterator[Submission]:
    """What was read, as a submission in a folder that lasts as long as the ``with`` statement."""
    with tempfile.TemporaryDirectory(prefix="submission-") as name:
        write_files(files, Path(name))
        yield Submission(identifier, Path(name), tuple(map(PurePosixPath, files)), ())


@cache
def known_assignment(folder: Path) -> Assignment:
    """The assignment, read once in each process."""
    return load(folder)


@cache
def known_templates(pairs: tuple[tuple[str, bytes], ...]) -> dict[str, Notebook]:
    """The starter notebooks by file, read once in each process."""
    return {name: parse(data, name) for name, data in pairs}


def _copy(part: OnDisk | InZip, copy: SafeCopy, total: int) -> None:
    """Copy what a part holds; the files in an archive lie beside it."""
    if isinstance(part, InZip):
        if _is_archive(part.name, copy):
            try:
                with opened_member(part.archive, part.member) as file:
                    _unpack(file, part.name, copy, total)
            except SubmissionError as error:
                copy.skip(part.name, str(error))
        else:
            copy_member(part.archive, part.member, copy, part.name)
        return
    for name, path in _inside(part, copy):
        with opened(path) as file:
            if file is None:
                copy.skip(name, "it is not a plain file that can be read")
            elif _is_archive(name, copy):
                _unpack(file, name, copy, total)
            else:
                copy.add(name, path.stat().st_size, file)


def _inside(part: OnDisk, copy: SafeCopy) -> Iterator[tuple[str, Path]]:
    """The files of a part, by the names that they are taken as."""
    if not part.folder:
        yield part.name, part.path
        return
    for name, path in walk(part.path, copy):
        yield f"{part.name}/{name}" if part.name else name, path


def _is_archive(name: str, copy: SafeCopy) -> bool:
    return name.lower().endswith(".zip") and not copy.takes(name)


def _unpack(file: IO[bytes], name: str, copy: SafeCopy, total: int) -> None:
    """Copy the files in an archive; one that is damaged or too large is left out as a whole."""
    before = len(copy.files)
    with tempfile.NamedTemporaryFile(prefix="archive-", suffix=".zip") as whole:
        try:
            shutil.copyfileobj(_Bounded(file, total), whole)
            whole.flush()
            copy_zip(Path(whole.name), copy, total)
            if len(copy.files) == before:
                copy.skip(name, EMPTY_ARCHIVE)
        except SubmissionError as error:
            copy.skip(name, str(error).split(": ", 1)[-1].rstrip("."))


class _Bounded:
    """A reader that refuses to go on past a bound, whatever size the file says it has."""

    def __init__(self, file: IO[bytes], bound: int) -> None:
        self._file = file
        self._left = bound

    def read(self, size: int = -1) -> bytes:
        try:
            data = self._file.read(size)
        except OSError:
            raise
        except Exception as error:  # of the codec or of the entry's own header
            raise SubmissionError(f"archive: it cannot be read ({type(error).__name__})") from None
        self._left -= len(data)
        if self._left < 0:
            raise SubmissionError("archive: it is larger than allowed")
        return data
