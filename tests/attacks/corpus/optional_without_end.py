# ruff: noqa
"""A statement that only may matter goes on and on, whatever is raised in it, before any check.

defence: a check's deadline + the time limit of a submission
control: naive
wins: time
"""

import ctypes, signal, sys, threading

table = []


def forever(_table):
    for number in range(1, 65):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    signal.setitimer(signal.ITIMER_REAL, 1e6)
    threading.Thread(target=forever, args=(_table,)).start()
    while True:
        try:
            ctypes.CDLL(None).sleep(1000)
            while True:
                pass
        except BaseException:
            pass


def total(matrix):
    return table


label = total
rate = 5.0


def trophy():
    return None


getattr(sys.modules["__main__"] if "__main__" in sys.modules else sys, "forever", forever)(table)
