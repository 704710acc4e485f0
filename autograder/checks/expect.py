"""A student's value and the expected one come in; nothing, or a failure fit to read, goes out.

The order matters: type, shape, element type, finite, and only then values. An empty array passes
``allclose``, a scalar broadcasts, and NaN defeats ``not error > tolerance``.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograder.model.findings import CheckFailed, fail
from autograder.wire.values import type_name

KINDS = {"f": "floating-point numbers", "c": "complex numbers", "b": "true/false values"}


def expect(
    condition: bool, public: str, *, hint: str = "", hidden: str | None = "something else"
) -> None:
    """Fail unless ``condition`` holds.

    Args:
        public: what came back, shown by public checks.
        hidden: what hidden checks say came back, without any value.
        hint: one sentence that helps, for both.
    """
    if not condition:
        raise fail(public, hint=hint, hidden=hidden)


def expect_array(
    got: object,
    expected: np.ndarray[Any, Any],
    *,
    atol: float = 1e-6,
    rtol: float = 0.0,
    hint: str = "",
    mistakes: Sequence[tuple[np.ndarray[Any, Any], str]] = (),
) -> None:
    """Fail unless ``got`` is an array like ``expected``: shape, kind of numbers, finite, values.

    A tensor counts as an array. Any floating-point width is taken where floats are expected.

    Args:
        got: what the student's code returned.
        expected: the right array.
        atol: absolute tolerance.
        rtol: tolerance relative to ``expected``.
        hint: what to say of a wrong value.
        mistakes: pairs of an array that a known mistake gives, and the hint for that mistake.

    Raises:
        CheckFailed: with the first of these that does not hold.
    """
    array = expect_shape(got, expected.shape, expected.dtype.kind)
    if not np.allclose(array, expected, rtol=rtol, atol=atol):
        for wrong, explanation in mistakes:
            if wrong.shape == array.shape and np.allclose(array, wrong, rtol=rtol, atol=atol):
                hint = explanation
                break
        raise _wrong_values(array, expected, hint)


def expect_shape(got: object, shape: tuple[int, ...], kind: str = "f") -> np.ndarray[Any, Any]:
    """Fail unless ``got`` is an array of that shape and kind of numbers, all finite; the array.

    Args:
        kind: the element type's kind as NumPy letters it, ``f`` for floating-point numbers.

    Raises:
        CheckFailed: with the first of these that does not hold.
    """
    array = _as_array(got)
    if array.shape != shape:
        raise fail(
            f"an array of shape {array.shape}, where {shape} is expected.",
            hint="Compare the shape of the result with that of the input.",
            hidden="an array of another shape than expected.",
        )
    if array.dtype.kind != kind:
        wanted = KINDS.get(kind, "whole numbers")
        raise fail(
            f"an array of {array.dtype}, where {wanted} are expected.",
            hint="Mind the dtype: whole-number arrays cut off fractions.",
            hidden=f"an array whose elements are not {wanted}.",
        )
    if array.dtype.kind in "fc" and not np.isfinite(array).all():
        raise fail(
            "an array with NaN or infinite elements.",
            hint="Look for a division by zero, or for memory that is read before it is set.",
        )
    return array


def _as_array(got: object) -> np.ndarray[Any, Any]:
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(got, torch.Tensor) and got.layout is torch.strided:
        got = got.to(torch.float32).numpy() if got.dtype is torch.bfloat16 else got.numpy()
    if isinstance(got, np.ndarray | np.generic):
        return np.asarray(got)
    if got is None:
        raise fail(
            "nothing (None), where an array is expected.",
            hint="Does the function return its result?",
        )
    raise fail(
        f"a value of type {type_name(got)}, where an array is expected.",
        hint="Return a NumPy array.",
    )


def _wrong_values(
    array: np.ndarray[Any, Any], expected: np.ndarray[Any, Any], hint: str
) -> CheckFailed:
    difference = np.abs(array.astype(np.complex128) - expected)
    place = np.unravel_index(int(difference.argmax()), array.shape)
    index = ", ".join(str(int(i)) for i in place)
    return fail(
        f"an array of the right shape with other values; they differ most at [{index}]: "
        f"{array[place]:.6g} instead of {expected[place]:.6g}.",
        hint=hint,
        hidden="an array of the right shape with other values.",
        compared=(array, expected),
    )
