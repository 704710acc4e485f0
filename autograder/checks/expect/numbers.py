"""A student's number and the expected one come in; nothing, or a failure fit to read, goes out.

Python's numbers, NumPy's, arrays without dimensions and tensors of one element all count as
numbers. True and False do not, unless one of them is expected.
"""

from __future__ import annotations

import cmath
import decimal
import fractions
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograder.checks.expect.tolerance import (
    BFLOAT16,
    EXACT,
    Precision,
    coarser,
    narrowed,
    of_type,
    tolerance,
)
from autograder.checks.expect.words import (
    described,
    is_of,
    kind_of,
    library,
    not_a,
    shown,
    told_apart,
)
from autograder.model.findings import CheckFailed, fail

Number = int | float | complex


def expect_number(
    got: object,
    expected: Any,
    *,
    atol: float | None = None,
    rtol: float | None = None,
    hint: str = "",
    mistakes: Sequence[tuple[Any, str]] = (),
) -> Any:
    """Fail unless ``got`` is a number like ``expected``; the number, as Python has it.

    Two whole numbers are compared exactly, be they written 3 or 3.0, if the expected one is an int.

    Args:
        expected: a number of Python, NumPy or torch; True or False; NaN, if that is asked for.
        atol: absolute tolerance; alone, the only one. Without ``atol`` and ``rtol`` both follow the
            coarser type of the two sides, as for arrays.
        rtol: tolerance relative to ``expected``; alone, it goes with an ``atol`` of 1e-6.
        hint: what to say of a wrong value.
        mistakes: pairs of a number that a known mistake gives, and the hint for that mistake.

    Raises:
        CheckFailed: it is no number, of another kind, or has another value.
        TypeError: ``expected`` is no number.
    """
    right = plain_number(expected)
    if right is None:
        raise TypeError(f"{described(expected)} is expected, which is no number")
    number = _number_like(got, right)
    if is_close(got, expected, atol, rtol):
        return number
    known = (text for wrong, text in mistakes if is_close(got, wrong, atol, rtol))
    raise _wrong_number(number, right, next(known, hint))


def expect_between(got: object, low: Any, high: Any, *, hint: str = "") -> Any:
    """Fail unless ``got`` is a number from ``low`` to ``high``; the number, as Python has it.

    Args:
        low: included; None for no bound.
        high: likewise.

    Raises:
        CheckFailed: it is no real number, or outside.
        ValueError: there is nothing between the bounds.
    """
    bounds = [None if bound is None else plain_number(bound) for bound in (low, high)]
    least, most = (-math.inf if bounds[0] is None else bounds[0]), bounds[1]
    most = math.inf if most is None else most
    if isinstance(least, complex) or isinstance(most, complex) or not least <= most:
        raise ValueError(f"there is no number from {low} to {high}")
    number = real_number(got)
    if least <= number <= most:  # nothing of NaN
        return number
    asked = f"from {shown(low)} to {shown(high)}"
    if low is None or high is None:
        asked = f"of at most {shown(high)}" if low is None else f"of at least {shown(low)}"
    raise fail(
        f"{shown(number)}, where a number {asked} is expected.",
        hint=hint,
        hidden="NaN, which is no number." if _is_nan(number) else "a number out of range.",
    )


def real_number(got: object) -> Any:
    """What came back as an int or float, NaN and infinity included.

    Raises:
        CheckFailed: it is no number, or a complex one.
    """
    return _number_like(got, 0.0)


def plain_number(value: object) -> Any:
    """What counts as a number, as one of Python's; None for anything else."""
    kinds: tuple[Any, ...] = (bool, int, float, complex)
    for kind in kinds:
        if isinstance(value, kind):  # NumPy's float64 is a float too
            return kind(value)
    if isinstance(value, decimal.Decimal | fractions.Fraction):
        return _of_decimal(value)
    if is_of(value, "torch", "Tensor"):
        return _of_tensor(value)
    if isinstance(value, np.ndarray | np.generic):
        return _of_array(np.asarray(value))
    return None


