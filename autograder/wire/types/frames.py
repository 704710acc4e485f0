"""Rows of pandas: frames, series, indexes, categoricals and its arrays.

A frame is its columns as arrays, with labels and index. Where pandas is not loaded, its values
become records of their parts. Names of dtypes are looked up in fixed tables, and pandas is told
each dtype, so that it infers none. What is not kept: ``attrs``, the ``freq`` of an index of dates,
zones but for their offset, and dtypes of Arrow, whose values cross as objects.
"""

from __future__ import annotations

from datetime import timezone
from typing import Any

import numpy as np

from autograder.wire.limits import DEFAULT_LIMITS
from autograder.wire.row import (
    UnsupportedValue,
    WireError,
    expect_spread,
    expect_types,
    quoted,
)
from autograder.wire.types.moments import MICROSECOND, offset_of, zone_at
from autograder.wire.types.pandas_rows import (
    CLOSED,
    FREQUENCIES,
    UNITS,
    frequency,
    pandas_loaded,
    row_of,
)

#: Kinds of elements that a column may have.
KINDS = "biufcOMm"
NOT_A_TIME = -(2**63)
#: Of an index that is a range: no array could have more elements.
MAX_LENGTH = DEFAULT_LIMITS.body // 8
#: Of levels and categories; a range of a few bytes would be written out by pandas.
MAX_UNSORTED, MAX_RANGE = 500, 10_000
#: Building one takes as long as reading so many items.
FRAME, COLUMN = 500, 50


# --- columns ------------------------------------------------------------------------------------


def _is_column(pandas: Any, value: object) -> bool:
    if type(value) is np.ndarray:
        fine = value.ndim == 1 and value.dtype.kind in KINDS
        return fine and (value.dtype.kind not in "Mm" or np.datetime_data(value.dtype)[0] in UNITS)
    return isinstance(value, pandas.api.extensions.ExtensionArray)


def _column(array: Any) -> object:
    """The values of a column as an array that crosses."""
    if isinstance(array, np.ndarray):
        return array
    plain = getattr(array, "_ndarray", None)
    name = type(array).__name__
    if isinstance(plain, np.ndarray) and plain.dtype.kind != "O" and name in _PLAIN:
        return plain if getattr(array, "tz", None) is None else array
    row = any(isinstance(array, getattr(pandas_loaded().arrays, kind, ())) for kind in _ARRAYS)
    return array if row or name == "Categorical" else np.asarray(array, dtype=object)


_PLAIN = ("NumpyExtensionArray", "PandasArray", "DatetimeArray", "TimedeltaArray")
_ARRAYS = (
    "IntegerArray",
    "FloatingArray",
    "BooleanArray",
    "StringArray",
    "ArrowStringArray",
    "DatetimeArray",
    "PeriodArray",
    "IntervalArray",
)


def _frame_apart(frame: Any) -> tuple[object, ...]:
    columns = (_column(frame.iloc[:, position].array) for position in range(frame.shape[1]))
    return frame.columns, frame.index, *columns


def _frame(pandas: Any, parts: tuple[Any, ...]) -> object:
    if len(parts) < 2:
        raise WireError("a frame without an index")
    labels, index, *columns = parts
    if not isinstance(labels, pandas.Index) or not isinstance(index, pandas.Index):
        raise WireError("a frame whose labels are no index")
    if len(labels) != len(columns):
        raise WireError("a frame of another number of columns than of labels")
    series = {position: _as_series(pandas, array, index) for position, array in enumerate(columns)}
    frame = pandas.DataFrame(series, index=index, copy=False)
    frame.columns = labels
    return frame


def _frame_holder(parts: tuple[Any, ...], number: int) -> str:
    if number < 2:
        return f"a DataFrame whose {('column labels hold', 'index holds')[number]}"
    label = quoted(parts[0][number - 2]) or f"number {number - 1}"
    return f"a DataFrame whose column {label} holds"


def _as_series(pandas: Any, array: Any, index: Any, name: object = None) -> Any:
    if not _is_column(pandas, array) or not isinstance(index, pandas.Index):
        raise WireError("a column that is no array")
    if len(array) != len(index):
        raise WireError("a column of another length than its index")
    return pandas.Series(array, index=index, dtype=array.dtype, name=name, copy=False)


def _series_apart(series: Any) -> tuple[object, ...]:
    return series.index, series.name, _column(series.array)


def _series(pandas: Any, parts: tuple[Any, ...]) -> object:
    if len(parts) != 3:
        raise WireError("a series of too many or too few parts")
    index, name, array = parts
    hash(name)
    return _as_series(pandas, array, index, name)


