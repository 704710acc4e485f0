# ruff: noqa
"""The hidden input is printed.

defence: standard output leads nowhere
control: naive
wins: canary
"""

import sys


def label(text):
    print(text)
    print(text, file=sys.stderr)
    return text
