# ruff: noqa
"""Other processes are attached to.

defence: uid + landlock + seccomp: other processes
control: naive
wins: trophy
"""

import ctypes, os


def trophy():
    libc = ctypes.CDLL(None)
    won = []
    for pid in {int("@VICTIM@"), int("@SIBLING@"), int("@GRADER@"), os.getppid()}:
        if libc.ptrace(0x4206, pid, None, None) == 0:  # PTRACE_SEIZE
            libc.ptrace(17, pid, None, None)
            won.append(pid)
    return won
