# ruff: noqa
"""More is printed than anybody can store.

defence: checks are in another process
control: naive
wins: size
"""


def total(matrix):
    for _ in range(200):
        print("x" * 100_000)
    return None
