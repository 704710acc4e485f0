# ruff: noqa
"""Memory is taken in files without a name (memfd), which no process's resident memory counts.

defence: seccomp: files in memory + files in memory are watched
control: naive
wins: trophy
seconds: 30
"""

import os, time


def trophy():
    block, held, total = bytes(1 << 20), [], 0
    try:
        while total < 500e6:
            held.append(os.memfd_create("x"))
            for _ in range(3):
                total += os.write(held[-1], block)
    except OSError:
        pass
    if total > 450e6:
        time.sleep(0.7)  # all of it at once, and not for a moment only
        return f"{total / 1e6:.0f} MB held in {len(held)} files, the limit is 400 MB"
