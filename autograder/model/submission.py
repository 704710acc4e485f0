"""A folder, a zip or one file comes in, a safe copy of the allowed files goes out.

Nothing of the original is opened later: links are not followed, devices are not read, names that
climb out of the folder are refused, and counts, sizes and work are bounded while they are copied.
A hard link is a plain file: no upload carries one, and a backup of submissions may be full of them.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import unicodedata
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from autograder.model.archives import is_archive, opened_member, opened_zip
from autograder.model.errors import SubmissionError
from autograder.model.manifest import Assignment
from autograder.model.names import is_copy, owners

#: More entries than any honest submission has; the rest is not looked at.
MAX_ENTRIES = 20_000
#: More files that the assignment has a use for than any honest submission has.
MAX_FILES = 2_000
MAX_DEPTH = 16
MAX_NAME = 1000
MAX_PART_BYTES = 255
CHUNK = 1 << 20
#: So many times the allowed size is read at most; a damaged file costs its reading and is dropped.
READ_FACTOR = 3
#: Troubles of this machine's and not of the submission's.
OWN_TROUBLES = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EMFILE, errno.ENFILE}
#: Folders that editors and systems leave behind; what lies in them was not written by the student.
IGNORED_FOLDERS = {"__MACOSX", ".ipynb_checkpoints", "__pycache__", ".git"}

INNER_ARCHIVE = "it is an archive inside the submission; submit its contents"


@dataclass(frozen=True)
class Skipped:
    """A file that was left out, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class Submission:
    """A safe copy: ``files`` are paths relative to ``root``."""

    name: str
    root: Path
    files: tuple[PurePosixPath, ...]
    skipped: tuple[Skipped, ...]

    def read(self, file: PurePosixPath) -> bytes:
        """The bytes of one of ``files``."""
        return (self.root / file).read_bytes()

    @property
    def from_the_top(self) -> tuple[PurePosixPath, ...]:
        """The files, those nearest the top first."""
        return tuple(sorted(self.files, key=lambda file: (len(file.parts), str(file))))

    @property
    def notebooks(self) -> tuple[PurePosixPath, ...]:
        """The files that are notebooks by their name, those nearest the top first."""
        return tuple(file for file in self.from_the_top if file.suffix.lower() == ".ipynb")

    @property
    def archives(self) -> tuple[str, ...]:
        """The names of archives that were left out."""
        return tuple(item.name for item in self.skipped if is_archive(item.name))


