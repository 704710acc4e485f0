# ruff: noqa
"""Processes that each take what one may have.

defence: the memory of all of a worker's processes is watched
control: naive
wins: trophy
"""

import mmap, os, time


def trophy():
    out, into = os.pipe()
    os.set_blocking(out, False)
    chunk = bytes(1 << 20)
    for _ in range(4):
        if os.fork() == 0:
            try:
                area = mmap.mmap(-1, 110 << 20)
                for _ in range(110):
                    area.write(chunk)
                os.write(into, b"x")
                time.sleep(2)
            finally:
                os._exit(0)
    seen, end = b"", time.monotonic() + 0.7
    while len(seen) < 4 and time.monotonic() < end:
        try:
            seen += os.read(out, 10)
        except BlockingIOError:
            time.sleep(0.01)
    time.sleep(0.2)  # all of it at once, and not for a moment only
    return len(seen) == 4
