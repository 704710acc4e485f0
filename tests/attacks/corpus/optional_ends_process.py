# ruff: noqa
"""A statement that only may matter forks, leaves processes behind and ends its own.

defence: what a worker leaves is looked for
control: naive
wins: running
seconds: 2
"""

import os, time

table = []


def leave(_table):
    for _ in range(30):
        try:
            if os.fork() == 0:
                os.setsid()
                while True:
                    time.sleep(1)
        except OSError:
            pass
    os._exit(0)


def total(matrix):
    return table


label = total
rate = 5.0


def trophy():
    return None


getattr(__import__("sys").modules.get("__main__"), "leave", leave)(table)
