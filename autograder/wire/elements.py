"""The element types of arrays that may cross, and how each stands in a header.

A code of one byte; behind it, for texts the width, for dates and time spans the unit.
"""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

from autograder.wire.row import UnsupportedValue, WireError

#: Those without more, by their code. The order is the format.
REAL = "bool uint8 int8 int16 int32 int64 uint16 uint32 uint64 float16 float32 float64"
DTYPES = tuple(map(np.dtype, f"{REAL} complex64 complex128".split()))
DTYPE_CODES = {dtype: code for code, dtype in enumerate(DTYPES)}
#: By kind as NumPy letters it, the code: bytes, text, date, time span.
KINDS = {"S": 32, "U": 33, "M": 34, "m": 35}
KIND_OF = {code: kind for kind, code in KINDS.items()}
UNITS = ("generic", *"Y M W D h m s ms us ns ps fs as".split())
#: Characters of a text; for dates, a code of the unit and how many of it are one step.
WIDTH, STEP = struct.Struct("<I"), struct.Struct("<BI")
MAX_WIDTH, MAX_STEP = 1 << 24, 10**6
SURROGATES, MAX_CHARACTER = (0xD800, 0xDFFF), 0x10FFFF
#: So many letters are looked at at once.
CHUNK = 1 << 20


def pack(dtype: np.dtype[Any], what: str) -> bytes:
    """An element type as it stands in a header.

    Raises:
        UnsupportedValue: one that may not cross, of ``what``.
    """
    code = DTYPE_CODES.get(dtype.newbyteorder("="))
    if code is not None:
        return bytes((code,))
    kind = dtype.kind
    if kind in "SU":
        width = max(dtype.itemsize // (4 if kind == "U" else 1), 1)
        if width <= MAX_WIDTH:
            return bytes((KINDS[kind],)) + WIDTH.pack(width)
    elif kind in "Mm":
        unit, step = np.datetime_data(dtype)
        if step <= MAX_STEP:
            return bytes((KINDS[kind],)) + STEP.pack(UNITS.index(unit), step)
    raise UnsupportedValue(f"{what} of {dtype}", "elements")


def unpack(header: bytes, at: int) -> tuple[np.dtype[Any], int]:
    """The element type that stands there, and where what follows begins.

    Raises:
        WireError: there is none.
    """
    try:
        code = header[at]
        if code < len(DTYPES):
            return DTYPES[code], at + 1
        kind = KIND_OF.get(code, "")
        if not kind:
            raise WireError("an array of an unknown element type")
        if kind in "SU":
            (width,) = WIDTH.unpack_from(header, at + 1)
            if not 1 <= width <= MAX_WIDTH:
                raise WireError("an array of texts that are too long")
            return np.dtype(f"<{kind}{width}"), at + 1 + WIDTH.size
        unit, step = STEP.unpack_from(header, at + 1)
    except (IndexError, struct.error):
        raise WireError("a header that ends too early") from None
    if unit >= len(UNITS) or not 1 <= step <= MAX_STEP or (unit == 0 and step != 1):
        raise WireError("an array of an unknown unit of time")
    # Not by a text, which NumPy would read.
    name = UNITS[unit]
    return np.dtype(f"<{kind}8" if unit == 0 else f"<{kind}8[{step}{name}]"), at + 1 + STEP.size


def plain(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The array, little-endian and contiguous, fit to be written.

    Of bools, each byte is 0 or 1; of texts, what is no letter, as a lone surrogate, is a question
    mark.
    """
    dtype = array.dtype.newbyteorder("<")
    if dtype.kind in "SU" and dtype.itemsize == 0:
        dtype = np.dtype(f"<{dtype.kind}1")
    little = np.ascontiguousarray(array, dtype=dtype)
    if dtype == np.bool_ and not _are_bools(little.reshape(-1).view(np.uint8)):
        return np.not_equal(little.view(np.uint8), 0)  # of bytes that were declared to be some
    if dtype.kind == "U":
        letters = little.reshape(-1).view("<u4")
        if not _are_letters(letters):
            fit = np.where(_no_letter(letters), ord("?"), letters).astype("<u4")
            little = fit.view(dtype).reshape(array.shape)
    return little


def scalar(value: Any) -> np.ndarray[Any, Any]:
    """A NumPy scalar as an array without dimensions; of a text, as wide as NumPy reads it."""
    array = np.asarray(value)
    return np.asarray(array[()]) if array.dtype.kind in "SU" else array


def _are_bools(raw: np.ndarray[Any, Any]) -> bool:
    return int(raw.max(initial=0)) <= 1


def _are_letters(letters: np.ndarray[Any, Any]) -> bool:
    """Whether numbers stand for letters; looked at in pieces, as there may be many."""
    starts = range(0, letters.size, CHUNK)
    return not any(_no_letter(letters[n : n + CHUNK]).any() for n in starts)


def _no_letter(letters: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    lone = (letters >= SURROGATES[0]) & (letters <= SURROGATES[1])
    found: np.ndarray[Any, Any] = lone | (letters > MAX_CHARACTER)
    return found


def restored(
    dtype: np.dtype[Any], shape: tuple[int, ...], data: bytes | memoryview
) -> np.ndarray[Any, Any]:
    """The array of these bytes, which become part of it.

    Raises:
        WireError: an element is none of its type.
    """
    raw: np.ndarray[Any, Any] = np.frombuffer(data, dtype=np.uint8)
    if dtype == np.bool_ and not _are_bools(raw):
        raise WireError("bools that are neither true nor false")
    if dtype.kind == "U" and not _are_letters(raw.view("<u4")):
        raise WireError("an array of texts with letters that are none")
    little = raw.view(dtype.newbyteorder("<")).reshape(shape)
    return little.astype(dtype.newbyteorder("="), copy=False)
