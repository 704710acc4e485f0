# ruff: noqa
"""Namespaces of one's own, in which one is root.

defence: seccomp: namespaces
control: naive
wins: trophy
"""

import ctypes, os


def trophy():
    won = []
    for flag in (0x10000000, 0x10000000 | 0x20000000, 0x10000000 | 0x40000000, 0x20000):
        pid = os.fork()
        if pid == 0:
            os._exit(0 if ctypes.CDLL(None).unshare(flag) == 0 else 1)
        if os.waitpid(pid, 0)[1] == 0:
            won.append(flag)
    return won
