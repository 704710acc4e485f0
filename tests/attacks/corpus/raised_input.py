# ruff: noqa
"""The hidden input is the message of an exception.

defence: messages of student code are not shown by hidden checks
control: naive
wins: canary
"""


def label(text):
    raise ValueError(text)
