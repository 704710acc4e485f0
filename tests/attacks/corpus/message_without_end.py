# ruff: noqa
"""An exception's __str__ never ends.

defence: a check's deadline + the time limit of a submission + RLIMIT_CPU
control: naive
wins: time
"""


class Endless(Exception):
    def __str__(self):
        while True:
            pass

    __repr__ = __str__


def trophy():
    raise Endless
