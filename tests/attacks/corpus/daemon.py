# ruff: noqa
"""A daemon in a session of its own.

defence: what a worker leaves is looked for
control: naive
wins: running
"""

import os, time


def trophy():
    if os.fork() == 0:
        os.setsid()
        for descriptor in range(256):
            try:
                os.close(descriptor)
            except OSError:
                pass
        time.sleep(30)
        os._exit(0)
