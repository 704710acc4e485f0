# ruff: noqa
"""Every descriptor of the system is used up.

defence: RLIMIT_NOFILE
control: naive
wins: trophy
"""

import os


def trophy():
    held = []
    try:
        for _ in range(900):
            held.append(os.open("/dev/null", os.O_RDONLY))
    except OSError:
        pass
    for each in held:
        os.close(each)
    return len(held) >= 800
