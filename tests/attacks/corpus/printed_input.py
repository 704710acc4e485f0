# ruff: noqa
"""The hidden input is printed.

defence: checks are in another process
control: naive
wins: canary
"""

import sys


def label(text):
    print(text)
    print(text, file=sys.stderr)
    return text
