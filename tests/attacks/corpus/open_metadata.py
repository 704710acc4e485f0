# ruff: noqa
"""The names and e-mail addresses of Gradescope's metadata are read.

defence: landlock; it lies where every user can read it
control: naive
wins: trophy
"""


def trophy():
    return open("@METADATA@").read()
