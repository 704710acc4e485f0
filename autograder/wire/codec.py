"""The wire's format: a plain value comes in, a frame of bytes goes out; and back again.

A frame is ``magic | header length | body length | header | body``. The header is a tagged tree, the
body the raw little-endian buffers of its bytes and arrays, in order. Exact types only: no subclass,
no pickle, no name that could be looked up. Every count, depth and size is checked before anything
is allocated, so a hostile peer can send a *value*, and nothing else.
"""

from __future__ import annotations

import math
import struct
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.wire.references import (
    MAX_NUMBER,
    MAX_TYPE_NAME,
    NO_REFERENCES,
    Reference,
    References,
)

MAGIC = b"DLW1"
PREFIX = struct.Struct("<4sQQ")
COUNT = struct.Struct("<I")
DOUBLE = struct.Struct("<d")
DIMENSION = struct.Struct("<Q")
REFERENCE = struct.Struct("<q")

#: Array element types that may cross, by their code in the header. The order is the format.
REAL = "bool uint8 int8 int16 int32 int64 uint16 uint32 uint64 float16 float32 float64"
DTYPES = tuple(map(np.dtype, f"{REAL} complex64 complex128".split()))
DTYPE_CODES = {dtype: code for code, dtype in enumerate(DTYPES)}
#: torch's bfloat16 has no numpy twin; it crosses as its 16 raw bits under this code.
BFLOAT16 = 255


class WireError(Exception):
    """The peer sent something that is not a frame of this format, or more than the limits allow."""


class UnsupportedValue(Exception):
    """A value of a type that may not cross; ``args[0]`` is the type's name."""


@dataclass(frozen=True)
class Limits:
    """What one frame may hold. Sizes in bytes."""

    depth: int = 32
    items: int = 1_000_000
    header: int = 32 << 20
    body: int = 512 << 20
    integer_bytes: int = 512
    #: Python hashes an int by its value: longer ones can be made to collide, all of them, and a
    #: dict of half a million such keys takes half an hour to build.
    key_bytes: int = 8
    dimensions: int = 32
    references: int = 10_000


DEFAULT_LIMITS = Limits()


# --- encoding -----------------------------------------------------------------------------------


