# ruff: noqa
"""A process that goes on by forking and ending, faster than a list of processes is read.

defence: what a worker leaves is looked for
control: naive
wins: running
"""

import os, time


def trophy():
    if os.fork() == 0:
        os.setsid()
        os.closerange(0, 256)
        end = time.monotonic() + 3
        while time.monotonic() < end:
            try:
                if os.fork():
                    os._exit(0)
            except OSError:
                pass
        os._exit(0)
