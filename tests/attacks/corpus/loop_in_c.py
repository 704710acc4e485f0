# ruff: noqa
"""A regular expression that takes for ever and holds the interpreter's lock.

defence: the deadline is the grader's; SIGKILL
control: naive
wins: time
"""

import re


def trophy():
    return bool(re.match("(a|a)*b", "a" * 40))
