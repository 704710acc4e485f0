"""A worker's folder and user come in, whether they take more than they may comes out.

The kernel's limits are on a single file and a single process, and say nothing of their number. What
is counted may change meanwhile, and by a process that means it: it is an estimate, and nothing is
done but looking.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator

MOST_FILES = 10_000
#: How many files of the largest size may lie there.
MOST_FULL_FILES = 4
#: Why a folder cannot be looked into that its maker may write in.
HIDING = (errno.ENAMETOOLONG, *((errno.EACCES,) if os.geteuid() != 0 else ()))


def overfull(folder: str, file_size: int, given: int = 0, given_size: int = 0) -> str | None:
    """In words for a student what there is too much of, None if all is well.

    Args:
        given: how many files lay there at the start.
        given_size: the bytes of those.
    """
    size = 0
    try:
        for number, used in enumerate(_entries(folder)):
            size += used
            if number >= MOST_FILES + given:
                return f"wrote more than {MOST_FILES} files"
            if (
                size > MOST_FULL_FILES * file_size + 2 * given_size
            ):  # blocks that are not full count
                words = f"{MOST_FULL_FILES * file_size / 10**6:.0f} MB"
                return f"wrote files of more than {words} in all"
    except OSError as error:
        if error.errno not in HIDING:
            raise
        return "made folders that cannot be looked into"
    return None


def memory_by_user() -> dict[int, int]:
    """The bytes of memory that no file holds, of all processes of each user.

    What a fork shares with its parent counts for both: that errs on the safe side.
    """
    found: dict[int, int] = {}
    for name in os.listdir("/proc"):  # noqa: PTH208 (paths would cost more than the calls)
        if name.isdigit():
            try:
                owner = os.stat(f"/proc/{name}").st_uid  # noqa: PTH116
                found[owner] = found.get(owner, 0) + memory_of(name)
            except OSError:
                continue  # it has just ended
    return found


def memory_of(process: int | str) -> int:
    """The bytes of memory of one process that no file holds.

    Raises:
        OSError: there is no such process.
    """
    # Not as a path: it would be taken apart, for each process and ten times a second.
    with open(f"/proc/{process}/status", "rb") as file:  # noqa: PTH123
        lines = file.read().split(b"\n")
    counted = (line for line in lines if line.startswith((b"RssAnon:", b"RssShmem:")))
    return sum(int(line.split()[1]) for line in counted) << 10


def _entries(folder: str) -> Iterator[int]:
    """The bytes that each file and folder beneath takes on the disk.

    Raises:
        OSError: it is deeper than a path is long, or closed to a plain user.
    """
    waiting = [folder]
    while waiting:
        try:
            entries = os.scandir(waiting.pop())
        except OSError as error:  # it may be gone
            if error.errno in HIDING:
                raise
            continue
        with entries:
            for entry in entries:
                try:
                    yield entry.stat(follow_symlinks=False).st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                except OSError as error:
                    if error.errno in HIDING:
                        raise
