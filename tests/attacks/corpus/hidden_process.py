# ruff: noqa
"""A process closes what /proc tells of it (PR_SET_DUMPABLE), and holds nameless files.

defence: files that are held open are watched + whoever hides what it holds is stopped
control: naive
wins: trophy
seconds: 30
"""

import ctypes, os, time


def trophy():
    ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)
    block, held = bytes(3_900_000), []
    while len(held) < 15:
        held.append(os.open("f", os.O_CREAT | os.O_RDWR))
        os.unlink("f")
        os.write(held[-1], block)
    time.sleep(0.7)
    total = sum(os.fstat(each).st_blocks * 512 for each in held)
    return f"{total / 1e6:.0f} MB in nameless files, 16 MB are allowed" if total > 40e6 else None
