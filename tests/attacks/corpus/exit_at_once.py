# ruff: noqa
"""os._exit in the middle of a check.

defence: the worker is another process
control: naive
wins: results
"""

import os


def total(matrix):
    os._exit(0)