class _Encoder:
    def __init__(self, limits: Limits, references: References) -> None:
        self.limits = limits
        self.references = references
        self.referred = 0
        self.header = bytearray()
        self.buffers: list[memoryview] = []
        self.items = 0
        self.body = 0

    def add(self, value: object, depth: int = 0) -> None:
        self.items += 1
        if depth > self.limits.depth:
            raise UnsupportedValue(f"containers nested deeper than {self.limits.depth}")
        if self.items > self.limits.items:
            raise UnsupportedValue(f"more than {self.limits.items} items")
        if len(self.header) > self.limits.header:
            raise UnsupportedValue(f"more than {self.limits.header} bytes of plain values")
        kind = type(value)
        writer = _WRITERS.get(kind)
        if writer is not None:
            writer(self, value, depth)
        elif kind is np.ndarray:
            self.array(value)
        elif isinstance(value, np.generic) and kind.__module__ == "numpy":
            self.array(np.asarray(value))
        elif not self.tensor(value):
            reference = self.references.make(value)
            if reference is None:
                raise UnsupportedValue(kind.__name__)
            self.reference(reference, depth)

    def tensor(self, value: Any) -> bool:
        # Looked up, not imported: an assignment without torch must not pay for it.
        torch_module = sys.modules.get("torch")
        if torch_module is None:
            return False
        if type(value) not in (torch_module.Tensor, torch_module.nn.Parameter):
            return False
        kind = str(value.dtype)
        try:
            self.size_checked(value.shape, value.dtype.itemsize)
            plain = value.detach().cpu().resolve_conj().resolve_neg()
            if plain.dtype is torch_module.bfloat16:
                code, array = BFLOAT16, plain.contiguous().view(torch_module.int16).numpy()
            else:
                array = plain.numpy()
                code = self.code(array)
        except (TypeError, RuntimeError):  # sparse, quantised, without data, or of no NumPy type
            raise UnsupportedValue(f"tensor of {kind}") from None
        self.header += b"X"
        self.array_body(array, code)
        return True

    def code(self, array: np.ndarray[Any, Any]) -> int:
        code = DTYPE_CODES.get(array.dtype.newbyteorder("="))
        if code is None:
            raise UnsupportedValue(f"array of {array.dtype}")
        return code

    def array(self, array: Any) -> None:
        code = self.code(array)
        self.size_checked(array.shape, array.itemsize)
        self.header += b"A"
        self.array_body(array, code)

    def size_checked(self, shape: tuple[int, ...], itemsize: int) -> None:
        """Refuse what the decoder would: of a view of one number spread wide, no copy is made."""
        if len(shape) > self.limits.dimensions:
            raise UnsupportedValue(f"array of more than {self.limits.dimensions} dimensions")
        self.body += _bulk(shape, itemsize)
        if self.body > self.limits.body:
            raise UnsupportedValue(f"arrays of more than {self.limits.body} bytes")

    def array_body(self, array: np.ndarray[Any, Any], code: int) -> None:
        self.header += bytes((code, array.ndim))
        for length in array.shape:
            self.header += DIMENSION.pack(length)
        little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
        self.buffers.append(little.reshape(-1).view(np.uint8).data)

    def count(self, tag: bytes, length: int) -> None:
        self.header += tag + COUNT.pack(length)

    def integer(self, value: Any, _depth: int) -> None:
        length = _octets(value)
        if length > self.limits.integer_bytes:
            raise UnsupportedValue(f"int of more than {self.limits.integer_bytes * 8} bits")
        self.count(b"I", length)
        self.header += value.to_bytes(length, "little", signed=True)

    def text(self, value: Any, _depth: int) -> None:
        # A lone surrogate cannot be written to any report; it crosses as a question mark.
        if len(value) > self.limits.header:
            raise UnsupportedValue(f"str of more than {self.limits.header} bytes")
        raw = value.encode("utf-8", "replace")
        self.count(b"S", len(raw))
        self.header += raw

    def raw(self, value: Any, _depth: int) -> None:
        self.size_checked((len(value),), 1)
        self.header += b"B" + DIMENSION.pack(len(value))
        self.buffers.append(memoryview(value))

    def reference(self, value: Any, _depth: int) -> None:
        self.referred += 1
        if self.referred > self.limits.references:
            raise UnsupportedValue(f"more than {self.limits.references} objects")
        self.header += b"R" + REFERENCE.pack(value.number)
        self.text(value.type_name[:MAX_TYPE_NAME], 0)

    def sequence(self, value: Any, depth: int) -> None:
        items = tuple(value)  # another thread of the student's may lengthen the list meanwhile
        self.count(b"L" if type(value) is list else b"U", len(items))
        for item in items:
            self.add(item, depth + 1)

    def mapping(self, value: Any, depth: int) -> None:
        items = tuple(value.items())
        self.count(b"M", len(items))
        for key, item in items:
            if type(key) not in (str, int, float, bool):
                raise UnsupportedValue(f"dict key of type {type(key).__name__}")
            if type(key) is int and _octets(key) > self.limits.key_bytes:
                raise UnsupportedValue(f"dict key of more than {self.limits.key_bytes * 8} bits")
            self.add(key, depth + 1)
            self.add(item, depth + 1)


def _octets(value: int) -> int:
    """The bytes that an int takes in two's complement."""
    return (~value if value < 0 else value).bit_length() // 8 + 1


_WRITERS: dict[type, Callable[[_Encoder, Any, int], None]] = {
    type(None): lambda encoder, _value, _depth: encoder.header.extend(b"N"),
    bool: lambda encoder, value, _depth: encoder.header.extend(b"T" if value else b"F"),
    int: _Encoder.integer,
    float: lambda encoder, value, _depth: encoder.header.extend(b"D" + DOUBLE.pack(value)),
    str: _Encoder.text,
    bytes: _Encoder.raw,
    list: _Encoder.sequence,
    tuple: _Encoder.sequence,
    dict: _Encoder.mapping,
    Reference: _Encoder.reference,
}


def encode(
    value: object, limits: Limits = DEFAULT_LIMITS, references: References = NO_REFERENCES
) -> list[memoryview]:
    """The frame for ``value``, as buffers to be sent one after the other.

    Raises:
        UnsupportedValue: for a type, size or depth that may not cross.
    """
    encoder = _Encoder(limits, references)
    try:
        encoder.add(value)
    except RecursionError:
        raise UnsupportedValue("containers nested too deeply") from None
    if len(encoder.header) > limits.header:
        raise UnsupportedValue(f"more than {limits.header} bytes of plain values")
    body = sum(buffer.nbytes for buffer in encoder.buffers)
    prefix = PREFIX.pack(MAGIC, len(encoder.header), body)
    return [memoryview(prefix + bytes(encoder.header)), *encoder.buffers]


