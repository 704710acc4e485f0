# ruff: noqa
"""Half characters, which no file can be written with.

defence: lone surrogates cross as question marks + feedback is cleaned
control: naive
wins: results
"""


def fail():
    raise ValueError("\ud800\udfff\udcff")


def label(text):
    return "\ud800"


def total(matrix):
    fail()


rate = fail()
