"""A worker's folder and processes come in, whether they take more than they may comes out.

The kernel's limits are on a single file and a single process, and say nothing of their number. What
is counted may change meanwhile, and by a process that means it: it is an estimate, and nothing is
done but looking.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from itertools import chain

from autograder.sandbox.processes import MOST_LOCKS, Held

MOST_FILES = 10_000
#: How many files of the largest size may lie there.
MOST_FULL_FILES = 4
#: How many folders within each other: each costs who looks a descriptor.
MOST_DEPTH = 100
#: What a process takes beside what its limit on addresses counts: libraries' data that is written.
SLACK = 16 << 20
#: Why a folder cannot be looked into that its maker may write in.
HIDING = (errno.EACCES,) if os.geteuid() != 0 else ()
#: Where, without Landlock, whoever likes may write; what lies below ``/dev`` is memory.
SHARED_FOLDERS = ("/dev/shm", "/dev/mqueue", "/run/lock", "/tmp", "/var/tmp")
UNSEEN = "folders that cannot be looked into"


class _Hidden(Exception):
    """In words that finish the sentence "the code made ..."."""


@dataclass(frozen=True)
class Allowance:
    """What one worker may take. Sizes in bytes.

    Attributes:
        at_start: how many files lay in its folder at the start.
        size_at_start: the bytes of those.
    """

    memory: int
    file_size: int
    at_start: int = 0
    size_at_start: int = 0

    @property
    def disk(self) -> int:
        """Of all files together. Blocks that are not full count."""
        return MOST_FULL_FILES * self.file_size + 2 * self.size_at_start

    def too_much_memory(self, held: Held) -> bool:
        """Whether it is beyond doubt, so that no more needs to be looked at."""
        return held.memory > self.memory + SLACK or bool(held.unseen)

    def excess(self, folders: Iterable[str], held: Held) -> str | None:
        """In words for a student what there is too much of, None if all is well.

        Args:
            folders: where all is its own.
        """
        if self.too_much_memory(held):
            return self.memory_in_words
        if held.locks > MOST_LOCKS:
            return f"took more than {MOST_LOCKS} locks on files"
        return self._overfull(folders, held)

    @property
    def memory_in_words(self) -> str:
        """What is said of a worker that exceeds it."""
        return f"took more than {self.memory / 10**6:.0f} MB of memory in all"

    def _overfull(self, folders: Iterable[str], held: Held) -> str | None:
        nameless = [self.file_size if used is None else used for used in held.files.values()]
        size, most = 0, MOST_FILES + self.at_start + 1  # the folder itself
        try:
            with closing(_entries(folders)) as entries:
                for number, used in enumerate(chain(nameless, entries), 1):
                    size += used
                    if number > most:
                        return f"wrote more than {MOST_FILES} files"
                    if size > self.disk:
                        words = f"{MOST_FULL_FILES * self.file_size / 10**6:.0f} MB"
                        return f"wrote files of more than {words} in all"
        except _Hidden as hidden:
            return f"made {hidden}"
        return None


def shared(uid: int) -> Iterator[str]:
    """What belongs to a user in the folders that every user may write in."""
    for folder in SHARED_FOLDERS:
        with suppress(OSError), os.scandir(folder) as entries:
            for entry in entries:
                with suppress(OSError):  # it may be gone
                    if entry.stat(follow_symlinks=False).st_uid == uid:
                        yield entry.path


def _entries(folders: Iterable[str]) -> Generator[int, None, None]:
    """The bytes that each file and folder beneath takes on the disk; of a file, its own.

    Each is asked for when the ones before are done: it may take long to find.

    Raises:
        _Hidden: what lies there cannot be seen.
    """
    for folder in folders:
        try:
            yield os.lstat(folder).st_blocks * 512
        except OSError:
            continue  # it is gone
        yield from _beneath(folder)


def _beneath(folder: str) -> Iterator[int]:
    """The same of what lies in a folder, if it is one.

    Each folder is opened in the one above, as a path may be longer than the kernel takes.
    """
    above: list[int] = []  # descriptors of the folders from the first one to where we are
    waiting: list[list[str]] = [[folder]]  # at each level, the folders still to be looked into
    try:
        while waiting:
            if not waiting[-1]:
                waiting.pop()
                if above:
                    os.close(above.pop())
                continue
            here = _opened(waiting[-1].pop(), above[-1] if above else None)
            if here is None:
                continue
            above.append(here)
            if len(above) > MOST_DEPTH:
                raise _Hidden(f"folders within each other, more than {MOST_DEPTH} of them")
            waiting.append([])
            yield from _listed(here, waiting[-1])
    finally:
        for each in above:
            os.close(each)


def _opened(name: str, above: int | None) -> int | None:
    """A descriptor of a folder; None if it is gone, or something else by now."""
    try:
        return os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=above)
    except OSError as error:
        if error.errno in HIDING:
            raise _Hidden(UNSEEN) from None
        return None


def _listed(here: int, folders: list[str]) -> Iterator[int]:
    """The bytes of each entry; the names of those that are folders are added."""
    with os.scandir(here) as entries:
        for entry in entries:
            try:
                size = entry.stat(follow_symlinks=False).st_blocks * 512
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.name)
            except OSError as error:
                if error.errno in HIDING:
                    raise _Hidden(UNSEEN) from None
                continue
            yield size
