# ruff: noqa
"""The file with the hidden checks is opened.

defence: it is root's alone
control: naive
wins: trophy
"""


def trophy():
    return open("@CHECKS@").read()
