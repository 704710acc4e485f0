# ruff: noqa
"""An object whose __class__ says that it is something else.

defence: values cross, objects and verdicts do not
control: naive
wins: points
"""

import numpy as np


class Disguised:
    shape = (4,)

    @property
    def __class__(self):
        return np.ndarray

    def __eq__(self, _other):
        return True

    __hash__ = None

    def __array_function__(self, *_args):
        return True


def total(matrix):
    return Disguised()
