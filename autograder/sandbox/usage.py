"""A scratch folder comes in, whether it holds more than it may comes out.

The limit on the size of a file says nothing of their number. The folder may change meanwhile, and
by a process that means it: what is counted is an estimate, and nothing is done but looking.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

MOST_FILES = 10_000
#: How many files of the largest size may lie there.
MOST_FULL_FILES = 4


def overfull(folder: str, file_size: int) -> str | None:
    """In words for a student what there is too much of, None if all is well."""
    size = 0
    for number, used in enumerate(_entries(folder)):
        size += used
        if number >= MOST_FILES:
            return f"wrote more than {MOST_FILES} files"
        if size > MOST_FULL_FILES * file_size:
            return f"wrote files of more than {MOST_FULL_FILES * file_size / 10**6:.0f} MB in all"
    return None


def _entries(folder: str) -> Iterator[int]:
    """The bytes that each file and folder beneath takes on the disk."""
    waiting = [folder]
    while waiting:
        try:
            entries = os.scandir(waiting.pop())
        except OSError:  # gone, closed to a plain user, or deeper than a path is long
            continue
        with entries:
            for entry in entries:
                try:
                    yield entry.stat(follow_symlinks=False).st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                except OSError:
                    continue
