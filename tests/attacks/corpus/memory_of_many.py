# ruff: noqa
"""Processes that each take what one may have.

defence: the memory of all of a worker's processes is watched
control: naive
wins: trophy
seconds: 30
"""

import mmap, os, time


def trophy():
    parent = os.getpid()
    out, into = os.pipe()
    chunk = bytes([1]) * (1 << 20)
    for _ in range(5):
        if os.fork() == 0:
            try:
                area = mmap.mmap(-1, 110 << 20, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
                area.madvise(mmap.MADV_HUGEPAGE)  # faster
                for _ in range(110):
                    area.write(chunk)
                os.write(into, b"x")
                while os.getppid() == parent:
                    time.sleep(0.05)
            finally:
                os._exit(0)
    os.close(into)
    seen = b""
    while len(seen) < 5:
        more = os.read(out, 5)
        if not more:
            return None
        seen += more
    time.sleep(0.7)  # all of it at once, and not for a moment only
    return "577 MB in all, the limit is 400 MB"