class SafeCopy:
    """Copies entries into the empty ``root`` as long as they fit the bounds.

    Args:
        patterns: further files that the assignment takes; notebooks are always taken.
        names: the notebooks and modules asked for; files that may be one of them are taken.
        file_bytes: largest single file.
        total: largest sum of all files.
    """

    def __init__(
        self,
        root: Path,
        patterns: tuple[str, ...],
        file_bytes: int,
        total: int,
        names: tuple[str, ...] = (),
    ) -> None:
        self.root = root
        self.patterns = ("*.ipynb", *patterns)
        self.names = names
        self.file_bytes = file_bytes
        self.remaining = total
        self.readable = READ_FACTOR * total
        self.files: dict[PurePosixPath, None] = {}
        self.skipped: list[Skipped] = []

    @classmethod
    def of(cls, assignment: Assignment, root: Path) -> SafeCopy:
        """A copy of what an assignment takes, within its limits."""
        limits = assignment.limits
        names = tuple(entry.file for entry in assignment.notebooks)
        sizes = limits.file_mb * 10**6, limits.submission_mb * 10**6
        return cls(root, assignment.files, *sizes, names)

    def copied(self, name: str) -> Submission:
        """All that was copied, as the submission of that name."""
        return Submission(name, self.root, tuple(self.files), tuple(self.skipped))

    def skip(self, name: str, reason: str) -> None:
        """Note that an entry is left out."""
        self.skipped.append(Skipped(_shown(name), reason))

    def takes(self, name: str) -> bool:
        """Whether the assignment has a use for a file of this name."""
        if any(PurePosixPath(name.lower()).match(p.lower()) for p in self.patterns):
            return True
        path = PurePosixPath(name)
        return len(name) <= MAX_NAME and (
            bool(owners(path, self.names)) or any(is_copy(path, p) for p in self.patterns)
        )

    def wanted(self, name: str) -> PurePosixPath | None:
        """The relative path to copy to, or None (with the reason noted) for a name to leave out."""
        path = PurePosixPath(name.replace("\\", "/"))
        if IGNORED_FOLDERS & set(path.parts[:-1]) or path.name.startswith("._"):
            return None
        if not _is_plain(name, path):
            self.skip(name, "its name is not a plain relative path")
            return None
        if not self.takes(str(path)):
            is_one = is_archive(path.name)
            self.skip(
                name,
                INNER_ARCHIVE if is_one else "files of this kind are not part of the assignment",
            )
            return None
        if path in self.files:
            self.skip(name, "the submission holds another file of this name")
            return None
        return path

    def add(self, name: str, size: int, source: IO[bytes]) -> None:
        """Copy an entry that says it has ``size`` bytes, or note why not."""
        path = self.wanted(name)
        if path is None:
            return
        if len(self.files) >= MAX_FILES:
            self.skip(name, f"only the first {MAX_FILES} files are taken")
            return
        if size > min(self.file_bytes, self.remaining):
            self.skip(name, "it is larger than allowed")
            return
        target = self.root / path
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            out = target.open("xb")
        except OSError as error:
            if error.errno in OWN_TROUBLES:
                raise
            self.skip(name, "the submission holds another file of this name")
            return
        with out:
            problem = self._pump(source, out)
        if problem is None:
            self.files[path] = None
        else:
            target.unlink()
            self.skip(name, problem)

    def _pump(self, source: IO[bytes], out: IO[bytes]) -> str | None:
        """Copy; what was wrong, as soon as it shows, however large the entry claims to be."""
        bound = min(self.file_bytes, self.remaining)
        size = 0
        while True:
            try:
                chunk = source.read(CHUNK)
            except Exception as error:  # zlib.error and its kin come from whichever codec
                return f"it cannot be read ({type(error).__name__})"
            size += len(chunk)
            self.readable -= len(chunk)
            if size > bound:
                return "it is larger than allowed"
            if self.readable < 0:
                return "the submission holds too much that cannot be used"
            if not chunk:
                self.remaining -= size
                return None
            out.write(chunk)


def _is_plain(name: str, path: PurePosixPath) -> bool:
    """Whether a name is a relative path that any file system can hold and any terminal can show."""
    return bool(
        path.name
        and not path.is_absolute()
        and ".." not in path.parts
        and not re.match("[A-Za-z]:", name)
        and len(path.parts) <= MAX_DEPTH
        and len(name) <= MAX_NAME
        # macOS writes a space that does not break into some names
        and all(char.isprintable() or unicodedata.category(char) == "Zs" for char in name)
        and all(len(part.encode()) <= MAX_PART_BYTES for part in path.parts)
    )


def _shown(name: str) -> str:
    """A name for reports: what could steer a terminal or break an encoding is replaced."""
    return "".join(
        char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in name[:200]
    )


def collect(
    source: Path,
    root: Path,
    *,
    patterns: tuple[str, ...] = (),
    names: tuple[str, ...] = (),
    file_mb: int = 64,
    submission_mb: int = 100,
) -> Submission:
    """Copy the allowed files of ``source`` (folder, zip or one file) into the empty ``root``.

    Args:
        patterns: further files that the assignment takes, matched from the right, as in
            ``logs/*.csv``; notebooks are always taken.
        names: the notebooks and modules asked for; files that may be one of them are taken.
        file_mb: largest single file, in MB of 10^6 bytes.
        submission_mb: largest sum of all files, in MB.

    Raises:
        SubmissionError: the source does not exist, or is neither of the three, or is a broken zip.
    """
    copy = SafeCopy(root, patterns, file_mb * 10**6, submission_mb * 10**6, names)
    return _collected(source, copy, submission_mb)


