# ruff: noqa
"""Shared memory is written and dropped from the page tables; it stays, and is counted nowhere.

Each of two processes takes less than the limit on its addresses.
defence: seccomp: shared memory of nothing + shared memory of which nothing tells the size is too much
control: naive
wins: trophy
seconds: 30
"""

import mmap, os, time

SIZE, STEP = 256 << 20, 8 << 20


def taken():
    area = mmap.mmap(-1, SIZE)
    for at in range(0, SIZE, STEP):
        area[at : at + STEP] = bytes([1]) * STEP
        area.madvise(mmap.MADV_DONTNEED, at, STEP)
    return area


def trophy():
    parent = os.getpid()
    out, into = os.pipe()
    if os.fork() == 0:
        try:
            held = taken()
            os.write(into, b"x")
            while os.getppid() == parent:
                time.sleep(0.05)
        finally:
            os._exit(0)
    os.close(into)
    held = taken()
    if os.read(out, 1):
        time.sleep(0.7)
        return f"{2 * SIZE / 1e6:.0f} MB of shared memory held, the limit is 400 MB"
