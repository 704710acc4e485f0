# ruff: noqa
"""A float that equals every number.

defence: values cross, objects and verdicts do not
control: naive
wins: points
"""


class Any(float):
    def __eq__(self, _other):
        return True

    def __ne__(self, _other):
        return False

    __hash__ = float.__hash__


def total(matrix):
    return Any(0)
