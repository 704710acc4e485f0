# ruff: noqa
"""A sleep without end.

defence: a check's deadline + the time limit of a submission
control: naive
wins: time
"""

import time


def trophy():
    time.sleep(10**6)
