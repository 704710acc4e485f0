"""Part H, hidden: both filters on random float pictures that are drawn anew for every run."""

import numpy as np
import pytest
from gradescope_utils.autograder_utils.decorators import number, weight
from scipy import ndimage

from autograder.checks import Student, expect, expect_array, expect_shape, question

FOUR_NEIGHBOURS = np.array([[0.0, 1, 0], [1, -4, 1], [0, 1, 0]])
EIGHT_NEIGHBOURS = np.array([[1.0, 1, 1], [1, -8, 1], [1, 1, 1]])


def picture(rng: np.random.Generator) -> np.ndarray:
    """A float picture in [0, 1] that is wider than high or higher than wide, never square."""
    height, extra = rng.integers(16, 24), rng.integers(1, 9)
    shape = (height, height + extra) if rng.random() < 0.5 else (height + extra, height)
    return rng.random(shape)


def averaged(image: np.ndarray, size: int, divisor: float | None = None) -> np.ndarray:
    return ndimage.convolve(image, np.ones((size, size)) / (divisor or size**2))


@question("H1")
@weight(3)
@number("H1.2")
@pytest.mark.parametrize("size", [3, 6, 9])
def test_averaging_values(student: Student, rng: np.random.Generator, size: int) -> None:
    """averaging_filtering averages over the window, at odd and even sizes"""
    image = picture(rng)
    kernel = np.ones((size, size)) / size**2
    even = "At even sizes the window lies one pixel off, as with correlate in place of convolve."
    black = "At the border the picture is mirrored, which is the default of ndimage."
    expect_array(
        student.call("averaging_filtering", image, size),
        averaged(image, size),
        hint="Every weight is the same, and together they sum to 1.",
        mistakes=[
            (averaged(image, size, 9), "The weights have to follow the size, not always be 1/9."),
            (averaged(image, size, 1), "The window is summed up, but not divided."),
            (averaged(image, size, size), "Divide by the number of weights, not by the side."),
            (np.zeros_like(image), "The kernel is all zeros: whole numbers cut off fractions."),
            (ndimage.correlate(image, kernel), even),
            (ndimage.convolve(image, kernel, mode="constant"), black),
            (image, "The picture came back unchanged."),
        ],
    )


@question("H1")
@weight(1)
@number("H1.3")
def test_averaging_default_size(student: Student, rng: np.random.Generator) -> None:
    """averaging_filtering uses size 3 if no size is given"""
    image = picture(rng)
    expect_array(
        student.call("averaging_filtering", image),
        averaged(image, 3),
        hint="Without a size the result has to be that of filter_size=3.",
    )


@question("H1")
@weight(1)
@number("H1.4")
def test_averaging_leaves_the_picture_alone(student: Student, rng: np.random.Generator) -> None:
    """averaging_filtering leaves the picture as it is, and gives the same for it once more"""
    check_leaves_alone(student, "averaging_filtering", picture(rng))


def check_leaves_alone(student: Student, function: str, image: np.ndarray) -> None:
    """Fail if a function writes into its picture, or gives another result the second time.

    What it gives is judged elsewhere; but it has to be something: one that does nothing at all
    leaves the picture alone, too.
    """
    sent = student.keep(image)
    first = expect_shape(student.call(function, sent), image.shape)
    expect_array(
        sent.value(),
        image,
        hint="The function writes into the picture that it is given; make a new array instead.",
    )
    expect_array(
        student.call(function, sent),
        first,
        hint="The function keeps something from one call to the next.",
    )


@question("H2")
@weight(3)
@number("H2.3")
def test_edge_values(student: Student, rng: np.random.Generator) -> None:
    """edge_detecting is the Laplacian with four neighbours, as the notebook describes it"""
    image = picture(rng)
    expected = ndimage.convolve(image, FOUR_NEIGHBOURS)
    eight = ndimage.convolve(image, EIGHT_NEIGHBOURS)
    other_signs = "This is a Laplacian with all signs turned around; the pixel counts negatively."
    all_eight = "This is a Laplacian too, but with eight neighbours; four were asked for."
    expect_array(
        student.call("edge_detecting", image),
        expected,
        hint="Collect the terms of the formula: one weight for the pixel, one for its neighbours.",
        mistakes=[
            (-expected, other_signs),
            (eight, all_eight),
            (-eight, all_eight),
            (np.abs(expected), "Keep the signs: no absolute value."),
            (np.clip(expected, 0, 1), "Keep the values as they are: no clipping."),
            (image, "The picture came back unchanged."),
        ],
    )


@question("H2")
@weight(1)
@number("H2.4")
def test_edges_keep_both_signs(student: Student, rng: np.random.Generator) -> None:
    """edge_detecting responds with opposite signs on the two sides of an edge"""
    dark, bright = np.sort(rng.random(2)) * [0.4, 1.0] + [0.0, 0.5]
    image = np.full((11, 16), dark)
    image[:, 8:] = min(bright, 1.0)
    response = expect_shape(student.call("edge_detecting", image), image.shape)
    expect(
        (response[:, 7] > 0).all() and (response[:, 8] < 0).all(),
        "other signs.",
        hidden="other signs than asked for.",
        hint="Positive on the dark side, negative on the bright side, as the notebook says.",
    )


@question("H2")
@weight(1)
@number("H2.5")
def test_edges_leave_the_picture_alone(student: Student, rng: np.random.Generator) -> None:
    """edge_detecting leaves the picture as it is, and gives the same for it once more"""
    check_leaves_alone(student, "edge_detecting", picture(rng))
