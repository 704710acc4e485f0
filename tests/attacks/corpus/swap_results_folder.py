# ruff: noqa
"""results.json is made a link to somewhere else before it is written.

defence: uid + landlock
control: naive
wins: results
"""

import os


def trophy():
    os.symlink("/dev/null", "@RESULTS@")
    return True
