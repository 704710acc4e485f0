# ruff: noqa
"""A subclass of ndarray that lies about its shape and compares as it likes.

defence: values cross, objects and verdicts do not
control: naive
wins: points
"""

import numpy as np


class Liar(np.ndarray):
    shape = (4,)

    def __array_function__(self, *_args):
        return True

    def __eq__(self, _other):
        return True

    __hash__ = None


def total(matrix):
    return np.zeros(0).view(Liar)
