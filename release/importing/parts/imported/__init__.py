"""What the imported checks share: the student's answer as the original tests knew it.

A test of the original ran beside the student's code. Here it runs in another process, and an object
of the student's is a `Proxy`: what is done with it is done there, values come back and are judged
here. It is never asked whether it equals a value, so that an object that claims to equal everything
is of no use.
"""

from __future__ import annotations

import pytest

from autograder.checks import Student

from .answers import Answers
from .judging import PARTLY, expect_as_solution, judged, part
from .proxies import Proxy

__all__ = ["PARTLY", "Answers", "Proxy", "expect_as_solution", "judged", "part", "student"]


@pytest.fixture
def student(student: Student) -> Answers:
    """The student's answer, asked by name."""
    return Answers(student)