def collect_for(assignment: Assignment, source: Path, root: Path) -> Submission:
    """`collect` what an assignment takes, within its limits."""
    return _collected(source, SafeCopy.of(assignment, root), assignment.limits.submission_mb)


def _collected(source: Path, copy: SafeCopy, submission_mb: int) -> Submission:
    try:
        if source.is_dir():
            _copy_folder(source, copy)
        elif not source.is_file():
            raise SubmissionError(
                f"{source.name}: there is no such submission; give a folder, a zip or a notebook."
            )
        elif copy.takes(source.name):
            with source.open("rb") as file:
                copy.add(source.name, source.stat().st_size, file)
        elif zipfile.is_zipfile(source):
            copy_zip(source, copy, submission_mb * 10**6)
        else:
            raise SubmissionError(
                f"{source.name}: this is neither a notebook (.ipynb) nor a readable zip archive; "
                "submit the notebook itself or a zip that holds it."
            )
    except OSError as error:
        if error.errno in OWN_TROUBLES:
            raise
        raise SubmissionError(
            f"{_shown(source.name)}: it cannot be read ({type(error).__name__})."
        ) from None
    return copy.copied(source.name)


def write_files(files: Mapping[str, bytes], folder: Path) -> None:
    """Write files whose names a safe copy has found to be plain relative paths."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def _copy_folder(folder: Path, copy: SafeCopy) -> None:
    for name, path in walk(folder, copy):
        with opened(path) as file:
            if file is None:
                copy.skip(name, "it is not a plain file that can be read")
            else:
                copy.add(name, os.fstat(file.fileno()).st_size, file)


def walk(folder: Path, copy: SafeCopy) -> Iterator[tuple[str, Path]]:
    """Everything in the folder that is no folder, in the order of names; links are not followed."""
    seen = 0
    pending = [(folder, 1)]
    while pending:
        parent, depth = pending.pop()
        try:
            entries = sorted(os.scandir(parent), key=lambda entry: entry.name)
        except OSError as error:
            copy.skip(parent.name, f"it cannot be read ({type(error).__name__})")
            continue
        below = []
        for entry in entries:
            seen += 1
            if seen > MAX_ENTRIES:
                copy.skip("(further files)", f"only the first {MAX_ENTRIES} are looked at")
                return
            path = Path(entry.path)
            name = path.relative_to(folder).as_posix()
            if not entry.is_dir(follow_symlinks=False):
                yield name, path
            elif entry.name in IGNORED_FOLDERS:
                continue
            elif depth == MAX_DEPTH:
                copy.skip(name, "it lies too deep")
            else:
                below.append((path, depth + 1))
        pending += reversed(below)


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes] | None]:
    """The file, if it is a plain one: neither a link nor something that blocks or answers."""
    try:
        if not stat.S_ISREG(path.lstat().st_mode):  # opening a device can do things by itself
            yield None
            return
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        yield None
        return
    with os.fdopen(descriptor, "rb") as file:
        yield file if stat.S_ISREG(os.fstat(descriptor).st_mode) else None


def copy_zip(source: Path, copy: SafeCopy, limit: int) -> None:
    """Copy the files in a zip of at most ``limit`` bytes.

    Raises:
        SubmissionError: it is larger, or damaged.
    """
    if source.stat().st_size > limit:
        raise SubmissionError(
            f"{source.name}: the archive is larger than {limit // 10**6} MB; "
            "leave out data sets and anything that was not asked for."
        )
    with opened_zip(source) as archive:
        members = [item for item in archive.infolist() if not item.filename.endswith(("/", "\\"))]
        if len(members) > MAX_ENTRIES:
            copy.skip("(further files)", f"only the first {MAX_ENTRIES} are looked at")
        for member in members[:MAX_ENTRIES]:
            copy_member(archive, member, copy)


def copy_member(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, copy: SafeCopy, name: str | None = None
) -> None:
    """Copy one entry of a zip, under another name if one is given."""
    name = member.filename if name is None else name
    try:
        with opened_member(archive, member) as file:
            copy.add(name, member.file_size, file)
    except SubmissionError as error:
        copy.skip(name, str(error))