# --- decoding -----------------------------------------------------------------------------------


def _bulk(shape: tuple[int, ...], itemsize: int) -> int:
    """The bytes of an array; a length of zero, which would hide the others, counts as one."""
    return math.prod(max(length, 1) for length in shape) * itemsize


@dataclass(frozen=True)
class _Slot:
    """A place in the decoded tree that a buffer of the body fills."""

    index: int


class _Decoder:
    """Reads a header into a tree of values and slots; nothing larger than the header is made."""

    def __init__(self, header: bytes, limits: Limits) -> None:
        self.header = header
        self.referred = 0
        self.limits = limits
        self.at = 0
        self.items = 0
        #: (tag, dtype code, shape, bytes) of each buffer that the body holds.
        self.buffers: list[tuple[bytes, int, tuple[int, ...], int]] = []

    def take(self, length: int) -> bytes:
        if length < 0 or self.at + length > len(self.header):
            raise WireError("a header that ends too early")
        piece = self.header[self.at : self.at + length]
        self.at += length
        return piece

    def count(self) -> int:
        (number,) = COUNT.unpack(self.take(COUNT.size))
        # Each item takes a byte of header at least: a larger count is a lie.
        if number > len(self.header) - self.at:
            raise WireError("a count larger than its header")
        return int(number)

    def tree(self, depth: int = 0) -> object:
        self.items += 1
        if depth > self.limits.depth or self.items > self.limits.items:
            raise WireError("a value nested too deeply or of too many items")
        tag = self.take(1)
        if tag in b"NTF":
            return {b"N": None, b"T": True, b"F": False}[tag]
        if tag == b"D":
            return DOUBLE.unpack(self.take(DOUBLE.size))[0]
        if tag == b"I":
            return self.integer()
        if tag == b"S":
            return self.text()
        if tag in b"LU":
            values = [self.tree(depth + 1) for _ in range(self.count())]
            return values if tag == b"L" else tuple(values)
        if tag == b"M":
            return self.mapping(depth)
        if tag in b"BAX":
            return self.buffer(tag)
        if tag == b"R":
            return self.reference()
        raise WireError("an unknown tag")

    def integer(self) -> int:
        length = self.count()
        if length > self.limits.integer_bytes:
            raise WireError("an integer of too many digits")
        return int.from_bytes(self.take(length), "little", signed=True)

    def text(self) -> str:
        try:
            return self.take(self.count()).decode("utf-8")
        except UnicodeDecodeError:
            raise WireError("a string that is not UTF-8") from None

    def reference(self) -> Reference:
        self.referred += 1
        if self.referred > self.limits.references:
            raise WireError("too many objects")
        (number,) = REFERENCE.unpack(self.take(REFERENCE.size))
        if self.take(1) != b"S" or not 0 < abs(number) <= MAX_NUMBER:
            raise WireError("a reference that is none")
        type_name = self.text()
        if len(type_name) > MAX_TYPE_NAME:
            raise WireError("a type of too long a name")
        return Reference(number, type_name)

    def mapping(self, depth: int) -> dict[Any, object]:
        result: dict[Any, object] = {}
        for _ in range(self.count()):
            key = self.tree(depth + 1)
            if type(key) not in (str, int, float, bool):
                raise WireError("a dict key of a type that may not cross")
            if type(key) is int and _octets(key) > self.limits.key_bytes:
                raise WireError("a dict key of too many digits")
            result[key] = self.tree(depth + 1)
        return result

    def buffer(self, tag: bytes) -> _Slot:
        code, shape = 0, (0,)
        if tag == b"B":
            (size,) = DIMENSION.unpack(self.take(DIMENSION.size))
            itemsize, shape = 1, (int(size),)
        else:
            code, dimensions = self.take(2)
            if dimensions > self.limits.dimensions:
                raise WireError("an array of too many dimensions")
            if code >= len(DTYPES) and not (code == BFLOAT16 and tag == b"X"):
                raise WireError("an array of an unknown element type")
            itemsize = 2 if code == BFLOAT16 else DTYPES[code].itemsize
            raw = self.take(DIMENSION.size * dimensions)
            shape = tuple(length for (length,) in DIMENSION.iter_unpack(raw))
        if _bulk(shape, itemsize) > self.limits.body:
            raise WireError("a value of too many bytes")
        self.buffers.append((tag, code, shape, math.prod(shape) * itemsize))
        return _Slot(len(self.buffers) - 1)


