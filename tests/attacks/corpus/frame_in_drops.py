# ruff: noqa
"""A reply that comes byte by byte, each just before patience ends.

defence: a check's deadline + the time limit of a submission
control: naive
wins: time
"""

import os, time


def trophy():
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            if os.readlink("/proc/self/fd/3").startswith("socket"):
                os.write(3, b"DLW2"[:1])
        except OSError:
            pass
        time.sleep(0.1)
