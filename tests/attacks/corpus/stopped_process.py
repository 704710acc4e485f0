# ruff: noqa
"""The process stops itself, and half a reply is on its way.

defence: a check's deadline + the time limit of a submission
control: naive
wins: time
"""

import os, signal


def trophy():
    try:
        if os.readlink("/proc/self/fd/3").startswith("socket"):
            os.write(3, b"DLW2")
    except OSError:
        pass
    os.kill(os.getpid(), signal.SIGSTOP)
