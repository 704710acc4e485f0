"""The one check."""

import numpy as np
from gradescope_utils.autograder_utils.decorators import number, weight

from autograder.checks import Student, expect_array, question


@question("Q1")
@number("1.1")
@weight(2)
def test_row_sums(student: Student, rng: np.random.Generator) -> None:
    """the sum of each row"""
    matrix = rng.random((4, 3))
    expect_array(student.call("row_sums", matrix), matrix.sum(axis=1))
