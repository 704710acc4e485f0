# ruff: noqa
"""An integer of a million digits.

defence: integers are bounded on departure + integers are bounded on arrival + what a check trips over is the student's mistake
control: naive
wins: results
"""


def trophy():
    return 10 ** (10**6)


def total(matrix):
    return 1 << (1 << 22)
