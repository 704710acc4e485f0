# ruff: noqa
"""The worker ends, an orphan holds its end of the channel.

defence: a check's deadline + the time limit of a submission
control: naive
wins: time
"""

import os, time


def trophy():
    if os.fork() == 0:
        os.setsid()
        time.sleep(30)
        os._exit(0)
    os._exit(0)
