# ruff: noqa
"""Half characters, which no file can be written with.

defence: they cross as question marks
control: naive
wins: results
"""


def label(text):
    return "\ud800"


def total(matrix):
    raise ValueError("\ud800\udfff\udcff")
