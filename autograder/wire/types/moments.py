"""Rows of dates, times, and of exact numbers: Decimal, Fraction."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from typing import Any

from autograder.wire.row import Row, UnsupportedValue, WireError, expect_types

#: Of a Decimal. ``int(Decimal("1e999999999"))`` would take all of the memory.
MAX_DIGITS, MAX_EXPONENT = 1000, 1000
_DECIMAL = re.compile(r"-?(?:Infinity|NaN|(\d+)(?:\.(\d+))?(?:E([+-]\d{1,4}))?)", re.ASCII)
MICROSECOND = timedelta(microseconds=1)


def _decimal_apart(value: Decimal) -> tuple[object, ...]:
    text = Decimal.__str__(value)
    if not _is_small(text):
        raise UnsupportedValue("a Decimal of too many digits, or one that signals", "large")
    return (text,)


def _is_small(text: str) -> bool:
    if len(text) > MAX_DIGITS:
        return False
    found = _DECIMAL.fullmatch(text)
    return found is not None and abs(int(found[3] or 0)) <= MAX_EXPONENT


def _decimal(parts: tuple[Any, ...]) -> Decimal:
    expect_types(parts, str)
    if not _is_small(parts[0]):
        raise WireError("a Decimal of too many digits")
    return Decimal(parts[0])


def _fraction(parts: tuple[Any, ...]) -> Fraction:
    expect_types(parts, int, int)
    if parts[1] <= 0:
        raise WireError("a Fraction without a denominator")
    return Fraction(*parts)


def offset_of(value: Any) -> int | None:
    """The microseconds that a time is ahead of UTC; None if it is naive."""
    offset = value.utcoffset()
    return None if offset is None else offset // MICROSECOND


def zone_at(offset: object) -> timezone | None:
    """The zone of so many microseconds ahead of UTC.

    Raises:
        WireError: it is neither None nor an int.
        ValueError, OverflowError: there is no such zone.
    """
    if offset is None:
        return None
    if type(offset) is not int:
        raise WireError("a zone that is none")
    return timezone(timedelta(microseconds=offset)) if offset else UTC


def _datetime_apart(value: datetime) -> tuple[object, ...]:
    day = (value.year, value.month, value.day)
    return *day, value.hour, value.minute, value.second, value.microsecond, offset_of(value)


def _datetime(parts: tuple[Any, ...]) -> datetime:
    expect_types(parts, *(int,) * 7, (int, type(None)))
    *when, offset = parts
    return datetime(*when).replace(tzinfo=zone_at(offset))


def _date(parts: tuple[Any, ...]) -> date:
    expect_types(parts, int, int, int)
    return date(*parts)


def _time_apart(value: time) -> tuple[object, ...]:
    return value.hour, value.minute, value.second, value.microsecond, offset_of(value)


def _time(parts: tuple[Any, ...]) -> time:
    expect_types(parts, *(int,) * 4, (int, type(None)))
    *when, offset = parts
    return time(*when).replace(tzinfo=zone_at(offset))


def _timedelta(parts: tuple[Any, ...]) -> timedelta:
    expect_types(parts, int, int, int)
    return timedelta(*parts)


ROWS = (
    Row(b"d", (Decimal,), _decimal_apart, _decimal, key=True),
    Row(b"q", (Fraction,), lambda value: (value.numerator, value.denominator), _fraction, key=True),
    Row(b"t", (datetime,), _datetime_apart, _datetime, key=True),
    Row(b"y", (date,), lambda value: (value.year, value.month, value.day), _date, key=True),
    Row(b"h", (time,), _time_apart, _time, key=True),
    Row(
        b"e",
        (timedelta,),
        lambda value: (value.days, value.seconds, value.microseconds),
        _timedelta,
        key=True,
    ),
)
