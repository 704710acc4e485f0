# ruff: noqa
"""The next student's notebook is spoilt.

defence: uid + landlock
control: naive
wins: tripwire
"""


def trophy():
    open("@NEIGHBOUR@/attacked.ipynb", "w").write("{}")
    open("@NEIGHBOUR@/@MARK@", "w").write("was here")
    return True
