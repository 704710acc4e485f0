# ruff: noqa
"""The names of the hidden checks are listed.

defence: the folder is root's alone
control: naive
wins: trophy
"""

import os


def trophy():
    return os.listdir("@STAFF@")
