# ruff: noqa
"""The kernel is told to take other processes first when memory runs out.

defence: landlock
control: naive
wins: trophy
"""

import ctypes


def trophy():
    ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)  # PR_SET_DUMPABLE
    try:
        open("/proc/self/oom_score_adj", "w").write("0")
    except OSError:
        pass
    try:
        return int(open("/proc/self/oom_score_adj").read()) < 1000
    except OSError:
        return False
