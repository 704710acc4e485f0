"""What a test compares comes in; a verdict in words that the student may read goes out."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from autograder.checks import fail
from autograder.model.errors import HarnessFault
from autograder.model.findings import CheckFailed

from .proxies import Proxy, unjudged

#: What a student reads of a test that gives a part of its points.
PARTLY = "The test does not give all of its points."


@contextmanager
def judged() -> Iterator[None]:
    """A comparison that stops is a wrong answer, as it was in the notebook, and no fault."""
    try:
        yield
    except (AssertionError, CheckFailed, HarnessFault):
        raise
    except Exception as error:
        kind = type(error).__name__
        raise fail(
            f"something that cannot be compared: {kind}: {error}.",
            hint="Is the answer filled in, and does it give the kind of value that is asked for?",
            hidden=f"something that cannot be compared ({kind}).",
        ) from error


def expect_as_solution(
    got: Any, expected: Any, tests: Mapping[str, Sequence[Callable[[Any], Any]]] | None = None
) -> None:
    """What nbgrader's AUTOTEST asserts: the same type and the same text, of floats two decimals.

    Args:
        tests: the course's own, by type: what they give has to have the same text.
    """
    if isinstance(got, Proxy):
        raise unjudged(got)
    if tests is not None:
        kind = type(expected)
        name = (
            kind.__name__
            if kind.__module__ == "builtins"
            else f"{kind.__module__}.{kind.__qualname__}"
        )
        for test in tests.get(name, tests.get("default", ())):
            if str(test(got)) != str(test(expected)):
                raise _other("value")
    elif type(got) is not type(expected):
        raise _other("type")
    elif _text(got) != _text(expected):
        raise _other("value")


def _shown(kind: type) -> str:
    """A type as a notebook shows it, by which nbgrader tells types apart."""
    own = kind.__module__ == "builtins"
    return kind.__qualname__ if own else f"{kind.__module__}.{kind.__qualname__}"


def _other(what: str) -> CheckFailed:
    told = f"The {what} is another than the solution's."
    return fail(told, hidden=told)


def _text(value: Any) -> str:
    return str(round(value, 2)) if type(value) is float else str(value)


def part(value: object, points: float) -> float:
    """The score that a test ends with, from 0 to its points; all of them if it is no number."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.number):
        return points
    score = float(value)
    return min(max(score, 0.0), points) if math.isfinite(score) else 0.0
