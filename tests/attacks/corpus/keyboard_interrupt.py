# ruff: noqa
"""KeyboardInterrupt, which ends a run of pytest.

defence: exceptions cross as text
control: naive
wins: results
"""


def total(matrix):
    raise KeyboardInterrupt
