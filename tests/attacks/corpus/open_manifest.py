# ruff: noqa
"""The manifest is opened.

defence: it is root's alone
control: naive
wins: trophy
"""


def trophy():
    return open("@MANIFEST@").read()
