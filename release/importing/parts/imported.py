"""What the imported checks share: answers whose numbers are numbers, and failures that are kind."""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

from autograder.checks import Student, fail
from autograder.model.errors import HarnessFault
from autograder.model.findings import CheckFailed

#: What a student reads of a test that gives a part of its points.
PARTLY = "The test does not give all of its points."


class Answers:
    """The student's answer as the original tests knew it."""

    def __init__(self, student: Student) -> None:
        self._student = student

    def call(self, name: str, /, *args: Any, **kwargs: Any) -> Any:
        """Call the student's function."""
        return _plain(self._student.call(name, *args, **kwargs))

    def attempt(self, name: str, /, *args: Any, **kwargs: Any) -> Any:
        """As `call`, for tests that expect an exception: one of Python's own is raised here too."""
        try:
            return self.call(name, *args, **kwargs)
        except CheckFailed as failed:
            type_name, message = failed.raised or ("", "")
            kind = getattr(builtins, type_name, None)
            if not isinstance(kind, type) or not issubclass(kind, Exception):
                raise
            raise kind(message) from failed

    def value(self, name: str, /) -> Any:
        """The value of the student's name."""
        return _plain(self._student.value(name))

    def shared(
        self, source: str, /, *names: str, shows: str | None = None, points: float | None = None
    ) -> float:
        """Run a test as it was, beside the student's code, which judges itself."""
        return self._student.shared(source, *names, shows=shows, points=points)


@pytest.fixture
def student(student: Student) -> Answers:
    """The student's answer, asked by name."""
    return Answers(student)


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


def _plain(value: Any) -> Any:
    """NumPy's numbers cross as arrays without dimensions; here they are numbers again."""
    if isinstance(value, np.ndarray) and value.shape == ():
        return value[()]
    if isinstance(value, list | tuple):
        return type(value)(_plain(item) for item in value)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value
