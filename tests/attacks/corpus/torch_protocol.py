# ruff: noqa
"""An object that takes part in torch's functions and answers them itself.

defence: values cross, objects and verdicts do not
control: naive
wins: points
"""

import torch


class Agreeable:
    @classmethod
    def __torch_function__(cls, _function, _types, _args=(), _options=None):
        return torch.tensor(0.0)

    def __sub__(self, _other):
        return torch.tensor(0.0)


def total(matrix):
    return Agreeable()
