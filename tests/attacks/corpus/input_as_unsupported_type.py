# ruff: noqa
"""The hidden input is the name of a type that may not cross.

defence: names of types are not shown by hidden checks
control: naive
wins: canary
"""


def label(text):
    return {type(text, (), {"__repr__": lambda _self: text})(): "as a key"}
