"""A student's value and the types asked for come in; nothing, or a failure, goes out."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.checks.expect.numbers import plain_number
from autograder.checks.expect.words import described, kind_of, not_a
from autograder.model.findings import clean, fail
from autograder.wire.values import type_name

Kind = type | str


def expect_type(got: object, kinds: Kind | tuple[Kind, ...], *, hint: str = "") -> None:
    """Fail unless ``got`` is of one of the types, or of one derived from it.

    For ``int``, ``float`` and ``complex`` NumPy's numbers, arrays without dimensions and tensors of
    one element count too; True and False are no ints.

    Args:
        kinds: a type, the name of one (``"DataFrame"``, or of the student's, as a remote object or
            a record has it), or several of these.

    Raises:
        CheckFailed: it is of none of them.
    """
    wanted = kinds if isinstance(kinds, tuple) else (kinds,)
    if any(_is(got, kind) for kind in wanted):
        return
    names = " or ".join(kind if isinstance(kind, str) else kind.__name__ for kind in wanted)
    if got is None:
        raise not_a(f"a value of type {names}", got)
    raise fail(
        f"{described(got)}{_named(got)}, where a value of type {names} is expected.",
        hint=hint,
        hidden=f"{kind_of(got)}, where a value of type {names} is expected.",
    )


def _is(value: object, kind: Kind) -> bool:
    number: Any = plain_number(value)
    if number is not None and kind in (int, float, complex, bool, "int", "float", "complex"):
        return type(number) is kind or type(number).__name__ == kind
    if isinstance(value, bool) and kind is int:
        return False
    if isinstance(kind, str):
        return kind in _names(value)
    return isinstance(value, kind)


def _names(value: object) -> set[str]:
    """The names of a value's type and of those that it is derived from, with and without module.

    Of one that came from student code, also the name that its type has there.
    """
    kinds = type(value).__mro__[:-1]
    own = type_name(value)
    names = {k.__name__ for k in kinds} | {f"{k.__module__}.{k.__qualname__}" for k in kinds}
    return names | {own, own.rpartition(".")[2]}


def _named(value: object) -> str:
    """The type of a number or an array, where the words for it leave that open."""
    if isinstance(value, int | float | complex | np.generic) and not isinstance(value, bool):
        return f" of type {clean(type_name(value), 100)}"
    return ""
