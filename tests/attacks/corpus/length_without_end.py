# ruff: noqa
"""An object says that it has a million million items.

defence: a length beyond what memory is reserved for is refused
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
