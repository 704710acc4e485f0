# ruff: noqa
"""The answer is a verdict instead of a value.

defence: values cross, objects and verdicts do not
control: own
wins: points
"""


class Passed(dict):
    pass


def total(matrix):
    return {"status": "passed", "score": 4.0, "passed": True, "value": {"score": 4.0}}


def label(text):
    return True


def control(arena):
    """A check that takes the student's word for it."""
    return total([])["passed"] is True
