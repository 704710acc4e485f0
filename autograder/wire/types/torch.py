"""Rows of torch: tensors, dense and sparse, sizes, element types and devices.

Where torch is not loaded, its values become arrays, tuples and texts that know their type's name.
"""

from __future__ import annotations

import math
import sys
import warnings
from typing import Any

import numpy as np

from autograder.wire.elements import DTYPE_CODES
from autograder.wire.limits import DEFAULT_LIMITS
from autograder.wire.row import (
    Row,
    UnsupportedValue,
    WireError,
    expect_types,
    printable,
)
from autograder.wire.types.plain import clean_name
from autograder.wire.values import Record, named, type_name, with_name

#: Element types by the name that torch gives them; nothing else is looked up in it.
DTYPES = (
    "bool uint8 int8 int16 int32 int64 uint16 uint32 uint64 float16 bfloat16 float32 float64 "
    "complex32 complex64 complex128"
).split()
DEVICES = ("cpu", "cuda", "mps", "xpu", "meta")
MAX_DEVICES, MAX_SIZE = 1024, 2**63
#: Before a view of one number spread wide is made a copy of; a frame holds no more.
MAX_BYTES = DEFAULT_LIMITS.body


def _tensor_apart(value: Any) -> tuple[object, ...]:
    torch = sys.modules["torch"]
    # A subclass may answer torch's functions itself.
    with torch._C.DisableTorchFunctionSubclass():
        if torch.nn.parameter.is_lazy(value):
            raise UnsupportedValue("a parameter that has no data yet", "elements")
        plain = value.detach()
        try:
            parts = _dense(torch, plain) if plain.layout is torch.strided else None
            return printable(type_name(value)), *(parts or _sparse(torch, plain))
        except (TypeError, RuntimeError, NotImplementedError, ValueError):  # quantised, or no data
            raise UnsupportedValue(f"a tensor of {plain.dtype}", "elements") from None


def _dense(torch: Any, tensor: Any) -> tuple[object, ...]:
    return "dense", *_strided(torch, tensor)


def _strided(torch: Any, tensor: Any) -> tuple[object, ...]:
    if tensor.numel() * tensor.itemsize > MAX_BYTES:
        raise UnsupportedValue(f"a tensor of more than {MAX_BYTES} bytes", "large")
    plain = tensor.cpu().resolve_conj().resolve_neg()
    if plain.dtype is torch.bfloat16:
        return plain.view(torch.int16).numpy(), True
    array = plain.numpy()
    if array.dtype not in DTYPE_CODES:
        raise TypeError
    return array, False


def _sparse(torch: Any, tensor: Any) -> tuple[object, ...]:
    if tensor.layout is torch.sparse_coo:
        indices, values = tensor._indices(), tensor._values()
        return (
            "coo",
            tuple(map(int, tensor.shape)),
            *_strided(torch, values),
            indices.cpu().numpy(),
            # Of one value or none torch says so itself, whatever it has been told.
            bool(tensor.is_coalesced() or values.shape[0] < 2),
        )
    if tensor.layout is torch.sparse_csr and tensor.dim() == 2:
        rows, columns = tensor.crow_indices(), tensor.col_indices()
        return (
            "csr",
            tuple(map(int, tensor.shape)),
            *_strided(torch, tensor.values()),
            columns.cpu().numpy(),
            rows.cpu().numpy(),
        )
    raise UnsupportedValue(f"a sparse tensor of layout {tensor.layout}", "elements")


def _tensor(parts: tuple[Any, ...]) -> object:
    if len(parts) < 2:
        raise WireError("a tensor without parts")
    name, layout, *rest = parts
    expect_types((name, layout), str, str)
    if layout == "dense":
        expect_types(tuple(rest), np.ndarray, bool)
        value = _of_array(*rest)
    elif layout == "coo":
        expect_types(tuple(rest), tuple, np.ndarray, bool, np.ndarray, bool)
        value = _coo(*rest)
    elif layout == "csr":
        expect_types(tuple(rest), tuple, np.ndarray, bool, np.ndarray, np.ndarray)
        value = _csr(*rest)
    else:
        raise WireError("a tensor of an unknown layout")
    clean = clean_name(name)
    if "torch" not in sys.modules and type(value) is np.ndarray:
        return with_name(value, clean)
    return value if clean == "Tensor" else named(value, clean)


def _of_array(array: Any, halved: bool) -> Any:
    if array.dtype not in DTYPE_CODES or (halved and array.dtype != np.int16):
        raise WireError("a tensor of an element type that torch lacks")
    torch = sys.modules.get("torch")
    if torch is None:
        # The upper half of a float32 is a bfloat16.
        return (array.astype(np.int32) << 16).view(np.float32) if halved else array
    try:
        tensor = torch.from_numpy(array)
    except TypeError:
        raise WireError("a tensor of an element type that torch lacks") from None
    return tensor.view(torch.bfloat16) if halved else tensor


