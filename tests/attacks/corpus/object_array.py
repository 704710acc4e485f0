# ruff: noqa
"""An array of objects that agree with everything.

defence: values cross, objects and verdicts do not
control: naive
wins: points
"""

import numpy as np


class Agreeable:
    __rsub__ = __sub__ = __abs__ = lambda *_args: 0.0
    __float__ = lambda _self: 0.0

    __le__ = __lt__ = __eq__ = lambda *_args: True
    __hash__ = None


def total(matrix):
    return np.array([Agreeable()] * (1 if isinstance(matrix, list) else 4), dtype=object)
