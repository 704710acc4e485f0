# ruff: noqa
"""os._exit in the middle of a check.

defence: checks are in another process
control: naive
wins: results
"""

import os


def total(matrix):
    os._exit(0)
