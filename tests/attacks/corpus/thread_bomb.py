# ruff: noqa
"""Threads that start threads (here not more than 300).

defence: RLIMIT_NPROC + RLIMIT_AS + RLIMIT_DATA
control: naive
wins: trophy
"""

import threading, time


def trophy():
    made = 0
    try:
        for _ in range(300):
            threading.Thread(target=time.sleep, args=(20,), daemon=True).start()
            made += 1
    except RuntimeError:
        pass
    return made >= 200
