"""A student's array and the expected one come in; nothing, or a failure fit to read, goes out.

The order matters: type, shape, element type, finite, and only then values. An empty array passes
``allclose``, a scalar broadcasts, and NaN defeats ``not error > tolerance``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.checks.expect.tolerance import (
    BFLOAT16,
    NUMBERS,
    Array,
    Precision,
    Tolerance,
    coarser,
    narrowed,
    of_type,
    tolerance,
)
from autograder.checks.expect.words import (
    is_of,
    kind_of,
    library,
    not_a,
    told_apart,
)
from autograder.model.findings import CheckFailed, fail

#: Kinds of elements by the letters that NumPy has for them.
KINDS = {
    "f": "floating-point numbers",
    "c": "complex numbers",
    "b": "true/false values",
    "iu": "whole numbers",
    "UST": "text",
    "M": "dates",
    "m": "durations",
}


@dataclass(frozen=True)
class Read:
    """An array out of what came back, and how exactly its numbers can be asked for.

    Attributes:
        precision: by their type.
        widened: they may have come of a coarser type, which the numbers themselves tell.
    """

    array: Array
    precision: Precision
    widened: bool = False


def expect_array(
    got: object,
    expected: Any,
    *,
    atol: float | None = None,
    rtol: float | None = None,
    equal_nan: bool = False,
    convert: bool = False,
    hint: str = "",
    mistakes: Sequence[tuple[Any, str]] = (),
) -> None:
    """Fail unless ``got`` is an array like ``expected``: shape, kind of numbers, finite, values.

    A tensor counts as an array, a number as one without dimensions. Any floating-point width is
    taken where floats are expected, any width of whole numbers where those are.

    Args:
        got: what the student's code returned.
        expected: the right array. Where it is infinite, ``got`` has to be too.
        atol: absolute tolerance; alone, the only one. Without ``atol`` and ``rtol`` both follow the
            coarser type of the two sides (see ``autograder.checks.expect.tolerance``); whole
            numbers are compared exactly.
        rtol: tolerance relative to ``expected``; alone, it goes with an ``atol`` of 1e-6.
        equal_nan: NaN is right where it is expected.
        convert: lists and tuples of numbers count as arrays.
        hint: what to say of a wrong value.
        mistakes: pairs of an array that a known mistake gives, and the hint for that mistake.

    Raises:
        CheckFailed: with the first of these that does not hold.
        ValueError: NaN is expected without ``equal_nan``.
    """
    reference = _expected_array(expected)
    right = reference.array
    if not equal_nan and _has_nan(right):
        raise ValueError("NaN is expected, which nothing equals; say equal_nan=True")
    known = [(_expected_array(wrong).array, explanation) for wrong, explanation in mistakes]
    read = _read(got, right.shape, convert=convert)
    found = read.array
    if found.shape not in {right.shape, *(wrong.shape for wrong, _ in known)}:
        _compare_shape(found, right.shape)  # which may be a large one: nothing is done with it
    own = narrowed(found) if read.widened else read.precision
    precise = coarser(read.precision, own, reference.precision)
    allowed = tolerance(precise, right, atol, rtol)
    told = _mistake(found, known, allowed)
    _compare_shape(found, right.shape, told)
    _compare_kind(found, right.dtype.kind)
    _compare_finite(found, right)
    close = allowed.close(found, right, equal_nan=equal_nan)
    if not close.all():
        raise _wrong_values(found, right, ~close, told or hint)


def expect_shape(got: object, shape: tuple[int, ...], kind: str = "f") -> np.ndarray[Any, Any]:
    """Fail unless ``got`` is an array of that shape and kind of numbers, all finite; the array.

    Args:
        kind: the element type's kind as NumPy letters it, ``f`` for floating-point numbers.

    Raises:
        CheckFailed: with the first of these that does not hold.
    """
    array = _read(got, shape).array
    _compare_shape(array, shape)
    _compare_kind(array, kind)
    _compare_finite(array, None)
    return array


def read_array(got: object) -> Array:
    """What came back as an array of any shape.

    Raises:
        CheckFailed: it is no array or dense tensor.
    """
    return _read(got, None).array


# --- what came back, as an array ------------------------------------------------------------------


def _read(got: object, shape: tuple[int, ...] | None, *, convert: bool = False) -> Read:
    """What came back as an array; a sparse tensor only if it has that shape, as it may be huge."""
    if is_of(got, "torch", "Tensor"):
        return _read_tensor(got, shape)
    if isinstance(got, np.ndarray | np.generic):
        array = np.asarray(got)
    elif isinstance(got, list | tuple if convert else ()) or _is_number(got, shape):
        array = _converted(got)
    else:
        raise not_a("an array", got, "Return a NumPy array.")
    return Read(array, of_type(array), widened=True)


def _is_number(value: object, shape: tuple[int, ...] | None) -> bool:
    """Whether a value is a number where an array without dimensions is expected."""
    return isinstance(value, int | float | complex) and shape == ()


def _read_tensor(tensor: Any, shape: tuple[int, ...] | None) -> Read:
    torch = library("torch")
    precision = BFLOAT16 if tensor.dtype is torch.bfloat16 else None
    try:
        tensor = tensor.detach()
        if tensor.layout is not torch.strided:
            if shape is None:
                raise TypeError("a sparse tensor of any shape may be too large")
            _compare_shape_of(tuple(tensor.shape), shape)
            tensor = tensor.to_dense()
        if tensor.is_quantized:
            tensor = tensor.dequantize()
        plain = tensor.cpu().resolve_conj().resolve_neg()
        array = (plain.float() if precision else plain).numpy()
    except (RuntimeError, TypeError, NotImplementedError):
        raise fail(
            f"a tensor of {tensor.dtype} that cannot be read as numbers.",
            hint="Return an ordinary tensor, with its data.",
            hidden="a tensor that cannot be read as numbers.",
        ) from None
    return Read(array, precision or of_type(array))


def _converted(value: Any) -> Array:
    """Numbers in lists as an array; of kind ``O`` if they are none, or not in rows alike."""
    try:
        return np.asarray(value)
    except (ValueError, TypeError, OverflowError, RuntimeError):
        raise fail(
            f"{kind_of(value)} that is no array: its parts have different lengths or types.",
            hint="Return a NumPy array.",
        ) from None


def _expected_array(value: Any) -> Read:
    """The check's own array; a tensor's elements as they are, bfloat16 as float32."""
    if is_of(value, "torch", "Tensor"):
        return _read_tensor(value, tuple(value.shape))
    array = np.asarray(value)
    if array.dtype.kind == "O":
        raise ValueError("an array of objects is expected; compare lists by expect_equal")
    return Read(array, of_type(array))


def _has_nan(array: Array) -> bool:
    return array.dtype.kind in "fc" and bool(np.isnan(array).any())


# --- what is compared -----------------------------------------------------------------------------


def _compare_shape(array: Array, shape: tuple[int, ...], hint: str = "") -> None:
    _compare_shape_of(array.shape, shape, hint)


def _compare_shape_of(got: tuple[int, ...], shape: tuple[int, ...], hint: str = "") -> None:
    if got != shape:
        raise fail(
            f"an array of shape {got}, where {shape} is expected.",
            hint=hint or "Compare the shape of the result with that of the input.",
            hidden="an array of another shape than expected.",
        )


def _compare_kind(array: Array, kind: str) -> None:
    if not array.size or array.dtype.kind in _like(kind):  # an empty one holds none of any kind
        return
    wanted = next((words for letters, words in KINDS.items() if kind in letters), "other elements")
    if array.dtype.kind == "O":
        public = f"an array of Python objects, where {wanted} are expected."
        hint = "Build it from numbers alone, in rows of the same length; None makes objects of all."
    else:
        public = f"an array of {array.dtype}, where {wanted} are expected."
        hint = "Mind the dtype: whole-number arrays cut off fractions."
        if kind != "f" or array.dtype.kind not in "iu":
            hint = "Mind the dtype of the result."
    raise fail(public, hint=hint, hidden=f"an array whose elements are not {wanted}.")


def _like(kind: str) -> str:
    """The letters that count as the kind."""
    return next((letters for letters in KINDS if kind in letters), kind)


def _compare_finite(array: Array, expected: Array | None) -> None:
    """Fail for what is NaN or infinite where a number is expected, or the reverse."""
    if array.dtype.kind not in "fc":
        return
    finite = np.isfinite(array)
    right = np.isfinite(expected) if expected is not None else np.full(array.shape, True)
    if (finite == right).all():
        return
    wrong = finite != right
    if right.all():
        public = "an array with NaN or infinite elements"
        if array.ndim:
            count = int(np.count_nonzero(wrong))
            public += (
                f" ({count} of {array.size}, the first at [{_located(int(wrong.argmax()), array)}])"
            )
        raise fail(
            f"{public}.",
            hint="Look for a division by zero, or for memory that is read before it is set.",
            hidden="an array with NaN or infinite elements.",
        )
    assert expected is not None
    texts = told_apart(array.flat[int(wrong.argmax())], expected.flat[int(wrong.argmax())])
    where = f" at [{_located(int(wrong.argmax()), array)}]" if array.ndim else ""
    raise fail(
        f"an array with NaN or infinite elements at other places than expected{where}: "
        f"{texts[0]} instead of {texts[1]}.",
        hint="Look at which elements have to be NaN or infinite.",
        hidden="an array with NaN or infinite elements at other places than expected.",
    )


def _mistake(array: Array, mistakes: Sequence[tuple[Array, str]], allowed: Tolerance) -> str:
    """The hint for the known mistake that gives this array, also one of another shape."""
    for wrong, explanation in mistakes:
        if wrong.shape != array.shape or _like(wrong.dtype.kind) != _like(array.dtype.kind):
            continue
        if array.size and allowed.close(array, wrong, equal_nan=True).all():
            return explanation
    return ""


def _wrong_values(array: Array, expected: Array, wrong: Array, hint: str) -> CheckFailed:
    index = _furthest(array, expected, wrong)
    got, right = told_apart(array.flat[index], expected.flat[index])
    instead = f"{got} instead of {right}"
    if array.size > 1:
        count = int(np.count_nonzero(wrong))
        verb = "differs," if count == 1 else "differ, most"
        instead = (
            f"{count} of {array.size} elements {verb} at [{_located(index, array)}]: {instead}"
        )
    return fail(
        f"an array of the right shape with other values: {instead}.",
        hint=hint,
        hidden="an array of the right shape with other values.",
        compared=(array, expected) if array.dtype.kind in NUMBERS else None,
    )


def _furthest(array: Array, expected: Array, wrong: Array) -> int:
    """The place, in the order of ``flat``, where the two differ most; of text, the first."""
    if array.dtype.kind not in NUMBERS:
        return int(wrong.argmax())
    wide = np.complex128 if "c" in (array.dtype.kind, expected.dtype.kind) else np.float64
    with np.errstate(all="ignore"):
        distance = np.abs(array.astype(wide) - expected.astype(wide))
    # Of two that differ in their last digits, or in sign where both are infinite, it says nothing.
    return int(np.where(wrong, np.nan_to_num(distance, nan=0.0), -1.0).argmax())


def _located(flat: int, array: Array) -> str:
    return ", ".join(str(int(n)) for n in np.unravel_index(flat, array.shape))
