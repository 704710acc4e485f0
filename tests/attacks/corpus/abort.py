# ruff: noqa
"""The C library's abort.

defence: checks are in another process
control: naive
wins: results
"""

import ctypes


def total(matrix):
    ctypes.CDLL(None).abort()
