"""The one check."""

import numpy as np

from autograder.checks import Student, expect_array, question, weight


@question("Q1")
@weight(2)
def test_row_sums(student: Student, rng: np.random.Generator) -> None:
    """the sum of each row"""
    matrix = rng.random((4, 3))
    expect_array(student.call("row_sums", matrix), matrix.sum(axis=1))
