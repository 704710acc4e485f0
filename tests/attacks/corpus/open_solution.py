# ruff: noqa
"""The solved notebook is opened.

defence: uid + landlock
control: naive
wins: trophy
"""


def trophy():
    return open("@SOLUTION@").read()
