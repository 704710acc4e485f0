# ruff: noqa
"""A sleep without end.

defence: the deadline is the grader's
control: naive
wins: time
"""

import time


def trophy():
    time.sleep(10**6)
