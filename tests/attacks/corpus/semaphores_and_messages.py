# ruff: noqa
"""Semaphores and message queues of System V keep a message for the next submission.

defence: seccomp: semaphores and messages of System V
control: naive
wins: leftover
"""

import ctypes


def trophy():
    libc = ctypes.CDLL(None)
    return [
        libc.semget(int("@KEY@"), 1, 0o1666) >= 0,
        libc.msgget(int("@KEY@"), 0o1666) >= 0,
    ].count(True)
