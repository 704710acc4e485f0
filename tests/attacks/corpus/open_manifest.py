# ruff: noqa
"""The manifest is opened.

defence: uid + landlock
control: naive
wins: trophy
"""


def trophy():
    return open("@MANIFEST@").read()
