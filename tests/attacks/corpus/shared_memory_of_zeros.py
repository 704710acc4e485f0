# ruff: noqa
"""A shared mapping of /dev/zero is memory too: reading it takes it, and it can be dropped.

defence: landlock: of devices only random numbers + shared memory of which nothing tells the size is too much
control: naive
wins: trophy
seconds: 30
"""

import mmap, os, time

SIZE, STEP = 256 << 20, 8 << 20


def taken():
    zero = os.open("/dev/zero", os.O_RDONLY)
    area = mmap.mmap(zero, SIZE, mmap.MAP_SHARED, mmap.PROT_READ)
    for at in range(0, SIZE, STEP):
        area[at : at + STEP]
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
