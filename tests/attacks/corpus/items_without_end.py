# ruff: noqa
"""An object has items without end.

defence: an object's items are taken so many at most + a check's deadline + the time limit of a submission
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
