# ruff: noqa
"""A POSIX message queue keeps a message for the next submission.

defence: landlock + seccomp: POSIX message queues + RLIMIT_MSGQUEUE
control: naive
wins: trophy
"""

import ctypes, os


def trophy():
    libc = ctypes.CDLL(None)
    queue = libc.syscall(240, b"@MARK@", os.O_CREAT | os.O_RDWR, 0o666, None)
    if queue >= 0:
        libc.syscall(241, b"@MARK@")  # unlinked: the naive grader would keep it
    return queue >= 0
