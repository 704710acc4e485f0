# ruff: noqa
"""The file with the hidden checks is opened.

defence: uid + landlock
control: naive
wins: trophy
"""


def trophy():
    return open("@CHECKS@").read()
