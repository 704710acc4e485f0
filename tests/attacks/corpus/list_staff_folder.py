# ruff: noqa
"""The names of the hidden checks are listed.

defence: uid + landlock
control: naive
wins: trophy
"""

import os


def trophy():
    return os.listdir("@STAFF@")
