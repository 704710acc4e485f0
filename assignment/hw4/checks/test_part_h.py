"""Part H, the checks that students have too: they find slips, they do not prove an answer right."""

import numpy as np
from gradescope_utils.autograder_utils.decorators import number, weight

from autograder.checks import Student, expect, expect_array, expect_shape, question

FLAT = np.full((12, 17), 0.5)


@question("H1")
@weight(1)
@number("H1.1")
def test_averaging_keeps_a_flat_picture(student: Student) -> None:
    """averaging_filtering gives a flat grey picture back as it was, at size 3"""
    expect_array(
        student.call("averaging_filtering", FLAT, 3),
        FLAT,
        hint="The nine weights of the kernel sum to 1; leave the border to the default of ndimage.",
    )


@question("H2")
@weight(0.5)
@number("H2.1")
def test_flat_picture_has_no_edges(student: Student) -> None:
    """edge_detecting turns a flat grey picture into zeros"""
    expect_array(
        student.call("edge_detecting", FLAT),
        np.zeros_like(FLAT),
        hint="The weights of the kernel have to sum to 0.",
    )


@question("H2")
@weight(0.5)
@number("H2.2")
def test_a_white_pixel_counts_negatively(student: Student) -> None:
    """edge_detecting is negative at a single white pixel on black"""
    spot = np.zeros((7, 9))
    spot[3, 4] = 1.0
    response = expect_shape(student.call("edge_detecting", spot), spot.shape)
    expect(
        response[3, 4] < 0,
        f"{response[3, 4]:g} at the white pixel.",
        hint="The pixel itself counts minus four times.",
    )
