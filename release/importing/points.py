"""otter-grader's settings of points come in, the points of each test go out.

The rules are those of `resolve_test_file_points` in otter 6.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from release.importing.model import ImportFailed

Points = float | None


def resolve(total: Any, declared: Sequence[Points], where: str) -> list[float]:
    """The points of each test of a question.

    Args:
        total: the question's `points`: a number, a list with one for each test, `{each: n}`, None.
        declared: the points that a test itself names.
        where: what an error calls the question.

    Raises:
        ImportFailed: the two contradict each other, or are no numbers.
    """
    if isinstance(total, dict):
        total = _number(total.get("each", 1), where) * len(declared)
    elif isinstance(total, list):
        if len(total) != len(declared):
            raise ImportFailed(
                f"{where}: found {len(total)} points for {len(declared)} tests; give one for each."
            )
        declared, total = [None if p is None else _number(p, where) for p in total], None
    named = sum(points for points in declared if points is not None)
    free = sum(points is None for points in declared)
    if total is not None:
        rest = _number(total, where) - named
        if rest < -1e-9:
            raise ImportFailed(f"{where}: found tests worth {named:g} of {total:g} points.")
        share = rest / free if free else 0.0
    else:
        share = 1 / free if free and named == 0 else 0.0
    return _exact([share if points is None else points for points in declared], declared)


def _exact(points: list[float], declared: Sequence[Points]) -> list[float]:
    """Thirds and the like with four decimals, and the same sum: Gradescope's scores are rounded."""
    rounded = [round(each, 4) for each in points]
    free = [at for at, each in enumerate(declared) if each is None]
    if free:
        rounded[free[-1]] = round(rounded[free[-1]] + sum(points) - sum(rounded), 4)
    return rounded


def _number(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise ImportFailed(f"{where}: found the points {value!r}; give a number.")
    return value
