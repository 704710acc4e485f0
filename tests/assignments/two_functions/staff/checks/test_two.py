import numpy as np
from gradescope_utils.autograder_utils.decorators import number, weight
from scipy import ndimage

from autograder.checks import Student, expect_array, question


@question("Q1")
@weight(1)
@number("1.1")
def test_square(student: Student, rng: np.random.Generator) -> None:
    """row_sums of a square matrix"""
    matrix = rng.random((5, 5))
    expect_array(student.call("row_sums", matrix), matrix.sum(axis=1))


@question("Q1")
@weight(1)
@number("1.2")
def test_oblong(student: Student, rng: np.random.Generator) -> None:
    """row_sums of an oblong matrix"""
    matrix = rng.random((3, 8))
    expect_array(student.call("row_sums", matrix), matrix.sum(axis=1))


@question("Q2")
@weight(1)
@number("2.1")
def test_odd(student: Student, rng: np.random.Generator) -> None:
    """box_blur with an odd size"""
    image = rng.random((12, 9))
    expect_array(student.call("box_blur", image, 3), ndimage.uniform_filter(image, 3))


@question("Q2")
@weight(1)
@number("2.2")
def test_even(student: Student, rng: np.random.Generator) -> None:
    """box_blur with an even size"""
    image = rng.random((12, 9))
    expected = ndimage.convolve(image, np.full((4, 4), 1 / 16))
    expect_array(student.call("box_blur", image, 4), expected)
