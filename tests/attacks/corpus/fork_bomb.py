# ruff: noqa
"""Processes that fork (here not more than 150).

defence: what a worker leaves is looked for
control: naive
wins: running
seconds: 2
"""

import os, time


def trophy():
    made = 0
    try:
        for _ in range(150):
            if os.fork() == 0:
                time.sleep(20)
                os._exit(0)
            made += 1
    except OSError:
        pass
    return made >= 100
