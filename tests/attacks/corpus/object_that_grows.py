# ruff: noqa
"""An object takes more memory each time that it is looked at.

defence: RLIMIT_AS + the memory of all of a worker's processes is watched
control: own
wins: harm
"""

import numpy as np


class Stack:
    def __init__(self):
        self.items = []
        self.ballast = []

    def push(self, item):
        self.items.append(item)

    def __len__(self):
        self.ballast.append(np.ones(100_000_000))
        return len(self.items)

    def __iter__(self):
        while True:
            self.ballast.append(np.ones(10_000_000))
            yield from self.items


def control(arena):
    """Without a bound it goes on for longer than there is memory."""
    stack = Stack()
    stack.push(1)
    len(stack)
    return stack.ballast[0].nbytes > arena.assignment.limits.memory_mb * 10**6
