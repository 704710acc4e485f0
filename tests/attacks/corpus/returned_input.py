# ruff: noqa
"""The hidden input is the answer.

defence: answers are not shown by hidden checks
control: naive
wins: canary
"""


def label(text):
    return f"<{text}>"
