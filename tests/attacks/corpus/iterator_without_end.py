# ruff: noqa
"""Going through an object never ends.

defence: a check's deadline + the time limit of a submission + RLIMIT_CPU
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
