# ruff: noqa
"""A sibling instead of a child, made by CLONE_PARENT.

defence: what a worker leaves is looked for
control: naive
wins: running
"""

import ctypes, os, time


def trophy():
    if ctypes.CDLL(None).syscall(56, 0x8000, 0, 0, 0, 0) == 0:
        os.closerange(0, 256)
        time.sleep(30)
        os._exit(0)
