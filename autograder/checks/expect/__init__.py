"""A student's value and the expected one come in; nothing, or a failure fit to read, goes out.

A module for each kind of value. All of them look at kind and form before values, have a text for
public checks that shows values and one for hidden checks that shows none, and trip over nothing
that student code may give back.
"""

from autograder.checks.expect.arrays import expect_array, expect_shape
from autograder.checks.expect.conditions import expect
from autograder.checks.expect.frames import expect_frame
from autograder.checks.expect.numbers import expect_between, expect_number
from autograder.checks.expect.text import expect_text
from autograder.checks.expect.types import expect_type
from autograder.checks.expect.values import expect_equal

__all__ = [
    "expect",
    "expect_array",
    "expect_between",
    "expect_equal",
    "expect_frame",
    "expect_number",
    "expect_shape",
    "expect_text",
    "expect_type",
]
