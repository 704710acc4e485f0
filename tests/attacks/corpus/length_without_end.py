# ruff: noqa
"""An object says that it has a million million items.

defence: an object's length is bounded + what a check trips over is the student's mistake
control: naive
wins: results
"""


class Stack:
    def push(self, item):
        pass

    def __len__(self):
        return 1 << 48

    def __iter__(self):
        raise KeyboardInterrupt
