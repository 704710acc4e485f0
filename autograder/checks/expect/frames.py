"""A student's data frame and the expected one come in; nothing, or a failure fit to read, goes out.

The order is that in which one looks at a table: is it one, its columns, how many rows, what kind of
values, the rows' labels, and then the values. What is missing (NaN, None, NaT, NA) is equal to
what is missing. pandas is looked up and not imported: a course without it does not pay for it.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Literal

import numpy as np

from autograder.checks.expect.tables import (
    Options,
    Table,
    cell,
    equal_cells,
    held,
    is_frame,
    is_missing,
    sort_keys,
    unmatched_rows,
)
from autograder.checks.expect.words import kind_of, listed, not_a, plural, quoted, told_apart
from autograder.model.findings import CheckFailed, fail


def expect_frame(
    got: object,
    expected: Any,
    *,
    ignore_index: bool = False,
    ignore_order: bool = False,
    ignore_column_order: bool = False,
    check_dtype: Literal["kind", "exact"] | None = "kind",
    atol: float | None = None,
    rtol: float | None = None,
    hint: str = "",
) -> None:
    """Fail unless ``got`` is a DataFrame, or a Series, like ``expected``.

    Names of the index and of a Series do not count.

    Args:
        ignore_index: the rows' labels do not count.
        ignore_order: nor does the order of the rows.
        ignore_column_order: nor does that of the columns.
        check_dtype: ``kind``: numbers, text, dates and so on are told apart, but no widths, nor
            categories from their values; ``exact``: each dtype has to be the same; None: values
            alone count.
        atol: for numbers, as in ``expect_array``.
        rtol: likewise.
        hint: what to say of wrong values.

    Raises:
        CheckFailed: with the first of type, columns, rows, dtypes, index and values that differs.
        TypeError: ``expected`` is neither.
    """
    if not is_frame(expected):
        raise TypeError(f"expect_frame is given {kind_of(expected)} to compare with")
    options = Options(ignore_index, ignore_order, ignore_column_order, check_dtype, atol, rtol)
    if kind_of(got) != kind_of(expected):
        raise _other_type(got, expected)
    words = kind_of(expected)
    left, right = Table.of(got), Table.of(expected)
    left = _with_columns(left, right, options)
    if left.rows != right.rows:
        raise fail(
            f"{words} of {plural(left.rows, 'row')} instead of {right.rows}.",
            hint="Are rows dropped, repeated, or left in that should not be?",
            hidden=f"{words} of another number of rows than expected.",
        )
    _compare_dtypes(left, right, options)
    if ignore_order:
        _compare_unordered(left, right, options, words, hint)
        return
    if not ignore_index:
        _compare_index(left, right, options, words)
    _compare_values(left, right, options, words, hint)


# --- form -----------------------------------------------------------------------------------------


def _other_type(got: object, expected: Any) -> CheckFailed:
    wanted = kind_of(expected)
    if got is None or not is_frame(got):
        return not_a(wanted, got, f"Return a pandas {wanted.split()[1]}.")
    if wanted == "a Series":
        return not_a(wanted, got, "One column is taken by single brackets, as frame['x'].")
    return not_a(wanted, got, "A frame is kept by double brackets, as frame[['x']].")


def _with_columns(got: Table, expected: Table, options: Options) -> Table:
    """What came back, its columns in the order that is expected."""
    counts, wanted = Counter(got.names), Counter(expected.names)
    missing, more = list((wanted - counts).elements()), list((counts - wanted).elements())
    if missing or more:
        public = [f"lacks {_columns(missing)}"] * bool(missing)
        public += [f"has {_columns(more)} too many"] * bool(more)
        hidden = ["lacks columns"] * bool(missing) + ["has columns too many"] * bool(more)
        raise fail(
            f"a DataFrame that {' and '.join(public)}.",
            hint="Compare the names of the columns with those asked for, letter by letter."
            if missing and more
            else "",
            hidden=f"a DataFrame that {' and '.join(hidden)}.",
        )
    if got.names == expected.names:
        return got
    if not options.ignore_column_order:
        raise fail(
            f"a DataFrame with its columns in another order: {listed(got.names)} instead of "
            f"{listed(expected.names)}.",
            hint="Mind the order of the columns.",
            hidden="a DataFrame with its columns in another order than expected.",
        )
    positions: dict[Any, list[int]] = {}
    for position, name in enumerate(got.names):
        positions.setdefault(name, []).append(position)
    order = [positions[name].pop(0) for name in expected.names]
    return Table(expected.names, tuple(got.columns[n] for n in order), got.index)


def _compare_dtypes(got: Table, expected: Table, options: Options) -> None:
    for name, left, right in zip(expected.names, got.columns, expected.columns, strict=True):
        where = f" in column {quoted(name)}" if name is not None else ""
        if options.check_dtype == "exact" and left.dtype != right.dtype:
            raise fail(
                f"dtype {left.dtype}{where} instead of {right.dtype}.",
                hint="Convert it by astype.",
                hidden="a column of another dtype than expected.",
            )
        found, wanted = held(left), held(right)
        if options.check_dtype and found and wanted and found != wanted:
            are = "is" if wanted == "text" else "are"
            raise fail(
                f"{found}{where}, where {wanted} {are} expected.",
                hint="Convert it, as by pd.to_numeric." if wanted == "numbers" else "",
                hidden=f"{found} in a column, where {wanted} {are} expected.",
            )


def _compare_index(got: Table, expected: Table, options: Options, words: str) -> None:
    wrong = ~equal_cells(got.index, expected.index, options)
    if not wrong.any():
        return
    row = int(wrong.argmax())
    left, right = _told_apart(got.index.iloc[row], expected.index.iloc[row])
    moved = Counter(map(quoted, got.index)) == Counter(map(quoted, expected.index))
    raise fail(
        f"{words} with other row labels (index): {left} instead of {right} in row {row}.",
        hint="The same rows in another order?"
        if moved
        else "The index counts: reset_index makes a column of it, or drops it.",
        hidden=f"{words} with other row labels (index) than expected.",
    )


# --- values ---------------------------------------------------------------------------------------


def _compare_values(got: Table, expected: Table, options: Options, words: str, hint: str) -> None:
    pairs = zip(got.columns, expected.columns, strict=True)
    wrong = [~equal_cells(left, right, options) for left, right in pairs]
    found = [(int(cells.argmax()), n) for n, cells in enumerate(wrong) if cells.any()]
    if not found:
        return
    row, column = min(found)
    left, right = _told_apart(got.columns[column].iloc[row], expected.columns[column].iloc[row])
    label, name = got.index.iloc[row], expected.names[column]
    location = f"row {row}" + (f" (labelled {cell(label)})" if cell(label) != str(row) else "")
    location += f", column {quoted(name)}" if name is not None else ""
    count = sum(int(np.count_nonzero(cells)) for cells in wrong)
    total = sum(cells.size for cells in wrong)
    verb = "differs," if count == 1 else "differ, the first"
    raise fail(
        f"{words} of the right form, but {count} of {plural(total, 'value')} {verb} in {location}: "
        f"{left} instead of {right}.",
        hint=hint,
        hidden=f"{words} of the right form with other values.",
    )


def _compare_unordered(
    got: Table, expected: Table, options: Options, words: str, hint: str
) -> None:
    """Compare rows whatever their order; labels belong to their rows, unless they do not count."""
    if not options.ignore_index:
        got, expected = (
            Table(("index", *t.names), (t.index, *t.columns), t.index) for t in (got, expected)
        )
    keys = [sort_keys(*pair) for pair in zip(got.columns, expected.columns, strict=True)]
    # Floats last: of rows that are equal but for rounding, they may order differently.
    keys.sort(key=lambda key: key[0].dtype.kind == "f", reverse=True)
    orders = [np.lexsort([key[side] for key in keys]) if keys else np.arange(0) for side in (0, 1)]
    left, right = got.taken(orders[0]), expected.taken(orders[1])
    pairs = zip(left.columns, right.columns, strict=True)
    wrong = np.zeros(left.rows, dtype=bool)
    for one, other in pairs:
        wrong |= ~equal_cells(one, other, options)
    more, missing = unmatched_rows(left, right, np.flatnonzero(wrong), options)
    if not missing:
        return
    raise fail(
        f"{words} of the right form, but {plural(len(missing), 'row')} of {right.rows} "
        f"{'differs' if len(missing) == 1 else 'differ'}: {left.row(more[0])} is not expected, "
        f"{right.row(missing[0])} is.",
        hint=hint,
        hidden=f"{words} of the right form with other values.",
    )


# --- words ----------------------------------------------------------------------------------------


def _columns(names: list[Any]) -> str:
    return f"column{'s' * (len(names) > 1)} {listed(names)}"


def _told_apart(got: Any, expected: Any) -> tuple[str, str]:
    if is_missing(got) or is_missing(expected):
        return cell(got), cell(expected)
    return told_apart(got, expected)
