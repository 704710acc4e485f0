# ruff: noqa
"""A loop without end that ignores every signal.

defence: a check's deadline + the time limit of a submission + RLIMIT_CPU
control: naive
wins: time
"""

import signal


def trophy():
    for number in range(1, 65):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass
