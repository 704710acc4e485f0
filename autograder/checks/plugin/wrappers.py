"""What gradescope-utils' decorators leave on a check's function, read and emptied."""

from __future__ import annotations

import math
from typing import Any

from autograder.checks.plugin.model import Case, Check


def forget_score(check: Check) -> None:
    """Forget what another case set by ``partial_credit``."""
    wrapper = _wrapper_with(check.spec.function, "__score__")
    if wrapper is not None:
        del wrapper.__score__


def take_score(check: Check, case: Case) -> None:
    """Give a case the share of the points that the check set by ``partial_credit``, if it did.

    Raises:
        TypeError, ValueError, OverflowError: it is no number.
    """
    wrapper = _wrapper_with(check.spec.function, "__score__")
    weight = check.spec.weight
    if wrapper is not None and case.status in ("passed", "failed") and weight:
        score = float(wrapper.__score__)
        if math.isnan(score):
            raise ValueError("a score that is no number")
        case.share = min(max(score / weight, 0.0), 1.0)


def enter_leaderboard(check: Check) -> None:
    """Enter what the check set by the means of ``leaderboard``.

    Raises:
        TypeError, ValueError: it is no number, or the order is none.
    """
    function = check.spec.function
    wrapper = _wrapper_with(function, "__leaderboard_value__")
    column = getattr(function, "__leaderboard_column__", None)
    if wrapper is not None and column is not None:
        order = getattr(function, "__leaderboard_sort_order__", "desc")
        check.enter(str(column), wrapper.__leaderboard_value__, str(order))


def _wrapper_with(function: Any, attribute: str) -> Any:
    """The layer of a decorated function that carries an attribute of its own."""
    while function is not None:
        if attribute in vars(function):
            return function
        function = getattr(function, "__wrapped__", None)
    return None
