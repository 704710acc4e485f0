# ruff: noqa
"""The disk is taken without writing it, faster than anybody looks.

defence: seccomp: disk space at once
control: naive
wins: trophy
"""

import os, time


def trophy():
    taken = 0
    try:
        with open("whole", "wb") as file:
            os.posix_fallocate(file.fileno(), 0, 300 << 20)
        taken = 300
    except OSError:
        pass
    try:
        for number in range(0 if taken else 100):
            with open(f"part-{number}", "wb") as file:
                os.posix_fallocate(file.fileno(), 0, 3 << 20)
            taken += 3
    except OSError:
        pass
    return taken >= 300
