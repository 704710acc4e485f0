"""Two values' types and sizes come in; how far apart they may be goes out.

No tolerance serves every type: a sum of a million float32 numbers differs from one in float64 in
the fifth digit, and ``atol=1e-6`` takes zeros for gradients of 1e-7. So the default follows the
coarser of the two types, and where all that is expected is small, so is the absolute tolerance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Precision:
    """How exactly numbers of one type can be asked for.

    Attributes:
        rtol: relative to what is expected.
        atol: where what is expected is of ordinary size, or nothing but zeros.
        noise: numbers no larger than this are what is left of zeros by rounding.
    """

    rtol: float
    atol: float
    noise: float


#: Kinds of elements that can be close to each other, as NumPy letters them.
NUMBERS = "biufc"
#: By the bytes of a real number. Those of float32 leave room for a sum of a million in a loop.
PRECISIONS = {8: Precision(1e-7, 1e-6, 1e-10), 4: Precision(1e-4, 1e-5, 1e-6)}
PRECISIONS |= {2: Precision(1e-2, 1e-3, 1e-3)}
BFLOAT16 = Precision(3e-2, 1e-2, 1e-2)
EXACT = Precision(0.0, 0.0, 0.0)
#: The absolute tolerance is at most this share of the largest number that is expected.
SMALL = 1e-2
#: So many elements of a large array are looked at at once.
CHUNK = 1 << 20
#: The absolute tolerance beside an explicit relative one.
ATOL = 1e-6


@dataclass(frozen=True)
class Tolerance:
    """How far apart two numbers may be: ``atol + rtol * |expected|``."""

    atol: float
    rtol: float

    def close(self, got: Array, expected: Array, *, equal_nan: bool = False) -> Array:
        """Where two arrays of one shape are equal within it; what is no number, exactly."""
        exact = not (self.atol or self.rtol)
        if exact or not (got.dtype.kind in NUMBERS and expected.dtype.kind in NUMBERS):
            same: Array = np.asarray(got == expected)
            if equal_nan and got.dtype.kind in "fc":
                same = same | (np.isnan(got) & np.isnan(expected))
            return same
        got, expected = _wide(got), _wide(expected)
        near: Array = np.isclose(got, expected, rtol=self.rtol, atol=self.atol, equal_nan=equal_nan)
        return near


def _wide(array: Array) -> Array:
    """Numbers of float16 in a type that can hold a small tolerance."""
    return array.astype(np.float32) if array.dtype == np.float16 else array


def of_type(array: Array) -> Precision:
    """How exactly an array's numbers can be asked for, by their type."""
    if array.dtype.kind not in "fc":
        return EXACT
    size = array.dtype.itemsize // (2 if array.dtype.kind == "c" else 1)
    return PRECISIONS[min(size, 8)]


def narrowed(array: Array) -> Precision:
    """The same, by the numbers themselves.

    Those of float64 that float32 can hold as they are, and that are no whole ones, came from there:
    so do those of ``loss.item()`` and ``tensor.tolist()``.
    """
    if array.dtype.kind not in "fc":
        return EXACT
    narrow = np.complex64 if array.dtype.kind == "c" else np.float32
    flat, broken = array.reshape(-1), False
    for start in range(0, flat.size, CHUNK):
        piece = flat[start : start + CHUNK]
        piece = piece[np.isfinite(piece)]
        with np.errstate(over="ignore", under="ignore"):
            if (piece != piece.astype(narrow)).any():
                return EXACT
        broken = broken or bool((piece != np.round(piece)).any())
    return PRECISIONS[4] if broken else EXACT


def coarser(*precisions: Precision) -> Precision:
    """The one of them that allows most."""
    return max(precisions, key=lambda precision: precision.rtol)


def tolerance(
    precision: Precision, expected: Array, atol: float | None = None, rtol: float | None = None
) -> Tolerance:
    """What is asked for explicitly, else what the coarser type of the two sides allows.

    Args:
        atol: alone, it is all that is allowed.
        rtol: alone, it goes with ``ATOL``.
    """
    if atol is not None or rtol is not None:
        return Tolerance(ATOL if atol is None else atol, rtol or 0.0)
    finite = expected[np.isfinite(expected)] if expected.dtype.kind in NUMBERS else np.zeros(0)
    largest = float(np.max(np.abs(finite), initial=0.0))
    small = precision.atol if largest <= precision.noise else SMALL * largest
    return Tolerance(min(precision.atol, small), precision.rtol)