def _filled(tree: object, values: list[object], references: References) -> object:
    """The tree with what belongs in its slots, and for its references."""
    if type(tree) is _Slot:
        return values[tree.index]
    if type(tree) is Reference:  # what it stands for is taken as it is
        return references.resolve(tree)
    if type(tree) is list:
        return [_filled(item, values, references) for item in tree]
    if type(tree) is tuple:
        return tuple(_filled(item, values, references) for item in tree)
    if type(tree) is dict:
        return {key: _filled(item, values, references) for key, item in tree.items()}
    return tree


def _restored(tag: bytes, code: int, shape: tuple[int, ...], data: memoryview) -> object:
    """The bytes, array or tensor in a buffer that has arrived."""
    if tag == b"B":
        return bytes(data)
    raw = np.frombuffer(data, dtype=np.uint8)
    if code == BFLOAT16:
        bits = raw.view("<i2").reshape(shape)
        return _torch().from_numpy(bits).view(_torch().bfloat16)
    if DTYPES[code] == np.bool_:
        raw = (raw != 0).view(np.uint8)  # a byte other than 0 and 1 is no bool
    array = raw.view(DTYPES[code].newbyteorder("<")).reshape(shape).astype(DTYPES[code], copy=False)
    if tag == b"A":
        return array
    try:
        return _torch().from_numpy(array)
    except TypeError:
        raise WireError("a tensor of an element type that torch lacks") from None


def _torch() -> Any:
    module = sys.modules.get("torch")
    if module is None:
        raise WireError("a tensor, in an assignment that does not use torch")
    return module


def sizes(prefix: bytes, limits: Limits = DEFAULT_LIMITS) -> tuple[int, int]:
    """The bytes of header and body that a frame's first ``PREFIX.size`` bytes announce.

    Raises:
        WireError: they are no prefix, or announce more than the limits allow.
    """
    magic, header, body = PREFIX.unpack(prefix)
    if magic != MAGIC:
        raise WireError("bytes that are no frame")
    if header > limits.header or body > limits.body:
        raise WireError("a frame larger than allowed")
    return header, body


class Plan:
    """A checked header: what the body holds, and what becomes of it.

    Raises:
        WireError: it is no header, or not that of such a body.
    """

    def __init__(
        self,
        header: bytes,
        body_size: int,
        limits: Limits = DEFAULT_LIMITS,
        references: References = NO_REFERENCES,
    ) -> None:
        decoder = _Decoder(header, limits)
        self._tree = decoder.tree()
        self._buffers = decoder.buffers
        self._references = references
        if decoder.at != len(header):
            raise WireError("a header with something behind its value")
        if sum(self.buffer_sizes) != body_size:
            raise WireError("a body of another size than its header says")

    @property
    def buffer_sizes(self) -> list[int]:
        """The bytes of each buffer in the body, in order."""
        return [size for *_, size in self._buffers]

    def value(self, buffers: list[memoryview]) -> object:
        """The frame's value. The buffers become part of it."""
        values = [
            _restored(tag, code, shape, data)
            for (tag, code, shape, _size), data in zip(self._buffers, buffers, strict=True)
        ]
        return _filled(self._tree, values, self._references)


def copied(
    value: object,
    sender: References = NO_REFERENCES,
    receiver: References = NO_REFERENCES,
    limits: Limits = DEFAULT_LIMITS,
) -> object:
    """The value as the other end of a wire would get it, in memory of its own.

    Raises:
        UnsupportedValue: it may not cross.
    """
    frame, *buffers = encode(value, limits, sender)
    _header_size, body_size = sizes(bytes(frame[: PREFIX.size]), limits)
    plan = Plan(bytes(frame[PREFIX.size :]), body_size, limits, receiver)
    return plan.value([memoryview(bytearray(buffer)) for buffer in buffers])
