# ruff: noqa
"""The process that started this one is killed.

defence: it belongs to another user
control: naive
wins: results
"""

import os, signal


def trophy():
    os.kill(os.getppid(), signal.SIGKILL)
    return True
