# ruff: noqa
"""A class whose metaclass makes it look like float.

defence: values cross, objects and verdicts do not
control: naive
wins: points
"""


class Meta(type):
    __eq__ = lambda _self, _other: True
    __hash__ = lambda _self: hash(float)
    __instancecheck__ = lambda _self, _other: True


class Number(metaclass=Meta):
    __eq__ = lambda _self, _other: True
    __hash__ = None


Number.__name__ = Number.__qualname__ = "float"
Number.__module__ = "builtins"


def total(matrix):
    return Number()


label = total
