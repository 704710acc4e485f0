# ruff: noqa
"""A text that equals every text.

defence: values cross, objects and verdicts do not
control: naive
wins: points
"""


class Any(str):
    def __eq__(self, _other):
        return True

    def __ne__(self, _other):
        return False

    __hash__ = str.__hash__


def label(text):
    return Any("")
