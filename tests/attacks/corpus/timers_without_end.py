# ruff: noqa
"""Timers, each of which the kernel remembers with a signal to send.

defence: RLIMIT_SIGPENDING
control: naive
wins: trophy
"""

import ctypes, os

TIMER_CREATE = 222 if os.uname().machine == "x86_64" else 107


def trophy():
    libc, made, name = ctypes.CDLL(None, use_errno=True), 0, ctypes.c_int()
    while made < 5000 and libc.syscall(TIMER_CREATE, 1, None, ctypes.byref(name)) == 0:
        made += 1
    return f"{made} timers" if made >= 5000 else None