def _series_holder(parts: tuple[Any, ...], number: int) -> str:
    if number < 2:
        return f"a Series whose {('index', 'name')[number]} holds"
    label = quoted(parts[1])
    return f"a Series {label} that holds" if label else "a Series that holds"


# --- indexes ------------------------------------------------------------------------------------


def _index_apart(index: Any) -> tuple[object, ...]:
    return index.name, _column(index.array)


def _index(pandas: Any, parts: tuple[Any, ...]) -> object:
    if len(parts) != 2 or not _is_column(pandas, parts[1]):
        raise WireError("an index that is no array")
    name, array = parts
    hash(name)
    if array.dtype == object:
        expect_spread(array)  # what cannot be a key raises here
        set(array)
    return pandas.Index(array, dtype=array.dtype, name=name, tupleize_cols=False)


def _range_apart(index: Any) -> tuple[object, ...]:
    if len(index) > MAX_LENGTH:
        raise UnsupportedValue(f"an index of more than {MAX_LENGTH} elements", "large")
    return index.start, index.stop, index.step, index.name


def _range(pandas: Any, parts: tuple[Any, ...]) -> object:
    expect_types(parts[:3], int, int, int)
    (name,) = parts[3:]
    hash(name)
    # Nearly all that is done with one writes it out.
    if any(abs(bound) >= 1 << 62 for bound in parts[:3]) or len(range(*parts[:3])) > MAX_LENGTH:
        raise WireError("an index of a range that is too large")
    return pandas.RangeIndex(*parts[:3], name=name)


def _multi_apart(index: Any) -> tuple[object, ...]:
    codes = tuple(np.asarray(part) for part in index.codes)
    return tuple(index.names), *_levels_apart(index.levels), *codes


def _multi(pandas: Any, parts: tuple[Any, ...]) -> object:
    names, *rest = parts
    if type(names) is not tuple or not names or len(rest) != 2 * len(names):
        raise WireError("an index of too many or too few levels")
    levels, codes = rest[: len(names)], rest[len(names) :]
    for level, code in zip(levels, codes, strict=True):
        _expect_levels(pandas, level)
        _expect_codes(code, len(level))
    return pandas.MultiIndex(levels=levels, codes=codes, names=names, verify_integrity=True)


def _is_quick(level: Any) -> bool:
    """Whether pandas can tell in short that all elements differ.

    It hashes numbers in a way that is known: of some, all collide. Of sorted ones it hashes none,
    once it has been asked for their order; the hashes of objects and texts have been looked at.
    """
    hashed = level.dtype != object and not _is_text(level)
    return not hashed or len(level) <= MAX_UNSORTED or bool(level.is_monotonic_increasing)


def _is_text(level: Any) -> bool:
    return isinstance(level.dtype, pandas_loaded().StringDtype)


def _levels_apart(levels: Any) -> tuple[object, ...]:
    if any(
        isinstance(level, pandas_loaded().RangeIndex) and len(level) > MAX_RANGE for level in levels
    ):
        raise UnsupportedValue(f"more than {MAX_RANGE} categories", "large")
    if not all(map(_is_quick, levels)):
        raise UnsupportedValue(f"more than {MAX_UNSORTED} categories that are not sorted", "large")
    return tuple(levels)


def _expect_levels(pandas: Any, level: Any) -> None:
    if not isinstance(level, pandas.Index) or isinstance(level, pandas.MultiIndex):
        raise WireError("levels or categories that are no index")
    if isinstance(level, pandas.RangeIndex) and len(level) > MAX_RANGE:
        raise WireError("levels or categories of a range, which would be written out")
    if not _is_quick(level):
        raise WireError("too many levels or categories that are not sorted")


def _expect_codes(codes: Any, count: int) -> None:
    if type(codes) is not np.ndarray or codes.ndim != 1 or codes.dtype.kind != "i":
        raise WireError("codes that are none")
    if len(codes) and (int(codes.min()) < -1 or int(codes.max()) >= count):
        raise WireError("codes out of range")


# --- arrays -------------------------------------------------------------------------------------


def _categorical_apart(value: Any) -> tuple[object, ...]:
    (categories,) = _levels_apart((value.categories,))
    return np.asarray(value.codes), categories, bool(value.ordered)


def _categorical(pandas: Any, parts: tuple[Any, ...]) -> object:
    codes, categories, ordered = parts
    expect_types((ordered,), bool)
    _expect_levels(pandas, categories)
    _expect_codes(codes, len(categories))
    return pandas.Categorical.from_codes(codes, categories=categories, ordered=ordered)


def _masked_apart(value: Any) -> tuple[object, ...]:
    return value._data, value._mask


