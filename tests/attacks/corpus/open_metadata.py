# ruff: noqa
"""The names and e-mail addresses of Gradescope's metadata are read.

defence: landlock
control: naive
wins: trophy
"""


def trophy():
    return open("@METADATA@").read()
