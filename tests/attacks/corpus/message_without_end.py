# ruff: noqa
"""An exception's __str__ never ends.

defence: the message is made in the worker, before the deadline
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
