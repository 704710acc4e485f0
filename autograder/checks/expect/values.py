"""Nested plain values come in; the first place where they differ goes out, with the path to it.

``difference`` tells, ``expect_equal`` fails. Both look at types before values, and at form before
contents. What came back may be anything: nothing of it is called but the methods of plain types.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autograder.checks.expect.arrays import expect_array
from autograder.checks.expect.frames import expect_frame
from autograder.checks.expect.moments import same_moment
from autograder.checks.expect.numbers import is_close, plain_number
from autograder.checks.expect.tables import is_frame
from autograder.checks.expect.words import (
    RETURNED,
    described,
    is_of,
    kind_of,
    listed,
    plural,
    quoted,
    told_apart,
)
from autograder.model.findings import CheckFailed, fail
from autograder.wire.values import Record, type_name

#: So many elements that one set has alone are compared with those of the other one by one.
MAX_LOOSE = 200


@dataclass(frozen=True)
class Difference:
    """The first difference between two values.

    Attributes:
        public: what came back, with values.
        hidden: the same without any.
        hint: what helps; empty where only the check's author knows.
        path: how to get there, as ``['layers'][2]``; empty for the whole.
    """

    public: str
    hidden: str
    hint: str = ""
    path: str = ""


@dataclass(frozen=True)
class Comparison:
    """How values are compared.

    Attributes:
        any_sequence: a list counts as a tuple, and the reverse.
    """

    atol: float | None = None
    rtol: float | None = None
    any_sequence: bool = False


def expect_equal(
    got: object,
    expected: object,
    *,
    atol: float | None = None,
    rtol: float | None = None,
    any_sequence: bool = False,
    hint: str = "",
    mistakes: Sequence[tuple[object, str]] = (),
) -> None:
    """Fail unless ``got`` is a value like ``expected``, however nested.

    Numbers are compared as by ``expect_number``, arrays and tensors as by ``expect_array``, frames
    as by ``expect_frame``; True is not 1, a list is no tuple, and a dictionary has no order. Dates
    and durations of NumPy and pandas are those of Python; to them, a date is its midnight.

    Args:
        atol: for the floats anywhere inside.
        rtol: likewise.
        any_sequence: a list counts as a tuple, and the reverse.
        hint: what to say of a wrong value.
        mistakes: pairs of a value that a known mistake gives, and the hint for that mistake.

    Raises:
        CheckFailed: with the first difference.
    """
    how = Comparison(atol, rtol, any_sequence)
    found = difference(got, expected, how)
    if found is None:
        return
    for wrong, explanation in mistakes:
        if difference(got, wrong, how) is None:
            found = replace(found, hint=explanation)
            break
    where = f"at {found.path}: " if found.path else ""
    raise fail(where + found.public, hint=found.hint or hint, hidden=found.hidden)


def difference(
    got: object,
    expected: object,
    how: Comparison = Comparison(),
) -> Difference | None:
    """The first difference between two values, or None."""
    if isinstance(expected, np.ndarray) or is_of(expected, "torch", "Tensor") or is_frame(expected):
        return _of_whole(got, expected, how)
    if plain_number(expected) is not None:
        return _of_numbers(got, expected, how)
    if isinstance(expected, Mapping):
        return _of_mappings(got, expected, how)
    if dataclasses.is_dataclass(expected) and not isinstance(expected, type):
        return _of_records(got, expected, how)
    if isinstance(expected, list | tuple):
        return _of_sequences(got, expected, how)
    if isinstance(expected, set | frozenset):
        return _of_sets(got, expected, how)
    if same_moment(got, expected):
        return None
    if kind_of(got) != kind_of(expected):
        return _of_kinds(got, expected)
    return None if _same(got, expected) else _of_values(got, expected)


def _same(got: object, expected: object) -> bool:
    """Whether two values that are no containers are equal, as far as they can be compared."""
    try:
        return bool(got == expected)
    except (TypeError, ValueError, ArithmeticError, RuntimeError):
        return False


def _of_kinds(got: object, expected: object) -> Difference:
    wanted = "None" if expected is None else kind_of(expected)
    return Difference(
        f"{described(got)}, where {wanted} is expected.",
        f"{kind_of(got)}, where {wanted} is expected.",
        RETURNED if got is None else "",
    )


def _of_values(got: object, expected: object) -> Difference:
    left, right = told_apart(got, expected)
    hint = ""
    if isinstance(got, str) and isinstance(expected, str):
        if "".join(got.split()) == "".join(expected.split()):
            hint = "Mind the spaces and the ends of lines."
        elif got.casefold() == expected.casefold():
            hint = "Mind upper and lower case."
    words = kind_of(got).replace("a ", "another ", 1).replace("an ", "another ", 1)
    if not words.startswith("another "):
        words = f"other {words}"
    return Difference(f"{left} instead of {right}.", f"{words} than expected.", hint)


def _of_numbers(got: object, expected: object, how: Comparison) -> Difference | None:
    number, right = plain_number(got), plain_number(expected)
    if number is None or isinstance(number, bool) != isinstance(right, bool):
        return _of_kinds(got, expected)
    if is_close(got, expected, how.atol, how.rtol):
        return None
    return replace(_of_values(number, right), hidden=f"{kind_of(right)} other than expected.")


def _of_whole(got: object, expected: Any, how: Comparison) -> Difference | None:
    """Of arrays, tensors and frames."""
    try:
        if is_frame(expected):
            expect_frame(got, expected, atol=how.atol, rtol=how.rtol)
        else:
            expect_array(got, expected, atol=how.atol, rtol=how.rtol, equal_nan=True)
    except CheckFailed as failed:
        found = failed.finding
        hidden = found.public if found.hidden is None else found.hidden
        return Difference(found.public, hidden, found.hint)
    return None


# --- containers -----------------------------------------------------------------------------------


def _of_sequences(got: object, expected: Any, how: Comparison) -> Difference | None:
    alike: Any = list if isinstance(expected, list) else tuple
    if how.any_sequence:
        alike = (list, tuple)
    if not isinstance(got, alike):
        return _of_kinds(got, expected)
    for index, (item, right) in enumerate(zip(got, expected, strict=False)):
        found = difference(item, right, how)
        if found is not None and len(got) == len(expected):
            return _inside(found, f"[{index}]", got)
        if found is not None:
            break
    if len(got) == len(expected):
        return None
    words = f"{kind_of(got)} of {plural(len(got), 'element')} instead of {len(expected)}"
    index = min(len(got), len(expected))
    more = f"; the first one too many is {quoted(got[index])}" if index < len(got) else ""
    return Difference(f"{words}{more}.", f"{kind_of(got)} of another length than expected.")


def _inside(found: Difference, step: str, container: object) -> Difference:
    """A difference inside a container: hidden checks tell no path, as keys are values too."""
    hidden = f"{kind_of(container)} with other contents than expected."
    return replace(found, path=step + found.path, hidden=hidden)


def _of_mappings(got: object, expected: Mapping[Any, Any], how: Comparison) -> Difference | None:
    if not isinstance(got, Mapping):
        return _of_kinds(got, expected)
    missing = [key for key in expected if key not in got]
    more = [key for key in got if key not in expected]
    if missing or more:
        return _of_members(got, missing, more, "key")
    for key, right in expected.items():
        found = difference(got[key], right, how)
        if found is not None:
            return _inside(found, f"[{quoted(key)}]", got)
    return None


def _of_records(got: object, expected: Any, how: Comparison) -> Difference | None:
    """Of the fields of a dataclass; the name of its type counts, and where it is from does not."""
    name = type(expected).__name__
    if not isinstance(got, Record) or type_name(got).rpartition(".")[2] != name:
        return Difference(
            f"{described(got)}, where a record of type {name} is expected.",
            f"{kind_of(got)}, where a record of type {name} is expected.",
            RETURNED if got is None else "",
        )
    fields = {f.name: getattr(expected, f.name) for f in dataclasses.fields(expected)}
    return _of_mappings(got._asdict(), fields, how)


def _of_sets(got: object, expected: Any, how: Comparison) -> Difference | None:
    if not isinstance(got, set | frozenset):
        return _of_kinds(got, expected)
    missing, more = list(expected - got), list(got - expected)
    if len(missing) + len(more) <= MAX_LOOSE:
        for right in tuple(missing):  # floats that are equal within the tolerance
            near = [item for item in more if is_close(item, right, how.atol, how.rtol)]
            if near:
                missing.remove(right)
                more.remove(near[0])
    return _of_members(got, missing, more, "element") if missing or more else None


def _of_members(
    got: object, missing: Iterable[object], more: Iterable[object], noun: str
) -> Difference:
    """Of keys or elements that are missing or too many."""
    lacks, has = sorted(missing, key=quoted), sorted(more, key=quoted)
    public, hidden = [], []
    if lacks:
        public.append(f"lacks {listed(lacks)}")
        hidden.append(f"lacks {noun}s")
    if has:
        public.append(f"has {listed(has)} too many")
        hidden.append(f"has {noun}s too many")
    kind = kind_of(got)
    return Difference(
        f"{kind} that {' and '.join(public)}.", f"{kind} that {' and '.join(hidden)}."
    )
