"""Dates, times and durations of any library come in; whether they are the same goes out.

Frames and arrays give a day as NumPy's or pandas' midnight, whatever it was made of.
"""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np

from autograder.checks.expect.words import is_of, library


def same_moment(got: object, expected: object) -> bool:
    """Whether two values are one date or time, or one duration, of which one value is a library's.

    A date is its midnight, and NaT is NaT. Python's own, and those with a time zone, are not for
    here: their own comparison is right.
    """
    if not (_is_library(got) or _is_library(expected)):
        return False
    pairs = ((_moment(got), _moment(expected)), (_span(got), _span(expected)))
    return any(_equal(left, right) for left, right in pairs)


def _equal(left: Any, right: Any) -> bool:
    if left is None or right is None:
        return False
    try:
        return bool(left == right) or bool(np.isnat(left) and np.isnat(right))
    except (TypeError, ValueError, OverflowError):  # months have no length in days
        return False


def _is_library(value: object) -> bool:
    if isinstance(value, np.datetime64 | np.timedelta64) or _is_nat(value):
        return True
    return is_of(value, "pandas", "Timestamp") or is_of(value, "pandas", "Timedelta")


def _is_nat(value: object) -> bool:
    """Whether it is what stands for no date, and for no duration, in pandas."""
    return value is not None and value is getattr(library("pandas"), "NaT", None)


def _moment(value: object) -> np.datetime64 | None:
    if isinstance(value, np.datetime64):
        return value
    if _is_nat(value):
        return np.datetime64("NaT")
    if isinstance(value, datetime.datetime) and value.tzinfo is not None:
        return None
    if is_of(value, "pandas", "Timestamp"):
        return value.to_datetime64()  # type: ignore[attr-defined, no-any-return]
    return np.datetime64(value) if isinstance(value, datetime.date) else None


def _span(value: object) -> np.timedelta64 | None:
    if isinstance(value, np.timedelta64):
        return value
    if _is_nat(value):
        return np.timedelta64("NaT")
    if is_of(value, "pandas", "Timedelta"):
        return value.to_timedelta64()  # type: ignore[attr-defined, no-any-return]
    return np.timedelta64(value) if isinstance(value, datetime.timedelta) else None
