"""How a type of pandas becomes a row of the wire's table, and which of its names may cross."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from autograder.wire.row import Row, UnsupportedValue, kind_name
from autograder.wire.values import Record

#: Units of dates and time spans.
UNITS = ("s", "ms", "us", "ns")
_MONTHS = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split()
_DAYS = "MON TUE WED THU FRI SAT SUN".split()
#: Frequencies of periods, and how far from 1970 one may be: all within the years 1 to 9999.
FREQUENCIES: dict[str, int] = {
    **{f"Y-{month}": 7_000 for month in _MONTHS},
    **{f"Q-{month}": 28_000 for month in _MONTHS},
    "M": 90_000,
    **{f"W-{day}": 400_000 for day in _DAYS},
    **{"D": 2_900_000, "B": 2_000_000, "h": 70_000_000, "min": 4_200_000_000},
    **{"s": 250 * 10**9, "ms": 250 * 10**12, "us": 250 * 10**15, "ns": 2**63 - 1},
}
#: Which ends an interval may include.
CLOSED = ("left", "right", "both", "neither")


def pandas_loaded() -> Any:
    """Pandas, if something has imported it; else None."""
    return sys.modules.get("pandas")


def row_of(
    tag: bytes,
    types: tuple[str, ...],
    apart: Callable[[Any], tuple[object, ...]],
    together: Callable[[Any, tuple[Any, ...]], object],
    **options: Any,
) -> Row:
    """A row whose parts are put together by pandas, or else are a record's."""

    def made(parts: tuple[Any, ...]) -> object:
        pandas = pandas_loaded()
        if pandas is None:
            name = types[0].rpartition(".")[2]
            return Record(name, {f"part{number}": part for number, part in enumerate(parts)})
        return together(pandas, parts)

    names = tuple(f"pandas.{name}" for name in types)
    return Row(tag, names, apart, made, settled=True, **options)


def frequency(value: Any) -> str:
    """The name of a period's frequency, if it may cross."""
    name = str(value.freqstr)
    if name not in FREQUENCIES:
        raise UnsupportedValue(f"a {kind_name(type(value))} of frequency {name[:20]}")
    return name
