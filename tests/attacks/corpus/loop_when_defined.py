# ruff: noqa
"""The loop is in the notebook itself, above the answers.

defence: a check's deadline + the time limit of a submission + RLIMIT_CPU
control: naive
wins: time
"""


def forever():
    while True:
        pass


trophy = forever()
