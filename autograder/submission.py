"""A folder, a zip or one notebook comes in, a safe copy of the allowed files goes out.

Nothing of the original is opened later: links are not followed, devices are not read, names that
climb out of the folder are refused, and both counts and sizes are bounded while they are copied.
"""

from __future__ import annotations

import os
import stat
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from autograder.errors import UserError

#: More entries than any honest submission has; the rest is not looked at.
MAX_ENTRIES = 20_000
MAX_DEPTH = 16
CHUNK = 1 << 20
#: Folders that editors and systems leave behind; what lies in them was not written by the student.
IGNORED_FOLDERS = {"__MACOSX", ".ipynb_checkpoints", "__pycache__", ".git"}


class SubmissionError(UserError):
    """The submission as a whole cannot be read; the text says what to hand in."""


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
    def notebooks(self) -> tuple[PurePosixPath, ...]:
        """The files that are notebooks, those nearest the top first."""
        found = (file for file in self.files if file.suffix.lower() == ".ipynb")
        return tuple(sorted(found, key=lambda file: (len(file.parts), str(file))))


class _Copy:
    """Copies entries into ``root`` as long as they fit the bounds."""

    def __init__(self, root: Path, patterns: tuple[str, ...], file_bytes: int, total: int) -> None:
        self.root = root
        self.patterns = ("*.ipynb", *patterns)
        self.file_bytes = file_bytes
        self.remaining = total
        self.files: list[PurePosixPath] = []
        self.skipped: list[Skipped] = []

    def skip(self, name: str, reason: str) -> None:
        self.skipped.append(Skipped(name[:200], reason))

    def wanted(self, name: str) -> PurePosixPath | None:
        """The relative path to copy to, or None (with the reason noted) for a name to leave out."""
        path = PurePosixPath(name.replace("\\", "/"))
        if IGNORED_FOLDERS & set(path.parts[:-1]):
            return None
        unsafe = path.is_absolute() or ".." in path.parts or ":" in path.parts[0]
        if unsafe or not name.isprintable() or len(path.parts) > MAX_DEPTH or len(name) > 1000:
            self.skip(name, "its name is not a plain relative path")
            return None
        if not any(PurePosixPath(str(path).lower()).match(p.lower()) for p in self.patterns):
            self.skip(name, "files of this kind are not part of the assignment")
            return None
        if path in self.files:
            self.skip(name, "the submission holds another file of this name")
            return None
        return path

    def add(self, name: str, source: IO[bytes]) -> None:
        path = self.wanted(name)
        if path is None:
            return
        target = self.root / path
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("xb") as out:
                size = self._pump(source, out)
        except (OSError, zipfile.BadZipFile, RuntimeError, EOFError, NotImplementedError) as error:
            target.unlink(missing_ok=True)
            self.skip(name, f"it cannot be read ({type(error).__name__})")
            return
        except Exception as error:  # zlib.error and its kin come from whichever codec the zip names
            target.unlink(missing_ok=True)
            self.skip(name, f"it is damaged ({type(error).__name__})")
            return
        if size is None:
            target.unlink()
            self.skip(name, "it is larger than allowed")
            return
        self.remaining -= size
        self.files.append(path)

    def _pump(self, source: IO[bytes], out: IO[bytes]) -> int | None:
        """Copy; None as soon as a bound is passed, however large the entry claims to be."""
        bound = min(self.file_bytes, self.remaining)
        size = 0
        while chunk := source.read(CHUNK):
            size += len(chunk)
            if size > bound:
                return None
            out.write(chunk)
        return size


def collect(
    source: Path,
    root: Path,
    *,
    patterns: tuple[str, ...] = (),
    file_mb: int = 64,
    submission_mb: int = 100,
) -> Submission:
    """Copy the allowed files of ``source`` (folder, zip or one notebook) into the empty ``root``.

    Args:
        patterns: further files that the assignment takes, matched from the right, as in
            ``logs/*.csv``; notebooks are always taken.
        file_mb: largest single file, in MB of 10^6 bytes.
        submission_mb: largest sum of all files, in MB.

    Raises:
        SubmissionError: the source does not exist, or is neither of the three, or is a broken zip.
    """
    copy = _Copy(root, patterns, file_mb * 10**6, submission_mb * 10**6)
    if source.is_dir():
        _copy_folder(source, copy)
    elif not source.is_file():
        raise SubmissionError(
            f"{source.name}: there is no such submission; give a folder, a zip or a notebook."
        )
    elif source.suffix.lower() == ".ipynb":
        with source.open("rb") as file:
            copy.add(source.name, file)
    elif zipfile.is_zipfile(source):
        _copy_zip(source, copy, submission_mb * 10**6)
    else:
        raise SubmissionError(
            f"{source.name}: this is neither a notebook (.ipynb) nor a readable zip archive; "
            "hand in the notebook itself or a zip that holds it."
        )
    return Submission(source.name, root, tuple(copy.files), tuple(copy.skipped))


def _copy_folder(folder: Path, copy: _Copy) -> None:
    for name, path in _walk(folder, copy):
        with _opened(path) as file:
            if file is None:
                copy.skip(name, "it is not a plain file")
            else:
                copy.add(name, file)


def _walk(folder: Path, copy: _Copy) -> Iterator[tuple[str, Path]]:
    seen = 0
    for parent, folders, names in os.walk(folder, followlinks=False):
        folders[:] = sorted(name for name in folders if name not in IGNORED_FOLDERS)
        for name in sorted(names):
            seen += 1
            if seen > MAX_ENTRIES:
                copy.skip("(further files)", f"only the first {MAX_ENTRIES} are looked at")
                return
            path = Path(parent) / name
            yield path.relative_to(folder).as_posix(), path


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes] | None]:
    """The file, if it is a plain one: neither a link nor something that blocks or answers."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        yield None
        return
    with os.fdopen(descriptor, "rb") as file:
        yield file if stat.S_ISREG(os.fstat(descriptor).st_mode) else None


def _copy_zip(source: Path, copy: _Copy, limit: int) -> None:
    if source.stat().st_size > limit:
        raise SubmissionError(
            f"{source.name}: the archive is larger than {limit // 10**6} MB; "
            "leave out data sets and anything that was not asked for."
        )
    try:
        with zipfile.ZipFile(source) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            if len(members) > MAX_ENTRIES:
                copy.skip("(further files)", f"only the first {MAX_ENTRIES} are looked at")
            for member in members[:MAX_ENTRIES]:
                _copy_member(archive, member, copy)
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise SubmissionError(
            f"{source.name}: the archive is damaged ({error}); make the zip again and check that "
            "it opens."
        ) from None


def _copy_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, copy: _Copy) -> None:
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        copy.skip(member.filename, "it is not a plain file")
        return
    if member.flag_bits & 0x1:
        copy.skip(member.filename, "it is encrypted")
        return
    try:
        with archive.open(member) as file:
            copy.add(member.filename, file)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        copy.skip(member.filename, f"it cannot be read ({type(error).__name__})")
