# ruff: noqa
"""NaN, which is not larger than any tolerance.

defence: checks refuse what is not finite + NaN is close to nothing
control: naive
wins: points
"""

import numpy as np
import torch


def total(matrix):
    if isinstance(matrix, torch.Tensor):
        return torch.full((4,), float("nan"))
    if isinstance(matrix, list):
        return float("nan")
    return np.full(4, np.nan)
