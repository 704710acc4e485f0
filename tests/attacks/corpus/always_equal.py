# ruff: noqa
"""An object that equals everything.

defence: values cross, objects and verdicts do not
control: naive
wins: points
"""


class Equal:
    def __eq__(self, _other):
        return True

    def __hash__(self):
        return 0

    def __sub__(self, _other):
        return 0

    shape = (4,)


def total(matrix):
    return Equal()


label = total
