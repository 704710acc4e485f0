# ruff: noqa
"""A list that holds itself, and one nested a hundred thousand deep.

defence: checks are in another process
control: naive
wins: results
"""


def trophy():
    ring = []
    ring.append(ring)
    return ring


def total(matrix):
    deep = []
    for _ in range(100_000):
        deep = [deep]
    return deep
