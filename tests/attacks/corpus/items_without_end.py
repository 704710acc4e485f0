# ruff: noqa
"""An object has items without end.

defence: a check takes so many items and no more
control: naive
wins: time
"""


class Stack:
    def push(self, item):
        pass

    def __len__(self):
        return 2

    def __iter__(self):
        while True:
            yield 1
