"""The row of scipy's sparse matrices and arrays.

Where scipy.sparse is not loaded, one becomes a record of its parts.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from autograder.wire.elements import DTYPE_CODES
from autograder.wire.row import Row, UnsupportedValue, WireError, expect_types
from autograder.wire.types.torch import MAX_SIZE, expect_compressed
from autograder.wire.values import Record

#: By format and whether it is an array, the class.
CLASSES = {
    (kind, is_array): f"{kind}_{'array' if is_array else 'matrix'}"
    for kind in ("csr", "csc", "coo")
    for is_array in (False, True)
}


def _apart(value: Any) -> tuple[object, ...]:
    module = sys.modules["scipy.sparse"]
    is_array = isinstance(value, module.sparray)
    if value.ndim != 2 or value.dtype not in DTYPE_CODES:
        raise UnsupportedValue(f"a sparse array of {value.ndim} dimensions, of {value.dtype}")
    kind = value.format if value.format in ("csr", "csc") else "coo"
    plain = value if kind != "coo" else value.tocoo()
    shape = tuple(map(int, plain.shape))
    if kind == "coo":
        return kind, is_array, shape, plain.data, plain.row, plain.col
    return kind, is_array, shape, plain.data, plain.indices, plain.indptr


def _together(parts: tuple[Any, ...]) -> object:
    expect_types(parts, str, bool, tuple, np.ndarray, np.ndarray, np.ndarray)
    kind, is_array, shape, data, first, second = parts
    name = CLASSES.get((kind, is_array))
    expect_types(shape, int, int)
    if name is None or any(not 0 <= length < MAX_SIZE for length in shape):
        raise WireError("a sparse matrix of an unknown format or of a shape that is none")
    if data.dtype not in DTYPE_CODES or data.ndim != 1:
        raise WireError("a sparse matrix of values that are none")
    if kind == "coo":
        _expect_coordinates(shape, len(data), first, second)
        made: tuple[Any, ...] = (data, (first, second))
    else:
        major, minor = shape if kind == "csr" else shape[::-1]
        expect_compressed(second, first, major, minor, len(data))
        made = (data, first, second)
    module = sys.modules.get("scipy.sparse")
    if module is None:
        fields = {"shape": shape, "data": data, "first": first, "second": second}
        return Record(name, fields)
    known: Any = getattr(module, name)
    return known(made, shape=shape)


def _expect_coordinates(shape: tuple[int, int], count: int, *coordinates: Any) -> None:
    for indices, length in zip(coordinates, shape, strict=True):
        if indices.dtype not in (np.int32, np.int64) or indices.shape != (count,):
            raise WireError("a sparse matrix of another number of values than of indices")
        if count and (int(indices.min()) < 0 or int(indices.max()) >= length):
            raise WireError("a sparse matrix with indices out of range")


_CLASSES = ("scipy.sparse.spmatrix", "scipy.sparse.sparray")
ROWS = (Row(b"w", _CLASSES, _apart, _together, weight=20, settled=True),)
