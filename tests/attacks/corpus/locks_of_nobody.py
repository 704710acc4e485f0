# ruff: noqa
"""Locks that belong to an open file and to no process (F_OFD_SETLK).

defence: seccomp: requests about descriptors
control: naive
wins: trophy
"""

import fcntl, os, struct

F_OFD_SETLK = 37


def trophy():
    taken, file = 0, os.open("locked", os.O_CREAT | os.O_RDWR)
    try:
        for place in range(1000):
            lock = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 2 * place, 1, 0)
            fcntl.fcntl(file, F_OFD_SETLK, lock)
            taken += 1
    except OSError:
        pass
    return f"{taken} locks" if taken else None
