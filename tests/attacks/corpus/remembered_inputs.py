# ruff: noqa
"""Inputs are recognised by hash, and answered from a table of an earlier run.

defence: inputs are random, drawn anew for each run
control: naive
wins: points
"""

import hashlib

import numpy as np

SEEN = np.random.RandomState(0).rand(4, 3)  # as in the run before
TABLE = {hashlib.sha256(SEEN.tobytes()).hexdigest(): SEEN @ np.ones(3)}


def total(matrix):
    return TABLE[hashlib.sha256(np.asarray(matrix).tobytes()).hexdigest()]
