# ruff: noqa
"""The input is overwritten, so that a wrong answer becomes right.

defence: the student's code gets a copy
control: naive
wins: points
"""


def total(matrix):
    if isinstance(matrix, list):
        matrix[:] = []
        return 0.0
    matrix[:] = 0
    return matrix[:, 0]
