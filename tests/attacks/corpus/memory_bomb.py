# ruff: noqa
"""More memory than allowed.

defence: RLIMIT_AS + RLIMIT_DATA
control: naive
wins: trophy
"""

import mmap


def trophy():
    area = mmap.mmap(-1, 1200 << 20, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    area.write(bytes(64 << 20))
    return True
