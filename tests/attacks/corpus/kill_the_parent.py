# ruff: noqa
"""The process that started this one is killed.

defence: uid + landlock
control: naive
wins: results
"""

import os, signal


def trophy():
    os.kill(os.getppid(), signal.SIGKILL)
    return True