def is_close(got: object, expected: object, atol: float | None, rtol: float | None) -> bool:
    """Whether two values are numbers and equal within the tolerance; NaN equals NaN."""
    number, right = plain_number(got), plain_number(expected)
    if number is None or right is None or isinstance(number, bool) != isinstance(right, bool):
        return False
    if number == right or (_is_nan(number) and _is_nan(right)):
        return True
    explicit = atol is not None or rtol is not None
    if not explicit and isinstance(right, int) and _is_whole(number):
        return False
    if not (cmath.isfinite(inexact(number)) and cmath.isfinite(inexact(right))):
        return False
    pair = np.asarray(inexact(number)), np.asarray(inexact(right))
    exactness = coarser(_precision(got, number), narrowed(pair[0]), _precision(expected, right))
    allowed = tolerance(exactness, pair[1], atol, rtol)
    return bool(allowed.close(*pair).all())


def _number_like(got: object, expected: Number) -> Any:
    """The number that came back, of the kind that is expected."""
    number = plain_number(got)
    if isinstance(expected, bool):
        if not isinstance(number, bool):
            raise not_a("True or False", got)
        return number
    if number is None or isinstance(number, bool):
        raise _no_number(got)
    if isinstance(number, complex) and not isinstance(expected, complex):
        raise not_a("a real number", got)
    return number


def _no_number(got: object) -> CheckFailed:
    if isinstance(got, str):
        return not_a("a number", got, "Return the number itself, not text that shows it.")
    if isinstance(got, np.ndarray) or is_of(got, "torch", "Tensor"):
        shape: tuple[int, ...] = tuple(got.shape)  # type: ignore[attr-defined]
        if math.prod(shape) != 1:
            return fail(
                f"{kind_of(got)} of shape {shape}, where one number is expected.",
                hint="Is something to be summed, averaged or picked out?",
                hidden=f"{kind_of(got)} of another shape, where one number is expected.",
            )
    return not_a("a number", got, "Return one number.")


def _wrong_number(number: Number, expected: Number, hint: str) -> CheckFailed:
    got, right = told_apart(number, expected)
    if _is_nan(number):
        return fail(
            f"NaN, which is no number, instead of {right}.",
            hint="Look for a division of zero by zero, or the logarithm of something negative.",
            hidden="NaN, which is no number.",
        )
    infinite = not isinstance(number, int) and cmath.isinf(number)
    infinite = infinite and cmath.isfinite(inexact(expected))
    return fail(
        f"{got} instead of {right}.",
        hint="Look for a division by zero, or an overflow." if infinite else hint,
        hidden="a number that is infinite." if infinite else "another value than expected.",
    )


# --- one number out of many types -----------------------------------------------------------------


def _of_array(array: np.ndarray[Any, Any]) -> Any:
    kinds = {"b": bool, "i": int, "u": int, "f": float, "c": complex}
    kind = kinds.get(array.dtype.kind)
    return kind(array.reshape(-1)[0]) if kind is not None and array.size == 1 else None


def _of_tensor(tensor: Any) -> Any:
    try:
        return tensor.detach().item() if tensor.numel() == 1 else None
    except (RuntimeError, TypeError, NotImplementedError):  # without data, or of no plain type
        return None


def _of_decimal(value: decimal.Decimal | fractions.Fraction) -> Any:
    number = inexact(value)  # first: a Decimal of a few letters may have a billion digits
    small = math.isfinite(number) and abs(number) < 1e15
    return int(number) if small and value == int(number) else number


def inexact(number: Any) -> Any:
    """A number as a float or complex; infinite if it is beyond those."""
    try:
        return number if isinstance(number, complex) else float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf
    except ValueError:  # a Decimal that signals NaN
        return math.nan


def _is_nan(number: Number) -> bool:
    return not isinstance(number, int) and cmath.isnan(number)


def _is_whole(number: Number) -> bool:
    return isinstance(number, int) or (isinstance(number, float) and number.is_integer())


def _precision(value: object, number: Number) -> Precision:
    """How exactly a number can be asked for, by the type in which it came."""
    torch = library("torch")
    if torch is not None and isinstance(value, torch.Tensor):
        if value.dtype is torch.bfloat16:
            return BFLOAT16
        kinds = {
            torch.float16: np.float16,
            torch.float32: np.float32,
            torch.complex64: np.complex64,
        }
        return of_type(np.asarray(number, dtype=kinds.get(value.dtype)))
    if isinstance(value, np.ndarray | np.generic):
        return of_type(np.asarray(value))
    return of_type(np.asarray(number)) if isinstance(number, float | complex) else EXACT
