# ruff: noqa
"""A regular expression that takes for ever and holds the interpreter's lock.

defence: a check's deadline + the time limit of a submission + RLIMIT_CPU
control: naive
wins: time
"""

import re


def trophy():
    return bool(re.match("(a|a)*b", "a" * 40))
