# ruff: noqa
"""sys.exit when the notebook is run.

defence: checks are in another process
control: naive
wins: results
"""

import sys


def leave():
    sys.exit(0)


total = leave()
