"""The wire's format: a value comes in, a frame of bytes goes out; and back again.

A frame is ``magic | header length | body length | header | body``. The header is a tagged tree, the
body the raw little-endian buffers of its bytes and arrays, in order. Python's plain values and
NumPy's arrays and scalars are leaves and branches of the tree; every other type is a row of the
table in ``types``: it crosses as its parts. No pickle, no name that could be looked up. Every
count, depth and size is checked before anything is allocated, so a hostile peer can send a *value*,
and nothing else.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.wire import elements, types
from autograder.wire.references import (
    MAX_NUMBER,
    MAX_TYPE_NAME,
    NO_REFERENCES,
    Reference,
    References,
)
from autograder.wire.row import (
    Row,
    UnsupportedValue,
    WireError,
    expect_spread,
    kind_name,
)
from autograder.wire.types.arrays import FIELDS, OBJECTS

MAGIC = b"DLW2"
PREFIX = struct.Struct("<4sQQ")
COUNT = struct.Struct("<I")
DOUBLE = struct.Struct("<d")
DIMENSION = struct.Struct("<Q")
REFERENCE = struct.Struct("<q")


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
    def __init__(self, limits: Limits, references: References = NO_REFERENCES) -> None:
        self.limits = limits
        self.references = references
        self.referred = 0
        self.header = bytearray()
        self.buffers: list[memoryview] = []
        self.items = 0
        self.body = 0
        #: How many keys, one in another, are being written.
        self.in_key = 0

    def add(self, value: object, depth: int = 0) -> None:
        self.items += 1
        if depth > self.limits.depth:
            raise _deep(self.limits)
        if self.items > self.limits.items:
            raise UnsupportedValue(f"more than {self.limits.items} items", "large")
        if len(self.header) > self.limits.header:
            raise _long(self.limits)
        kind = type(value)
        writer = _WRITERS.get(kind)
        if writer is not None:
            writer(self, value, depth)
        elif isinstance(value, np.generic) and not isinstance(value, np.void):
            self.scalar(value)
        else:
            row = types.find_row(kind)
            if row is not None:
                self.row(row, value, depth)
            else:
                reference = self.references.make(value)
                if reference is None:
                    raise _refused(value)
                self.reference(reference, depth)

    def row(self, row: Row, value: object, depth: int) -> None:
        """A value as its parts."""
        if self.in_key and not row.key:
            raise _no_key(type(value))
        self.items += row.weight - 1
        try:
            parts = row.apart(value)
        except (UnsupportedValue, MemoryError):
            raise
        except Exception as error:  # the student's own classes may do anything when looked at
            what = f"an object of type {kind_name(type(value))}"
            raise UnsupportedValue(f"{what} that raises {kind_name(type(error))}") from None
        self.count(row.tag, len(parts))
        self.in_key += row.keyed
        for part in parts:
            self.add(part, depth + 1)
        self.in_key -= row.keyed

    def reference(self, value: Any, _depth: int) -> None:
        """What crosses in place of an object that stays."""
        if self.in_key:
            raise _no_key(Reference)
        self.referred += 1
        if self.referred > self.limits.references:
            raise UnsupportedValue(f"more than {self.limits.references} objects", "large")
        self.header += b"@" + REFERENCE.pack(value.number)
        self.text(value.type_name[:MAX_TYPE_NAME], 0)

    def array(self, array: Any, depth: int) -> None:
        if self.in_key:
            raise _no_key(np.ndarray)
        kind = array.dtype.kind
        if kind in "OV":
            self.size_checked(array.shape, 1)
            self.row(OBJECTS if kind == "O" else FIELDS, array, depth)
            return
        code = elements.pack(array.dtype, "an array")
        self.size_checked(array.shape, array.itemsize or 1)
        self.header += b"A" + code + bytes((array.ndim,))
        for length in array.shape:
            self.header += DIMENSION.pack(length)
        # Of a shape again: of an array without dimensions NumPy makes one with.
        self.buffers.append(elements.plain(array).reshape(-1).view(np.uint8).data)

    def scalar(self, value: Any) -> None:
        array = np.asarray(value)
        self.header += b"G" + elements.pack(array.dtype, "a NumPy scalar")
        self.header += elements.plain(array).tobytes()

    def size_checked(self, shape: tuple[int, ...], itemsize: int) -> None:
        """Refuse what the decoder would: of a view of one number spread wide, no copy is made."""
        if len(shape) > self.limits.dimensions:
            raise UnsupportedValue(f"an array of more than {self.limits.dimensions} dimensions")
        self.body += _bulk(shape, itemsize)
        if self.body > self.limits.body:
            raise UnsupportedValue(f"arrays of more than {self.limits.body} bytes", "large")

    def count(self, tag: bytes, length: int) -> None:
        self.header += tag + COUNT.pack(length)

    def integer(self, value: Any, _depth: int) -> None:
        length = _octets(value)
        allowed = self.limits.key_bytes if self.in_key else self.limits.integer_bytes
        if length > allowed:
            what = "a dict key" if self.in_key else "a whole number"
            raise UnsupportedValue(f"{what} of more than {allowed * 8} bits", "large")
        self.count(b"I", length)
        self.header += value.to_bytes(length, "little", signed=True)

    def text(self, value: Any, _depth: int) -> None:
        # A lone surrogate cannot be written to any report; it crosses as a question mark.
        if len(value) > self.limits.header:
            raise _long(self.limits)
        raw = value.encode("utf-8", "replace")
        self.count(b"S", len(raw))
        self.header += raw

    def raw(self, value: Any, _depth: int) -> None:
        self.size_checked((len(value),), 1)
        self.header += b"B" + DIMENSION.pack(len(value))
        self.buffers.append(memoryview(value))

    def sequence(self, value: Any, depth: int) -> None:
        is_list = type(value) is list
        if is_list and self.in_key:
            raise _no_key(list)
        items = tuple(value)  # another thread of the student's may lengthen the list meanwhile
        self.count(b"L" if is_list else b"U", len(items))
        for item in items:
            self.add(item, depth + 1)

    def mapping(self, value: Any, depth: int) -> None:
        if self.in_key:
            raise _no_key(dict)
        items = tuple(value.items())
        self.count(b"M", len(items))
        for key, item in items:
            self.in_key = 1
            self.add(key, depth + 1)
            self.in_key = 0
            self.add(item, depth + 1)


def _octets(value: int) -> int:
    """The bytes that an int takes in two's complement."""
    return (~value if value < 0 else value).bit_length() // 8 + 1


