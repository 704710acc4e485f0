"""A value that was put together, and its parts, come in; whether an encoder writes just those.

A value has one frame. What the decoder has made of a row's parts is taken apart again, as the
encoder would: other parts than those that came are parts that nobody's encoder has written.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.wire import types
from autograder.wire.limits import DOUBLE
from autograder.wire.row import Row, UnsupportedValue, WireError

#: Bytes of two arrays that are compared at once.
CHUNK = 1 << 24
_PLAIN = (type(None), bool, int, str, bytes)


def expect_canonical(row: Row, value: Any, parts: tuple[object, ...]) -> None:
    """Fail unless a value that was made of parts has these.

    Raises:
        WireError: it has others.
    """
    if row.ordered and row.is_loaded and not alike(tuple(row.apart(value)), parts):
        raise WireError("parts that no value has")


def settled(row: Row, parts: tuple[object, ...]) -> tuple[object, ...]:
    """The parts that the value has which the other end makes of these.

    Raises:
        UnsupportedValue: it cannot make any.
    """
    made = row.together(parts)
    again = tuple(row.apart(made))
    if alike(again, parts):
        return parts
    if not alike(tuple(row.apart(row.together(again))), again):
        raise UnsupportedValue("an object whose parts make up another one")
    return again


def alike(one: object, other: object) -> bool:
    """Whether one frame stands for both: of the same types, and the same in every bit."""
    if one is other:
        return True
    kind = type(one)
    if kind is not type(other):
        return False
    if kind in _PLAIN:
        return one == other
    if kind is float:
        return DOUBLE.pack(one) == DOUBLE.pack(other)
    if isinstance(one, list | tuple) and kind in (list, tuple):
        return _all_alike(one, other)
    if isinstance(one, dict) and kind is dict:
        return _all_alike(tuple(one.items()), tuple(other.items()))  # type: ignore[attr-defined]
    if isinstance(one, np.ndarray) and kind is np.ndarray:
        return _arrays_alike(one, other)
    if isinstance(one, np.generic) and not isinstance(one, np.void):
        return _arrays_alike(np.asarray(one), np.asarray(other))
    row = types.find_row(kind)
    return row is not None and alike(tuple(row.apart(one)), tuple(row.apart(other)))


def _all_alike(some: Any, others: Any) -> bool:
    return len(some) == len(others) and all(map(alike, some, others))


def _arrays_alike(one: Any, other: Any) -> bool:
    if one.dtype != other.dtype or one.shape != other.shape:
        return False
    if one.dtype.kind == "O":
        return _all_alike(one.reshape(-1), other.reshape(-1))
    if one.dtype.names is not None:
        return all(_arrays_alike(one[name], other[name]) for name in one.dtype.names)
    same = _address(one) == _address(other)
    return same or _bytes_alike(one, other)


def _bytes_alike(one: Any, other: Any) -> bool:
    left, right = (np.ascontiguousarray(each).reshape(-1).view(np.uint8) for each in (one, other))
    starts = range(0, left.size, CHUNK)
    return all(np.array_equal(left[n : n + CHUNK], right[n : n + CHUNK]) for n in starts)


def _address(array: Any) -> tuple[int, Any]:
    """Where an array lies in memory, and how."""
    return array.__array_interface__["data"][0], array.strides