def _checked_size(size: tuple[Any, ...]) -> None:
    expect_types(size, *(int,) * len(size))
    if any(length < 0 for length in size) or math.prod(max(n, 1) for n in size) >= MAX_SIZE:
        raise WireError("a sparse tensor of a size that is none")


def _within(indices: Any, length: int) -> bool:
    return indices.size == 0 or (int(indices.min()) >= 0 and int(indices.max()) < length)


def _coo(size: tuple[Any, ...], data: Any, halved: bool, indices: Any, coalesced: bool) -> Any:
    """A tensor of the values at the indices. Never made dense: its size may be anything."""
    _checked_size(size)
    values = _of_array(data, halved)
    if indices.dtype != np.int64 or indices.ndim != 2 or data.ndim < 1:
        raise WireError("a sparse tensor of indices that are none")
    sparse, count = indices.shape
    if count != data.shape[0] or sparse > len(size) or data.shape[1:] != size[sparse:]:
        raise WireError("a sparse tensor of another number of values than of indices")
    if not all(_within(row, length) for row, length in zip(indices, size, strict=False)):
        raise WireError("a sparse tensor with indices out of range")
    torch = sys.modules.get("torch")
    if torch is None:
        return _plain_parts("sparse_coo", size, values, indices)
    made = torch.sparse_coo_tensor(torch.from_numpy(indices), values, size, check_invariants=True)
    return made.coalesce() if coalesced else made


def _csr(size: tuple[Any, ...], data: Any, halved: bool, columns: Any, rows: Any) -> Any:
    """A tensor of the values in rows."""
    _checked_size(size)
    values = _of_array(data, halved)
    if len(size) != 2 or data.ndim != 1:
        raise WireError("a sparse tensor that is no matrix")
    expect_compressed(rows, columns, size[0], size[1], len(data))
    torch = sys.modules.get("torch")
    if torch is None:
        return _plain_parts("sparse_csr", size, values, columns, rows)
    pointers = torch.from_numpy(rows), torch.from_numpy(columns)
    with warnings.catch_warnings():  # torch says of each that it is new
        warnings.simplefilter("ignore")
        return torch.sparse_csr_tensor(*pointers, values, size, check_invariants=True)


def expect_compressed(starts: Any, indices: Any, major: int, minor: int, count: int) -> None:
    """Fail unless the arrays are those of a compressed sparse matrix of so many values.

    Raises:
        WireError: a length is wrong, or an index out of range.
    """
    if any(a.dtype not in (np.int32, np.int64) or a.ndim != 1 for a in (starts, indices)):
        raise WireError("a sparse matrix of indices that are none")
    if len(starts) != major + 1 or len(indices) != count:
        raise WireError("a sparse matrix of another number of values than of indices")
    if starts[0] != 0 or starts[-1] != count or (starts[1:] < starts[:-1]).any():
        raise WireError("a sparse matrix of rows that are none")
    if not _within(indices, minor):
        raise WireError("a sparse matrix with indices out of range")


def _plain_parts(layout: str, *parts: object) -> Any:
    names = ("size", "values", "indices", "starts")
    return Record(layout, dict(zip(names, parts, strict=False)))


def _size(parts: tuple[Any, ...]) -> object:
    expect_types(parts, *(int,) * len(parts))
    if any(not -MAX_SIZE <= length < MAX_SIZE for length in parts):
        raise WireError("a size that is none")
    torch = sys.modules.get("torch")
    return with_name(tuple(parts), "Size") if torch is None else torch.Size(parts)


def _dtype_apart(value: Any) -> tuple[object, ...]:
    name = str(value).removeprefix("torch.")
    if name not in DTYPES:
        raise UnsupportedValue(f"the element type {value}", "elements")
    return (name,)


def _dtype(parts: tuple[Any, ...]) -> object:
    expect_types(parts, str)
    if parts[0] not in DTYPES:
        raise WireError("an element type that is none")
    torch = sys.modules.get("torch")
    known = DTYPES[DTYPES.index(parts[0])]
    return with_name(f"torch.{known}", "dtype") if torch is None else getattr(torch, known)


def _device(parts: tuple[Any, ...]) -> object:
    expect_types(parts, str, (int, type(None)))
    kind, index = parts
    if kind not in DEVICES or not (index is None or 0 <= index < MAX_DEVICES):
        raise WireError("a device that is none")
    text = kind if index is None else f"{kind}:{index}"
    torch = sys.modules.get("torch")
    return with_name(text, "device") if torch is None else torch.device(text)


ROWS = (
    Row(b"X", ("torch.Tensor",), _tensor_apart, _tensor),
    Row(b"x", ("torch.Size",), tuple, _size, key=True),
    Row(b"k", ("torch.dtype",), _dtype_apart, _dtype, key=True),
    Row(b"v", ("torch.device",), lambda d: (d.type, d.index), _device, key=True),
)
