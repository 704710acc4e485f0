"""This machine comes in; what the harness can do here, a line for each thing, goes out."""

from __future__ import annotations

from collections.abc import Iterator

from autograder.doctor.findings import Diagnosis, Level
from autograder.doctor.isolation import isolation, kernel
from autograder.doctor.python import packages, python
from autograder.model.plugins import added

__all__ = ["GROUP", "Diagnosis", "Level", "examine"]

#: Of entry points: functions without arguments that yield more of what is found.
GROUP = "autograder.doctor"


def examine(*, at_home: bool) -> Iterator[Diagnosis]:
    """What is found here, one after the other; some of it takes a second to find.

    Args:
        at_home: only what checking one's own notebooks needs.
    """
    yield python()
    yield from packages(at_home=at_home)
    if at_home:
        return
    yield kernel()
    yield isolation()
    for entry in added(GROUP):
        try:
            more = entry.load()
        except ModuleNotFoundError:  # which one, the packages above have said
            continue
        yield from more()
