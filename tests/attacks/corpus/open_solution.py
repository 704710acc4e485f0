# ruff: noqa
"""The solved notebook is opened.

defence: it is root's alone
control: naive
wins: trophy
"""


def trophy():
    return open("@SOLUTION@").read()
