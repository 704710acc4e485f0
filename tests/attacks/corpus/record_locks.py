# ruff: noqa
"""Locks on single bytes of files, each of which the kernel remembers; their number has no limit.

defence: locks on files are watched
control: naive
wins: trophy
seconds: 30
"""

import fcntl, os, time


def trophy():
    taken, held = 0, []
    for number in range(60):
        held.append(os.open(f"lock-{number}", os.O_CREAT | os.O_RDWR))
        for place in range(500):
            fcntl.lockf(held[-1], fcntl.LOCK_EX, 1, 2 * place)
            taken += 1
    time.sleep(0.7)
    return f"{taken} locks"
