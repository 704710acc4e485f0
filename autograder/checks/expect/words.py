"""A value of any origin comes in; the words for its kind, and for it beside another one, go out.

Types are named from a table: a type's own name may be the student's free text, which hidden checks
must not repeat.
"""

from __future__ import annotations

import datetime
import decimal
import enum
import fractions
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from autograder.model.findings import CheckFailed, clean, fail
from autograder.wire.values import EnumMember, Record, type_name

#: Texts are quoted up to so many characters, and so many things are listed in one sentence.
MAX_QUOTED, MAX_LISTED = 60, 5
#: What is shown of a text before the place where it differs.
BEFORE = 15
#: Longer whole numbers are not written out.
MAX_INTEGER_BITS = 512

RETURNED = "Is the answer filled in? Does the function return its result?"

_KINDS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (type(None), "nothing (None)"),
    ((bool, np.bool_), "a true/false value"),
    ((enum.Enum, EnumMember), "a member of an Enum"),
    (Record, "a record"),
    ((np.timedelta64, datetime.timedelta), "a duration"),  # NumPy's is an integer, too
    ((int, float, np.integer, np.floating), "a number"),
    ((decimal.Decimal, fractions.Fraction), "a number"),
    ((complex, np.complexfloating), "a complex number"),
    (str, "a string"),
    ((bytes, bytearray), "bytes"),
    (list, "a list"),
    (tuple, "a tuple"),
    (range, "a range"),
    ((set, frozenset), "a set"),
    (Mapping, "a dictionary"),
    (np.ndarray, "an array"),
    ((np.datetime64, datetime.date, datetime.time), "a date or time"),
)
#: Looked up, not imported: an assignment without them must not pay for them.
_LIBRARY_KINDS = (
    ("torch", "Tensor", "a tensor"),
    ("torch", "Size", "a torch.Size"),
    ("pandas", "DataFrame", "a DataFrame"),
    ("pandas", "Series", "a Series"),
    ("pandas", "Index", "an Index"),
    ("pandas", "Timestamp", "a date or time"),
)


def library(name: str) -> Any:
    """A module that has been imported, or None."""
    return sys.modules.get(name)


def is_of(value: object, module: str, name: str) -> bool:
    """Whether a value is of a type of a library that may not have been imported."""
    kind = getattr(library(module), name, None)
    return isinstance(kind, type) and isinstance(value, kind)


def kind_of(value: object) -> str:
    """What kind of thing a value is, as "a list"; no part of the value, nor of its type's name."""
    for module, name, words in _LIBRARY_KINDS:
        if is_of(value, module, name):
            return words
    return next((words for kind, words in _KINDS if isinstance(value, kind)), "an object")


def described(value: object) -> str:
    """The same for public checks: with the value where it is short, else the name of its type."""
    words = kind_of(value)
    if isinstance(value, str | bytes):
        return f"{words} ({quoted(value)})"
    if words in ("a number", "a complex number", "a true/false value"):
        return f"{words} ({shown(value)})"
    return f"an object of type {clean(type_name(value), 100)}" if words == "an object" else words


def not_a(wanted: str, value: object, hint: str = "") -> CheckFailed:
    """The failure of a value that is of another kind than ``wanted``, as "a number"."""
    return fail(
        f"{described(value)}, where {wanted} is expected.",
        hint=RETURNED if value is None else hint,
        hidden=f"{kind_of(value)}, where {wanted} is expected.",
    )


# --- numbers --------------------------------------------------------------------------------------


def shown(value: object, digits: int = 6) -> str:
    """A number, to so many significant digits if it is no whole one; anything else in its repr."""
    if isinstance(value, bool | np.bool_):
        return str(bool(value))
    if isinstance(value, int | np.integer) and not isinstance(value, np.timedelta64):
        number = int(value)
        if number.bit_length() > MAX_INTEGER_BITS:
            return f"a whole number of {number.bit_length()} bits (…{abs(number) % 10**9:09d})"
        return str(number)
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, float | complex | np.floating | np.complexfloating):
        return f"{value:.{digits}g}"
    return quoted(value)


def told_apart(got: object, expected: object) -> tuple[str, str]:
    """Two values as text, with as many digits, or around such a place, that they differ."""
    if isinstance(got, str) and isinstance(expected, str):
        return excerpts(got, expected)
    for digits in range(6, 18):
        texts = shown(got, digits), shown(expected, digits)
        if texts[0] != texts[1]:
            return texts
    same = texts[0]
    kinds = type_name(got), type_name(expected)
    if kinds[0] != kinds[1]:
        return f"{same} ({clean(kinds[0], 100)})", f"{same} ({clean(kinds[1], 100)})"
    return same, f"another value that is written {same} too"


# --- text -----------------------------------------------------------------------------------------


def quoted(value: object) -> str:
    """A value in its repr, short and fit to show."""
    text = _sized(value)
    return clean(text if len(text) <= MAX_QUOTED else text[: MAX_QUOTED - 1] + "…")


def _sized(value: object, depth: int = 0) -> str:
    """The repr of as much of a value as will be shown: that of a large one takes long."""
    if isinstance(value, str | bytes):
        return repr(value[:MAX_QUOTED])
    if isinstance(value, int) and not isinstance(value, bool | enum.Enum):
        return shown(value)
    if isinstance(value, list | tuple | set | frozenset | Mapping):
        if depth > 1 or len(value) > MAX_QUOTED:
            return f"{kind_of(value)} of {len(value)}"
        if isinstance(value, Mapping):
            pairs = (f"{_sized(k, depth + 1)}: {_sized(v, depth + 1)}" for k, v in value.items())
            return "{" + ", ".join(pairs) + "}"
        return _enclosed(value, [_sized(item, depth + 1) for item in value])
    if isinstance(value, np.generic) and value.dtype.kind in "biufc":
        return shown(value)
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    if kind_of(value) in ("an object", "a tensor", "a DataFrame", "a Series", "an Index"):
        return kind_of(value)
    return repr(value)


def _enclosed(value: Any, items: list[str]) -> str:
    text = ", ".join(items)
    if isinstance(value, list):
        return f"[{text}]"
    if isinstance(value, tuple):
        return f"({text},)" if len(items) == 1 else f"({text})"
    return "{" + text + "}" if items else "an empty set"


def excerpts(got: str, expected: str) -> tuple[str, str]:
    """Two differing texts, each quoted from a little before the place where they part."""
    index = first_difference(got, expected)
    start = 0 if index < MAX_QUOTED - BEFORE else index - BEFORE
    return _excerpt(got, start), _excerpt(expected, start)


def first_difference(one: str, other: str) -> int:
    """How many characters two texts begin with alike."""
    pairs = zip(one, other, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _excerpt(text: str, start: int) -> str:
    part = text[start : start + MAX_QUOTED]
    before, behind = "…" * (start > 0), "…" * (start + MAX_QUOTED < len(text))
    return clean(before + repr(part) + behind)


def listed(items: Iterable[object], name: Callable[[Any], str] = quoted) -> str:
    """Some things in one sentence, not all if there are many."""
    texts = [name(item) for item in items]
    more = len(texts) - MAX_LISTED
    return ", ".join(texts[:MAX_LISTED]) + (f" and {more} more" if more > 0 else "")


def plural(count: int, noun: str) -> str:
    """``1 element``, ``2 elements``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
