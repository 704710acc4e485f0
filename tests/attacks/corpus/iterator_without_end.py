# ruff: noqa
"""Going through an object never ends.

defence: items are taken so many at a time, within the time of the check
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
            pass
