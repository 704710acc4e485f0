"""A data frame comes in; its columns go out, and which of their cells and rows equal another's.

pandas is looked up and not imported: a course without it does not pay for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from autograder.checks.expect.numbers import inexact, plain_number
from autograder.checks.expect.tolerance import coarser, narrowed, of_type, tolerance
from autograder.checks.expect.words import is_of, library, listed, quoted

Array = np.ndarray[Any, Any]
#: So many rows of one table are looked for among those of the other one by one.
MAX_LOOSE = 200
#: What a column holds, by what pandas infers of it.
KINDS = {
    "string": "text",
    "boolean": "true/false values",
    **dict.fromkeys(("integer", "floating", "mixed-integer-float", "decimal"), "numbers"),
    "complex": "complex numbers",
    **dict.fromkeys(("datetime", "datetime64", "date"), "dates"),
    **dict.fromkeys(("timedelta", "timedelta64"), "durations"),
    "empty": "",
}


@dataclass(frozen=True)
class Options:
    """What of two frames does not count, and how exactly values are asked for."""

    ignore_index: bool
    ignore_order: bool
    ignore_column_order: bool
    check_dtype: Literal["kind", "exact"] | None
    atol: float | None
    rtol: float | None


def is_frame(value: object) -> bool:
    """Whether a value is a DataFrame or a Series of pandas."""
    return is_of(value, "pandas", "DataFrame") or is_of(value, "pandas", "Series")


@dataclass(frozen=True)
class Table:
    """A frame's columns and labels; names may repeat, so columns are told by position.

    Attributes:
        names: of the columns; a Series has one column, named None.
        index: the rows' labels, as a column.
    """

    names: tuple[Any, ...]
    columns: tuple[Any, ...]
    index: Any

    @classmethod
    def of(cls, frame: Any) -> Table:
        """That of a DataFrame or a Series."""
        pandas = library("pandas")
        labels = frame.index
        index = pandas.Series(labels.tolist() if labels.nlevels > 1 else labels)
        if isinstance(frame, pandas.Series):
            return cls((None,), (frame.reset_index(drop=True),), index)
        frame = frame.reset_index(drop=True)
        columns = tuple(frame.iloc[:, n] for n in range(frame.shape[1]))
        return cls(tuple(frame.columns), columns, index)

    @property
    def rows(self) -> int:
        """How many there are."""
        return len(self.index)

    def taken(self, order: Array) -> Table:
        """The rows at these positions."""
        index = self.index.iloc[order].reset_index(drop=True)
        columns = tuple(c.iloc[order].reset_index(drop=True) for c in self.columns)
        return Table(self.names, columns, index)

    def row(self, number: int) -> str:
        """One row, as text."""
        if self.names == (None,):
            return cell(self.columns[0].iloc[number])
        pairs = zip(self.names, self.columns, strict=True)
        return listed(pairs, lambda pair: f"{quoted(pair[0])} {cell(pair[1].iloc[number])}")


def held(column: Any) -> str:
    """What a column holds; empty if it holds nothing, or is all missing."""
    if column.isna().all():
        return ""
    kinds = {"b": "boolean", "c": "complex", "M": "datetime", "m": "timedelta"}
    letter = getattr(column.dtype, "kind", "O")
    if letter in "iuf":
        return "numbers"
    infer = library("pandas").api.types.infer_dtype
    inferred = kinds.get(letter) or infer(column.astype(object), skipna=True)
    return KINDS.get(inferred, "values of several types")


def unmatched_rows(
    got: Table, expected: Table, rows: Array, options: Options
) -> tuple[list[int], list[int]]:
    """Of rows that differ in order, those of either side that have no equal on the other."""
    if len(rows) > MAX_LOOSE:
        return list(rows), list(rows)
    pandas = library("pandas")
    more, missing = [int(row) for row in rows], []
    for row in map(int, rows):
        alike = np.ones(len(more), dtype=bool)
        for left, right in zip(got.columns, expected.columns, strict=True):
            same = pandas.Series([right.iloc[row]] * len(more), dtype=right.dtype)
            alike &= equal_cells(left.iloc[more].reset_index(drop=True), same, options)
        if alike.any():
            more.pop(int(alike.argmax()))
        else:
            missing.append(row)
    return more, missing


def sort_keys(got: Any, expected: Any) -> tuple[Array, Array]:
    """Numbers to sort two columns by, in the same order for both."""
    if {held(got), held(expected)} <= {"numbers", ""}:
        columns = [_floats(column) for column in (got, expected)]
        if all((np.isfinite(column) & (column == np.round(column))).all() for column in columns):
            return columns[0].astype(np.int64), columns[1].astype(np.int64)
        # Those that are equal within a tolerance have to come together.
        left, right = (np.asarray([float(f"{x:.5g}") for x in column]) for column in columns)
        return left, right
    texts = [[cell(value) for value in column] for column in (got, expected)]
    codes = {text: code for code, text in enumerate(sorted({*texts[0], *texts[1]}))}
    first, second = (np.asarray([codes[text] for text in side], dtype=np.int64) for side in texts)
    return first, second


def equal_cells(got: Any, expected: Any, options: Options) -> Array:
    """Where two columns hold the same; what is missing in both is the same."""
    missing = got.isna().to_numpy(bool), expected.isna().to_numpy(bool)
    if {held(got), held(expected)} <= {"numbers", ""}:
        same = _equal_numbers(got, expected, options)
    else:
        # Here, as values may hold frames and frames any values.
        from autograder.checks.expect.values import Comparison, difference

        how = Comparison(options.atol, options.rtol)
        pairs = zip(got.astype(object), expected.astype(object), strict=True)
        same = np.asarray([difference(*pair, how) is None for pair in pairs], dtype=bool)
    result: Array = np.where(missing[0] | missing[1], missing[0] & missing[1], same)
    return result


def _equal_numbers(got: Any, expected: Any, options: Options) -> Array:
    explicit = options.atol is not None or options.rtol is not None
    kinds = {getattr(column.dtype, "kind", "O") for column in (got, expected)}
    plain = all(isinstance(column.dtype, np.dtype) for column in (got, expected))
    if kinds <= {"i", "u"} and plain and not explicit:
        exact: Array = got.to_numpy() == expected.to_numpy()
        return exact
    left, right = _floats(got), _floats(expected)
    types = [of_type(c.to_numpy()) if plain else of_type(right) for c in (got, expected)]
    precision = coarser(*types, narrowed(left))
    same = tolerance(precision, right, options.atol, options.rtol).close(left, right)
    if not explicit and precision is of_type(right):
        # Whole numbers are counts and ids, which pandas makes floats of where some are missing.
        whole = (left == np.round(left)) & (right == np.round(right))
        same = np.where(whole, left == right, same)
    return same


def _floats(column: Any) -> Array:
    pandas = library("pandas")
    try:
        numbers = pandas.to_numeric(column, errors="coerce")
        floats: Array = numbers.to_numpy(dtype=np.float64, na_value=np.nan)
    except (OverflowError, TypeError, ValueError):  # whole numbers beyond any float among them
        found = [None if is_missing(value) else plain_number(value) for value in column]
        floats = np.asarray([np.nan if n is None else inexact(n) for n in found], dtype=np.float64)
    return floats


def cell(value: Any) -> str:
    """A cell's value, as text."""
    return "nothing (NaN)" if is_missing(value) else quoted(value)


def is_missing(value: Any) -> bool:
    """Whether a cell holds nothing; a list in a cell is something."""
    missing = library("pandas").isna(value)
    return missing is True or (isinstance(missing, np.bool_) and bool(missing))
