"""Rows of NumPy's rarer arrays: of objects, with fields, with a mask; and of element types.

Arrays of numbers, texts, dates and their scalars are written as bytes, by ``encoder``.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograder.wire.elements import DTYPES
from autograder.wire.limits import DEFAULT_LIMITS, bulk
from autograder.wire.row import Row, UnsupportedValue, WireError, expect_types

MAX_DIMENSIONS = 32
_DTYPES = {dtype.name: dtype for dtype in DTYPES}


def _objects_apart(array: Any) -> tuple[object, ...]:
    return tuple(array.shape), *array.reshape(-1)


def _objects(parts: tuple[Any, ...]) -> object:
    shape = _shape(parts[:1])
    cells = parts[1:]
    if math.prod(shape) != len(cells):
        raise WireError("an array of objects of another size than its shape")
    array = np.empty(len(cells), dtype=object)
    for index, cell in enumerate(cells):
        array[index] = cell
    return array.reshape(shape)


def _shape(parts: tuple[Any, ...]) -> tuple[int, ...]:
    expect_types(parts, tuple)
    shape: tuple[int, ...] = parts[0]
    expect_types(shape, *(int,) * len(shape))
    if len(shape) > MAX_DIMENSIONS or any(length < 0 for length in shape):
        raise WireError("an array of a shape that is none")
    if bulk(shape, 1) > DEFAULT_LIMITS.body:
        raise WireError("an array of a shape that is none")
    return shape


def _fields_apart(array: Any) -> tuple[object, ...]:
    plain = np.asarray(array)
    names = plain.dtype.names
    if names is None:
        raise UnsupportedValue("bytes of no type (np.void)", "elements")
    columns = [part for name in names for part in (name, plain[name])]
    return tuple(plain.shape), isinstance(array, np.generic), *columns


def _fields(parts: tuple[Any, ...]) -> object:
    shape = _shape(parts[:1])
    names, columns = parts[2::2], parts[3::2]
    if len(names) != len(columns) or not names:
        raise WireError("an array with a field that has no values")
    expect_types(parts[1:2], bool)
    expect_types(names, *(str,) * len(names))
    expect_types(columns, *(np.ndarray,) * len(names))
    if any(column.shape[: len(shape)] != shape for column in columns):
        raise WireError("an array with fields of several shapes")
    kinds = [(n, c.dtype, c.shape[len(shape) :]) for n, c in zip(names, columns, strict=True)]
    array = np.empty(shape, dtype=np.dtype(kinds))
    for name, column in zip(names, columns, strict=True):
        array[name] = column
    return array[()] if parts[1] and not shape else array


def _masked_apart(array: Any) -> tuple[object, ...]:
    data = np.ma.getdata(array, subok=False)
    if data.dtype.names is not None:
        raise UnsupportedValue("a masked array with fields", "elements")
    return data, np.ma.getmaskarray(array)


def _masked(parts: tuple[Any, ...]) -> object:
    expect_types(parts, np.ndarray, np.ndarray)
    data, mask = parts
    if mask.dtype != np.bool_ or mask.shape != data.shape or data.dtype.names is not None:
        raise WireError("a masked array of another shape than its mask")
    return np.ma.MaskedArray(data, mask)


def _dtype_apart(dtype: Any) -> tuple[object, ...]:
    if dtype.name not in _DTYPES:
        raise UnsupportedValue(f"the element type {dtype.name}", "elements")
    return (dtype.name,)


def _dtype(parts: tuple[Any, ...]) -> object:
    expect_types(parts, str)
    return _DTYPES[parts[0]]


OBJECTS = Row(b"o", (), _objects_apart, _objects)
FIELDS = Row(b"f", (np.void,), _fields_apart, _fields, weight=20)
ROWS = (
    OBJECTS,
    FIELDS,
    Row(b"m", ("numpy.ma.MaskedArray",), _masked_apart, _masked, weight=20),
    Row(b"p", (np.dtype,), _dtype_apart, _dtype, key=True),
)
