# ruff: noqa
"""An object reserves more memory each time that it is looked at.

defence: RLIMIT_AS + RLIMIT_DATA
control: own
wins: points
"""

import numpy as np


class Stack:
    def __init__(self):
        self.items = []
        self.ballast = []

    def push(self, item):
        self.items.append(item)

    def grow(self):
        self.ballast.append(np.zeros(20_000_000))

    def __len__(self):
        self.grow()
        return len(self.items)

    def __iter__(self):
        self.grow()
        return iter(self.items)


def control(arena):
    """After three looks it is more than a worker may have."""
    stack = Stack()
    for _ in range(3):
        len(stack)
    return sum(each.nbytes for each in stack.ballast) > arena.assignment.limits.memory_mb * 10**6
