"""A value comes in; the header and the buffers of a frame go out, or why there is none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.wire import elements, types
from autograder.wire.canonical import settled
from autograder.wire.limits import COUNT, DIMENSION, DOUBLE, REFERENCE, Limits, bulk, octets
from autograder.wire.references import MAX_TYPE_NAME, NO_REFERENCES, Reference, References
from autograder.wire.row import Row, UnsupportedValue, WireError, kind_name, quoted
from autograder.wire.types.arrays import FIELDS, OBJECTS


class Encoder:
    """Writes a value, part by part; the student's own classes are never asked how."""

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
        """Write a value."""
        self.items += 1
        if depth > self.limits.depth:
            raise too_deep(self.limits)
        if self.items > self.limits.items:
            raise UnsupportedValue(f"more than {self.limits.items} items", "large")
        if len(self.header) > self.limits.header:
            raise too_long(self.limits)
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

    def reference(self, value: Any, _depth: int) -> None:
        """What crosses in place of an object that stays."""
        if self.in_key:
            raise _no_key(Reference)
        self.referred += 1
        if self.referred > self.limits.references:
            raise UnsupportedValue(f"more than {self.limits.references} objects", "large")
        self.header += b"@" + REFERENCE.pack(value.number)
        self.text(value.type_name[:MAX_TYPE_NAME], 0)

    def row(self, row: Row, value: object, depth: int) -> None:
        """A value as its parts."""
        if self.in_key and not row.key:
            raise _no_key(type(value))
        self.items += row.weight - 1
        try:
            parts = tuple(row.apart(value))
            if row.settled:
                parts = settled(row, parts)
        except (UnsupportedValue, MemoryError):
            raise
        except WireError as error:  # of what the other end would make of it
            raise UnsupportedValue(str(error)[:MAX_TYPE_NAME]) from None
        except Exception as error:  # the student's own classes may do anything when looked at
            what = f"an object of type {kind_name(type(value))}"
            raise UnsupportedValue(f"{what} that raises {kind_name(type(error))}") from None
        self.count(row.tag, len(parts))
        seen: set[object] = set()
        for number, part in enumerate(parts):
            try:
                if row.keyed:
                    self.key(part, depth + 1, seen)
                else:
                    self.add(part, depth + 1)
            except UnsupportedValue as error:
                raise _inside(row, parts, number, error) from None

    def array(self, array: Any, depth: int) -> None:
        """Write an array: its elements as bytes, or as values if they are objects."""
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
        """Write a NumPy scalar, into the header."""
        array = elements.scalar(value)
        self.header += b"G" + elements.pack(array.dtype, "a NumPy scalar")
        self.header += elements.plain(array).tobytes()

    def size_checked(self, shape: tuple[int, ...], itemsize: int) -> None:
        """Refuse what the decoder would: of a view of one number spread wide, no copy is made."""
        if len(shape) > self.limits.dimensions:
            raise UnsupportedValue(f"an array of more than {self.limits.dimensions} dimensions")
        self.body += bulk(shape, itemsize)
        if self.body > self.limits.body:
            raise UnsupportedValue(f"arrays of more than {self.limits.body} bytes", "large")

    def count(self, tag: bytes, length: int) -> None:
        """Write a tag and how many parts follow."""
        self.header += tag + COUNT.pack(length)

    def integer(self, value: Any, _depth: int) -> None:
        """Write a whole number."""
        length = octets(value)
        allowed = self.limits.key_bytes if self.in_key else self.limits.integer_bytes
        if length > allowed:
            what = "a dict key" if self.in_key else "a whole number"
            raise UnsupportedValue(f"{what} of more than {allowed * 8} bits", "large")
        self.count(b"I", length)
        self.header += value.to_bytes(length, "little", signed=True)

    def text(self, value: Any, _depth: int) -> None:
        """Write a text."""
        # A lone surrogate cannot be written to any report; it crosses as a question mark.
        if len(value) > self.limits.header:
            raise too_long(self.limits)
        raw = value.encode("utf-8", "replace")
        if self.in_key and b"?" in raw and "?" not in value:  # two of them would be one
            raise UnsupportedValue("a dict key or a set's member with half a character", "key")
        self.count(b"S", len(raw))
        self.header += raw

    def raw(self, value: Any, _depth: int) -> None:
        """Write bytes."""
        self.size_checked((len(value),), 1)
        self.header += b"B" + DIMENSION.pack(len(value))
        self.buffers.append(memoryview(value))

    def sequence(self, value: Any, depth: int) -> None:
        """Write a list or a tuple."""
        is_list = type(value) is list
        if is_list and self.in_key:
            raise _no_key(list)
        items = tuple(value)  # another thread of the student's may lengthen the list meanwhile
        self.count(b"L" if is_list else b"U", len(items))
        for item in items:
            self.add(item, depth + 1)

    def mapping(self, value: Any, depth: int) -> None:
        """Write a dict."""
        if self.in_key:
            raise _no_key(dict)
        items = tuple(value.items())
        self.count(b"M", len(items))
        seen: set[object] = set()
        for key, item in items:
            self.key(key, depth + 1, seen)
            try:
                self.add(item, depth + 1)
            except UnsupportedValue as error:
                if not depth:  # the message itself, which is none of the student's
                    raise
                label = quoted(key)
                holder = f"a dict whose key {label} holds" if label else "a dict that holds"
                raise error.inside(holder) from None

    def key(self, key: object, depth: int, seen: set[object]) -> None:
        """Write a key or a member; those of the student's own types may become equal only here."""
        start, buffers = len(self.header), len(self.buffers)
        self.in_key += 1
        self.add(key, depth)
        self.in_key -= 1
        if type(key) in _DISTINCT:
            return
        written = bytes(self.header[start:]), *map(bytes, self.buffers[buffers:])
        if written in seen:
            raise UnsupportedValue("dict keys or members of a set that differ in nothing", "key")
        seen.add(written)


#: Types of keys of which two that are not equal do not become so when they cross.
_DISTINCT = frozenset((type(None), bool, int, float, str, bytes))


def _inside(
    row: Row, parts: tuple[object, ...], number: int, error: UnsupportedValue
) -> UnsupportedValue:
    """Why a part does not cross, and of what it is a part."""
    try:
        return error if row.holder is None else error.inside(row.holder(parts, number))
    except Exception:  # of labels of the student's own
        return error


def too_deep(limits: Limits) -> UnsupportedValue:
    """The refusal of a value that is nested too deeply."""
    return UnsupportedValue(f"a value nested more than {limits.depth} deep, or in itself", "deep")


def too_long(limits: Limits) -> UnsupportedValue:
    """The refusal of too many plain values."""
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


_WRITERS: dict[type, Callable[[Encoder, Any, int], None]] = {
    type(None): lambda encoder, _value, _depth: encoder.header.extend(b"N"),
    bool: lambda encoder, value, _depth: encoder.header.extend(b"T" if value else b"F"),
    int: Encoder.integer,
    float: lambda encoder, value, _depth: encoder.header.extend(b"D" + DOUBLE.pack(value)),
    str: Encoder.text,
    bytes: Encoder.raw,
    list: Encoder.sequence,
    tuple: Encoder.sequence,
    dict: Encoder.mapping,
    np.ndarray: Encoder.array,
    Reference: Encoder.reference,
}
