# ruff: noqa
"""An object that takes part in NumPy's functions and answers them itself.

defence: values cross, objects and verdicts do not
control: naive
wins: points
"""

import numpy as np


class Agreeable:
    shape = (4,)
    dtype = np.dtype(float)

    def __array_function__(self, *_args):
        return True

    def __array_ufunc__(self, *_args, **_options):
        return True

    def __array__(self, *_args, **_options):
        return np.zeros(4)


def total(matrix):
    return Agreeable()
