# ruff: noqa
"""The hidden input is the answer.

defence: a hidden check shows its hidden text
control: naive
wins: canary
"""


def label(text):
    return f"<{text}>"
