"""Rows of the scalars of pandas: dates, time spans, periods, intervals and what stands for none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.wire.row import WireError, expect_types
from autograder.wire.types.moments import offset_of, zone_at
from autograder.wire.types.pandas_rows import CLOSED, FREQUENCIES, UNITS, frequency, row_of


def _timestamp_apart(value: Any) -> tuple[object, ...]:
    return value.to_datetime64(), offset_of(value)


def _timestamp(pandas: Any, parts: tuple[Any, ...]) -> object:
    expect_types(parts, np.datetime64, (int, type(None)))
    moment, offset = parts
    if np.isnat(moment) or np.datetime_data(moment.dtype)[0] not in UNITS:
        raise WireError("a date that is none")
    made = pandas.Timestamp(moment)
    return made if offset is None else made.tz_localize("UTC").tz_convert(zone_at(offset))


def _span(pandas: Any, parts: tuple[Any, ...]) -> object:
    expect_types(parts, np.timedelta64)
    if np.isnat(parts[0]) or np.datetime_data(parts[0].dtype)[0] not in UNITS:
        raise WireError("a time span that is none")
    return pandas.Timedelta(parts[0])


def _period(pandas: Any, parts: tuple[Any, ...]) -> object:
    expect_types(parts, str, int)
    name, ordinal = parts
    if abs(ordinal) > FREQUENCIES[name]:
        raise WireError("a period out of range")
    return pandas.Period(ordinal=ordinal, freq=name)


def _interval(pandas: Any, parts: tuple[Any, ...]) -> object:
    left, right, closed = parts
    expect_types((closed,), str)
    numbers = (int, float, np.float64, np.int64, pandas.Timestamp, pandas.Timedelta)
    if closed not in CLOSED or type(left) is not type(right) or type(left) not in numbers:
        raise WireError("an interval that is none")
    return pandas.Interval(left, right, closed=closed)


def _only(name: str) -> Callable[[Any, tuple[Any, ...]], object]:
    def together(pandas: Any, parts: tuple[Any, ...]) -> object:
        expect_types(parts)
        return getattr(pandas, name)

    return together


ROWS = (
    row_of(b"a", ("Timestamp",), _timestamp_apart, _timestamp, key=True, weight=20),
    row_of(b"b", ("Timedelta",), lambda v: (v.to_timedelta64(),), _span, key=True, weight=20),
    row_of(b"g", ("Period",), lambda v: (frequency(v), v.ordinal), _period, key=True, weight=20),
    row_of(b"i", ("Interval",), lambda v: (v.left, v.right, v.closed), _interval, key=True),
    row_of(b"j", ("NaT",), lambda _value: (), _only("NaT"), key=True),
    row_of(b"u", ("NA",), lambda _value: (), _only("NA"), key=True),
)
