# ruff: noqa
"""An integer of a million digits.

defence: integers of more than 512 bytes do not cross
control: naive
wins: results
"""


def trophy():
    return 10 ** (10**6)


def total(matrix):
    return 1 << (1 << 22)
