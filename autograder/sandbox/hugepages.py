"""A process that is about to fork comes in; the same with its memory in huge pages goes out.

A fork copies the table of pages, and its end takes the copy apart. With torch that is a table of
70,000 small pages or of 130 huge ones, and the small ones take more than twice as long. What a fork
writes on is copied in small pages all the same.
"""

from __future__ import annotations

import ctypes
import re
from pathlib import Path

HUGE = 2 << 20
MADV_COLLAPSE = 25
#: A line of /proc/self/maps about private memory that may be written and is of no file.
OF_NO_FILE = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) rw-p \S+ \S+ 0 *(?:\[heap\])?$", re.MULTILINE)


def collapse() -> None:
    """Move this process's own memory into huge pages, where the kernel has them (from 6.1 on)."""
    madvise = ctypes.CDLL(None).madvise
    madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    for found in OF_NO_FILE.finditer(Path("/proc/self/maps").read_text(encoding="utf-8")):
        start, end = (int(address, 16) for address in found.groups())
        start = -(-start // HUGE) * HUGE
        length = (end - start) // HUGE * HUGE
        if length > 0:
            madvise(start, length, MADV_COLLAPSE)  # refused, it stays as it is
