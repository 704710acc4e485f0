# ruff: noqa
"""The loop is in the notebook itself, above the answers.

defence: replaying has the same deadline
control: naive
wins: time
"""


def forever():
    while True:
        pass


trophy = forever()
