# ruff: noqa
"""A reply that comes byte by byte, each just before patience ends.

defence: a check's deadline + the time limit of a submission
control: naive
wins: time
"""

import os, struct, time


def trophy():
    frame = iter(b"DLW2" + struct.pack("<QQ", 10_000, 0) + b"L" * 10_000)
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            if os.readlink("/proc/self/fd/3").startswith("socket"):
                os.write(3, bytes((next(frame),)))
        except OSError:
            pass
        time.sleep(0.1)
