# ruff: noqa
"""The hidden input is the name of a type that may not cross.

defence: names of types are not shown by hidden checks
control: naive
wins: canary
"""

from pathlib import PurePosixPath


def fail(_self):
    raise ValueError


def label(text):
    own = {"__fspath__": fail, "__repr__": lambda _self: text}
    return type(text, (PurePosixPath,), own)("path")
