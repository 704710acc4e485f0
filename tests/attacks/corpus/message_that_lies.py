# ruff: noqa
"""An exception's __str__ gives the hidden input.

defence: messages of student code are not shown by hidden checks
control: naive
wins: canary
"""


class Liar(Exception):
    def __str__(self):
        return f"instead of the truth: {self.args[0]}"

    __repr__ = __str__


def label(text):
    raise Liar(text)
