"""A header that is not trusted comes in; a tree of values goes out, with slots for the buffers.

Nothing larger than the header is made, but by a constant; every count, depth and size is looked at
before anything is allocated.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from autograder.wire import elements, types
from autograder.wire.canonical import expect_canonical
from autograder.wire.limits import COUNT, DIMENSION, DOUBLE, REFERENCE, Limits, bulk, octets
from autograder.wire.references import MAX_NUMBER, MAX_TYPE_NAME, Reference, References
from autograder.wire.row import Row, WireError, expect_distinct, expect_spread, kind_name


@dataclass(frozen=True)
class _Slot:
    """A place in the decoded tree that a buffer of the body fills."""

    index: int


@dataclass(frozen=True)
class _Unbuilt:
    """A value of which a part is a slot or a reference, or has one."""

    build: Callable[[tuple[Any, ...]], object]
    parts: tuple[Any, ...]


class Decoder:
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
        """The next so many bytes."""
        if length < 0 or self.at + length > len(self.header):
            raise WireError("a header that ends too early")
        piece = self.header[self.at : self.at + length]
        self.at += length
        return piece

    def count(self) -> int:
        """The next number of items; no more than the header can hold."""
        (number,) = COUNT.unpack(self.take(COUNT.size))
        # Each item takes a byte of header at least: a larger count is a lie.
        if number > len(self.header) - self.at:
            raise WireError("a count larger than its header")
        return int(number)

    def tree(self, depth: int = 0) -> object:
        """The next value, or what becomes one when the body has come."""
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
        """A value of a row of the table, of its parts."""
        if self.in_key and not row.key:
            raise WireError("a dict key of a type that may not cross")
        self.items += row.weight - 1
        known = self.open
        self.in_key += row.keyed
        parts = tuple([self.tree(depth + 1) for _ in range(self.count())])
        self.in_key -= row.keyed
        return self.built(partial(_of_row, row), parts, known)

    def built(
        self, build: Callable[[tuple[Any, ...]], object], parts: tuple[Any, ...], known: int
    ) -> object:
        """What becomes of the parts; later, if there are more places to fill than were known."""
        return _built(build, parts) if self.open == known else _Unbuilt(build, parts)

    def integer(self, _depth: int) -> int:
        """A whole number; in a key, a short one."""
        length = self.count()
        if length > (self.limits.key_bytes if self.in_key else self.limits.integer_bytes):
            raise WireError("an integer of too many digits")
        value = int.from_bytes(self.take(length), "little", signed=True)
        if length != octets(value):
            raise WireError("an integer of more bytes than it takes")
        return value

    def number(self, _depth: int) -> float:
        """A float."""
        number: float = DOUBLE.unpack(self.take(DOUBLE.size))[0]
        return number

    def text(self, _depth: int) -> str:
        """A text."""
        try:
            return self.take(self.count()).decode("utf-8")
        except UnicodeDecodeError:
            raise WireError("a string that is not UTF-8") from None

    def listed(self, depth: int) -> object:
        """A list."""
        self.no_key()
        return [self.tree(depth + 1) for _ in range(self.count())]

    def grouped(self, depth: int) -> object:
        """A tuple."""
        return tuple([self.tree(depth + 1) for _ in range(self.count())])

    def mapping(self, depth: int) -> object:
        """A dict; of keys that are whole at once, or later."""
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
            return _mapping((*keys, *values))
        except WireError:
            raise
        except Exception:  # of the keys' own comparing
            raise WireError("keys that cannot be told apart") from None

    def reference(self, _depth: int) -> Reference:
        """A number that stands for an object, and the name of its type."""
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
        """Fail inside a key."""
        if self.in_key:
            raise WireError("a dict key of a type that may not cross")

    def raw(self, _depth: int) -> _Slot:
        """A slot for bytes."""
        (size,) = DIMENSION.unpack(self.take(DIMENSION.size))
        return self.slot(None, (int(size),), 1)

    def array(self, _depth: int) -> _Slot:
        """A slot for an array."""
        self.no_key()
        dtype, self.at = elements.unpack(self.header, self.at)
        (dimensions,) = self.take(1)
        if dimensions > self.limits.dimensions:
            raise WireError("an array of too many dimensions")
        raw = self.take(DIMENSION.size * dimensions)
        shape = tuple(length for (length,) in DIMENSION.iter_unpack(raw))
        return self.slot(dtype, shape, dtype.itemsize)

    def slot(self, dtype: np.dtype[Any] | None, shape: tuple[int, ...], itemsize: int) -> _Slot:
        """A slot for the next buffer of the body."""
        if bulk(shape, itemsize) > self.limits.body:
            raise WireError("a value of too many bytes")
        self.buffers.append((dtype, shape, math.prod(shape) * itemsize))
        return _Slot(len(self.buffers) - 1)

    def scalar(self, _depth: int) -> object:
        """A NumPy scalar, whose bytes are in the header."""
        dtype, self.at = elements.unpack(self.header, self.at)
        raw = self.take(dtype.itemsize)
        value = elements.restored(dtype, (), raw)[()]
        if dtype.kind in "SU" and elements.scalar(value).dtype != dtype:
            raise WireError("a text that is wider than its letters")
        return value


_READERS: dict[int, Callable[[Decoder, int], object]] = {
    ord("N"): lambda _decoder, _depth: None,
    ord("T"): lambda _decoder, _depth: True,
    ord("F"): lambda _decoder, _depth: False,
    ord("D"): Decoder.number,
    ord("I"): Decoder.integer,
    ord("S"): Decoder.text,
    ord("L"): Decoder.listed,
    ord("U"): Decoder.grouped,
    ord("M"): Decoder.mapping,
    ord("B"): Decoder.raw,
    ord("A"): Decoder.array,
    ord("G"): Decoder.scalar,
    ord("@"): Decoder.reference,
}


def _mapping(parts: tuple[Any, ...]) -> dict[Any, object]:
    keys, values = parts[: len(parts) // 2], parts[len(parts) // 2 :]
    expect_spread(keys)
    made = dict(zip(keys, values, strict=True))
    expect_distinct(made, keys)
    return made


def _of_row(row: Row, parts: tuple[Any, ...]) -> object:
    made = row.together(parts)
    expect_canonical(row, made, parts)
    return made


def _built(build: Callable[[tuple[Any, ...]], object], parts: tuple[Any, ...]) -> object:
    """What a row makes of the parts; whatever it raises, the peer is to blame."""
    try:
        return build(parts)
    except WireError:
        raise
    except Exception as error:
        raise WireError(f"parts of which nothing can be made ({kind_name(type(error))})") from None


def filled(tree: object, values: list[object], references: References) -> object:
    """The tree with what belongs in its slots, and for its references."""
    if type(tree) is _Slot:
        return values[tree.index]
    if type(tree) is Reference:  # what it stands for is taken as it is
        return references.resolve(tree)
    if type(tree) is list:
        return [filled(item, values, references) for item in tree]
    if type(tree) is tuple:
        return tuple([filled(item, values, references) for item in tree])
    if type(tree) is dict:
        return {key: filled(item, values, references) for key, item in tree.items()}
    if type(tree) is _Unbuilt:
        parts = tuple([filled(part, values, references) for part in tree.parts])
        return _built(tree.build, parts)
    return tree
