# ruff: noqa
"""A null pointer is read.

defence: checks are in another process
control: naive
wins: results
"""

import ctypes


def total(matrix):
    return ctypes.string_at(0)
