# ruff: noqa
"""The hidden input is the name that is said not to be defined, where an import of * has failed.

defence: no name is quoted but one that a statement binds
control: naive
wins: canary
"""


def label(text):
    if not text:
        return from_there
    raise NameError(f"name '{text[7:]}' is not defined")


from nowhere_to_be_found import *
