"""Hidden checks of the lab."""

import pytest
from gradescope_utils.autograder_utils.decorators import number, weight

from autograder.checks import Student, expect, question


@question("Q1")
@weight(2)
@number("1.1")
@pytest.mark.parametrize("n", [3, 5])
def test_square(student: Student, n: int) -> None:
    """solve squares"""
    expect(student.call("solve", n) == n * n, "another number", hidden="another number")


@question("Q2")
@weight(1)
@number("2.1")
def test_answer(student: Student) -> None:
    """answer is right"""
    expect(student.value("answer") == 42, "another value", hidden="another value")