def _deep(limits: Limits) -> UnsupportedValue:
    return UnsupportedValue(f"a value nested more than {limits.depth} deep, or in itself", "deep")


def _long(limits: Limits) -> UnsupportedValue:
    return UnsupportedValue(f"more than {limits.header} bytes of plain values", "large")


def _no_key(kind: type) -> UnsupportedValue:
    return UnsupportedValue(f"a dict key or a set's member of type {kind_name(kind)}", "key")


def _refused(value: object) -> UnsupportedValue:
    """Why a value without a row does not cross."""
    kind = type(value)
    if value is ...:
        return UnsupportedValue("three dots (...)", "missing")
    reason = "object"
    if isinstance(value, type):
        reason = "class"
    elif hasattr(kind, "__next__"):
        reason = "lazy"
    elif kind.__name__ in ("function", "builtin_function_or_method", "method", "partial"):
        reason = "function"
    return UnsupportedValue(f"an object of type {kind_name(kind)}", reason)


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
    np.ndarray: _Encoder.array,
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
        raise _deep(limits) from None
    if len(encoder.header) > limits.header:
        raise _long(limits)
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


@dataclass(frozen=True)
class _Unbuilt:
    """A value of which a part is a slot or a reference, or has one."""

    build: Callable[[tuple[Any, ...]], object]
    parts: tuple[Any, ...]


