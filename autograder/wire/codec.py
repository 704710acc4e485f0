"""The wire's format: a value comes in, a frame of bytes goes out; and back again.

A frame is ``magic | header length | body length | header | body``. The header is a tagged tree, the
body the raw little-endian buffers of its bytes and arrays, in order. Python's plain values and
NumPy's arrays and scalars are leaves and branches of the tree; every other type is a row of the
table in ``types``: it crosses as its parts. No pickle, no name that could be looked up: a hostile
peer can send a *value*, and nothing else.
"""

from __future__ import annotations

import struct

from autograder.wire import elements
from autograder.wire.decoder import Decoder, filled
from autograder.wire.encoder import Encoder, too_deep, too_long
from autograder.wire.limits import DEFAULT_LIMITS, Limits
from autograder.wire.references import NO_REFERENCES, References
from autograder.wire.row import WireError

MAGIC = b"DLW2"
PREFIX = struct.Struct("<4sQQ")


def encode(
    value: object, limits: Limits = DEFAULT_LIMITS, references: References = NO_REFERENCES
) -> list[memoryview]:
    """The frame for ``value``, as buffers to be sent one after the other.

    Raises:
        UnsupportedValue: for a type, size or depth that may not cross.
    """
    encoder = Encoder(limits, references)
    try:
        encoder.add(value)
    except RecursionError:
        raise too_deep(limits) from None
    if len(encoder.header) > limits.header:
        raise too_long(limits)
    body = sum(buffer.nbytes for buffer in encoder.buffers)
    prefix = PREFIX.pack(MAGIC, len(encoder.header), body)
    return [memoryview(prefix + bytes(encoder.header)), *encoder.buffers]


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
        decoder = Decoder(header, limits)
        self._tree = decoder.tree()
        self._buffers = decoder.buffers
        self._complete = not decoder.open
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
        if self._complete:
            return self._tree
        values: list[object] = [
            bytes(data) if dtype is None else elements.restored(dtype, shape, data)
            for (dtype, shape, _size), data in zip(self._buffers, buffers, strict=True)
        ]
        return filled(self._tree, values, self._references)


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