def _masked(pandas: Any, parts: tuple[Any, ...]) -> object:
    expect_types(parts, np.ndarray, np.ndarray)
    data, mask = parts
    if data.ndim != 1 or mask.shape != data.shape or mask.dtype != np.bool_:
        raise WireError("a column of another length than its mask")
    kinds = {"b": "BooleanArray", "i": "IntegerArray", "u": "IntegerArray", "f": "FloatingArray"}
    return getattr(pandas.arrays, kinds[data.dtype.kind])(data, mask)


def _strings_apart(value: Any) -> tuple[object, ...]:
    with_nan = value.dtype.na_value is not pandas_loaded().NA
    return with_nan, *(_text(cell) if type(cell) is not str else cell for cell in value)


def _text(cell: object) -> str | None:
    """The plain text of one of NumPy's, or of a subclass's; pandas keeps them as they were."""
    return str.__str__(cell) if isinstance(cell, str) else None


def _strings(pandas: Any, parts: tuple[Any, ...]) -> object:
    expect_types(parts[:1], bool)
    cells = parts[1:]
    if any(type(cell) not in (str, type(None)) for cell in cells):
        raise WireError("a column of texts with something else in it")
    kind = pandas.StringDtype(na_value=np.nan) if parts[0] else pandas.StringDtype()
    array = np.empty(len(cells), dtype=object)
    array[:] = cells
    return pandas.array(array, dtype=kind)


def _zoned_apart(value: Any) -> tuple[object, ...]:
    if value.tz is None:
        raise UnsupportedValue("an array of dates of pandas")
    if isinstance(value.tz, timezone):  # one for all, be they millions
        return value._ndarray, value.tz.utcoffset(None) // MICROSECOND
    offsets = {offset_of(moment) for moment in value.dropna()}
    return value._ndarray, offsets.pop() if len(offsets) == 1 else 0


def _zoned(pandas: Any, parts: tuple[Any, ...]) -> object:
    expect_types(parts, np.ndarray, int)
    array, offset = parts
    if array.dtype.kind != "M" or not _is_column(pandas, array):
        raise WireError("a column of dates that is none")
    index = pandas.DatetimeIndex(array, dtype=array.dtype).tz_localize("UTC")
    return index.tz_convert(zone_at(offset)).array


def _periods_apart(value: Any) -> tuple[object, ...]:
    return frequency(value), value._ndarray


def _periods(pandas: Any, parts: tuple[Any, ...]) -> object:
    expect_types(parts, str, np.ndarray)
    name, ordinals = parts
    bound = FREQUENCIES[name]
    if ordinals.dtype != np.int64 or ordinals.ndim != 1:
        raise WireError("periods that are none")
    if not ((ordinals == NOT_A_TIME) | ((ordinals >= -bound) & (ordinals <= bound))).all():
        raise WireError("periods out of range")
    return pandas.PeriodIndex.from_ordinals(ordinals, freq=name).array


def _intervals_apart(value: Any) -> tuple[object, ...]:
    return _column(value.left.array), _column(value.right.array), value.closed


def _intervals(pandas: Any, parts: tuple[Any, ...]) -> object:
    left, right, closed = parts
    expect_types((closed,), str)
    if closed not in CLOSED or not all(_is_column(pandas, side) for side in (left, right)):
        raise WireError("intervals that are none")
    if len(left) != len(right) or left.dtype != right.dtype or left.dtype == object:
        raise WireError("intervals of unlike ends")
    return pandas.arrays.IntervalArray.from_arrays(left, right, closed=closed)


_MASKED = ("arrays.IntegerArray", "arrays.FloatingArray", "arrays.BooleanArray")
_STRINGS = ("arrays.StringArray", "arrays.ArrowStringArray")
ROWS = (
    row_of(b"1", ("DataFrame",), _frame_apart, _frame, weight=FRAME, holder=_frame_holder),
    row_of(b"2", ("Series",), _series_apart, _series, weight=COLUMN, holder=_series_holder),
    row_of(b"3", ("Index",), _index_apart, _index, weight=COLUMN),
    row_of(b"4", ("RangeIndex",), _range_apart, _range, weight=COLUMN),
    row_of(b"5", ("MultiIndex",), _multi_apart, _multi, weight=FRAME),
    row_of(b"6", ("Categorical",), _categorical_apart, _categorical, weight=COLUMN),
    row_of(b"7", _MASKED, _masked_apart, _masked, weight=COLUMN),
    row_of(b"8", _STRINGS, _strings_apart, _strings, weight=COLUMN),
    row_of(b"9", ("arrays.DatetimeArray",), _zoned_apart, _zoned, weight=COLUMN),
    row_of(b"0", ("arrays.PeriodArray",), _periods_apart, _periods, weight=COLUMN),
    row_of(b"-", ("arrays.IntervalArray",), _intervals_apart, _intervals, weight=COLUMN),
)