class _Decoder:
    """Reads a header into a tree of values and slots; nothing larger than the header is made."""

    def __init__(self, header: bytes, limits: Limits) -> None:
        self.header = header
        self.limits = limits
        self.at = 0
        self.items = 0
        self.in_key = 0
        #: (element type, shape, bytes) of each buffer that the body holds; no type for bytes.
        self.buffers: list[tuple[np.dtype[Any] | None, tuple[int, ...], int]] = []
        self.referred = 0

    @property
    def open(self) -> int:
        """How many places there are so far that are filled when all has come."""
        return len(self.buffers) + self.referred

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
        if self.at >= len(self.header):
            raise WireError("a header that ends too early")
        tag = self.header[self.at]
        self.at += 1
        reader = _READERS.get(tag)
        if reader is not None:
            return reader(self, depth)
        row = types.BY_TAG.get(tag)
        if row is None:
            raise WireError("an unknown tag")
        return self.row(row, depth)

    def row(self, row: Row, depth: int) -> object:
        if self.in_key and not row.key:
            raise WireError("a dict key of a type that may not cross")
        self.items += row.weight - 1
        known = self.open
        self.in_key += row.keyed
        parts = tuple([self.tree(depth + 1) for _ in range(self.count())])
        self.in_key -= row.keyed
        return self.built(row.together, parts, known)

    def built(
        self, build: Callable[[tuple[Any, ...]], object], parts: tuple[Any, ...], known: int
    ) -> object:
        """What becomes of the parts; later, if there are more places to fill than were known."""
        return _built(build, parts) if self.open == known else _Unbuilt(build, parts)

    def integer(self, _depth: int) -> int:
        length = self.count()
        if length > (self.limits.key_bytes if self.in_key else self.limits.integer_bytes):
            raise WireError("an integer of too many digits")
        return int.from_bytes(self.take(length), "little", signed=True)

    def number(self, _depth: int) -> float:
        number: float = DOUBLE.unpack(self.take(DOUBLE.size))[0]
        return number

    def text(self, _depth: int) -> str:
        try:
            return self.take(self.count()).decode("utf-8")
        except UnicodeDecodeError:
            raise WireError("a string that is not UTF-8") from None

    def listed(self, depth: int) -> object:
        self.no_key()
        return [self.tree(depth + 1) for _ in range(self.count())]

    def grouped(self, depth: int) -> object:
        return tuple([self.tree(depth + 1) for _ in range(self.count())])

    def mapping(self, depth: int) -> object:
        self.no_key()
        known = self.open
        keys: list[object] = []
        values: list[object] = []
        slots = 0
        for _ in range(self.count()):
            before = self.open
            self.in_key = 1
            keys.append(self.tree(depth + 1))
            self.in_key = 0
            slots += self.open - before
            values.append(self.tree(depth + 1))
        if slots:  # a key is bytes, or has some
            return self.built(_mapping, (*keys, *values), known)
        try:
            expect_spread(keys)
            return dict(zip(keys, values, strict=True))
        except WireError:
            raise
        except Exception:  # of the keys' own comparing
            raise WireError("keys that cannot be told apart") from None

    def reference(self, _depth: int) -> Reference:
        self.no_key()
        self.referred += 1
        if self.referred > self.limits.references:
            raise WireError("too many objects")
        (number,) = REFERENCE.unpack(self.take(REFERENCE.size))
        if self.take(1) != b"S" or not 0 < abs(number) <= MAX_NUMBER:
            raise WireError("a reference that is none")
        type_name = self.text(0)
        if len(type_name) > MAX_TYPE_NAME:
            raise WireError("a type of too long a name")
        return Reference(number, type_name)

    def no_key(self) -> None:
        if self.in_key:
            raise WireError("a dict key of a type that may not cross")

    def raw(self, _depth: int) -> _Slot:
        (size,) = DIMENSION.unpack(self.take(DIMENSION.size))
        return self.slot(None, (int(size),), 1)

    def array(self, _depth: int) -> _Slot:
        self.no_key()
        dtype, self.at = elements.unpack(self.header, self.at)
        (dimensions,) = self.take(1)
        if dimensions > self.limits.dimensions:
            raise WireError("an array of too many dimensions")
        raw = self.take(DIMENSION.size * dimensions)
        shape = tuple(length for (length,) in DIMENSION.iter_unpack(raw))
        return self.slot(dtype, shape, dtype.itemsize)

    def slot(self, dtype: np.dtype[Any] | None, shape: tuple[int, ...], itemsize: int) -> _Slot:
        if _bulk(shape, itemsize) > self.limits.body:
            raise WireError("a value of too many bytes")
        self.buffers.append((dtype, shape, math.prod(shape) * itemsize))
        return _Slot(len(self.buffers) - 1)

    def scalar(self, _depth: int) -> object:
        dtype, self.at = elements.unpack(self.header, self.at)
        return elements.restored(dtype, (), self.take(dtype.itemsize))[()]


_READERS: dict[int, Callable[[_Decoder, int], object]] = {
    ord("N"): lambda _decoder, _depth: None,
    ord("T"): lambda _decoder, _depth: True,
    ord("F"): lambda _decoder, _depth: False,
    ord("D"): _Decoder.number,
    ord("I"): _Decoder.integer,
    ord("S"): _Decoder.text,
    ord("L"): _Decoder.listed,
    ord("U"): _Decoder.grouped,
    ord("M"): _Decoder.mapping,
    ord("B"): _Decoder.raw,
    ord("A"): _Decoder.array,
    ord("G"): _Decoder.scalar,
    ord("@"): _Decoder.reference,
}


def _mapping(parts: tuple[Any, ...]) -> dict[Any, object]:
    keys, values = parts[: len(parts) // 2], parts[len(parts) // 2 :]
    expect_spread(keys)
    return dict(zip(keys, values, strict=True))


def _built(build: Callable[[tuple[Any, ...]], object], parts: tuple[Any, ...]) -> object:
    """What a row makes of the parts; whatever it raises, the peer is to blame."""
    try:
        return build(parts)
    except WireError:
        raise
    except Exception as error:
        raise WireError(f"parts of which nothing can be made ({kind_name(type(error))})") from None


def _filled(tree: object, values: list[object], references: References) -> object:
    """The tree with what belongs in its slots, and for its references."""
    if type(tree) is _Slot:
        return values[tree.index]
    if type(tree) is Reference:  # what it stands for is taken as it is
        return references.resolve(tree)
    if type(tree) is list:
        return [_filled(item, values, references) for item in tree]
    if type(tree) is tuple:
        return tuple([_filled(item, values, references) for item in tree])
    if type(tree) is dict:
        return {key: _filled(item, values, references) for key, item in tree.items()}
    if type(tree) is _Unbuilt:
        parts = tuple([_filled(part, values, references) for part in tree.parts])
        return _built(tree.build, parts)
    return tree


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
        self._filled = not decoder.open
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
        """The frame's value. The buffers become part of it.

        Raises:
            WireError: they hold what is no value.
        """
        if self._filled:
            return self._tree
        values: list[object] = [
            bytes(data) if dtype is None else elements.restored(dtype, shape, data)
            for (dtype, shape, _size), data in zip(self._buffers, buffers, strict=True)
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
