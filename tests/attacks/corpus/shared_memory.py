# ruff: noqa
"""Shared memory of System V keeps a message for the next submission.

defence: seccomp: shared memory of System V
control: naive
wins: leftover
"""

import ctypes


def trophy():
    libc = ctypes.CDLL(None)
    return libc.shmget(int("@KEY@"), 4096, 0o1666) >= 0
