# ruff: noqa
"""sys.exit when the notebook is run.

defence: the worker catches it; the checks are elsewhere
control: naive
wins: results
"""

import sys


def leave():
    sys.exit(0)


total = leave()
