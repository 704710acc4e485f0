"""How much one frame of the wire may hold, and how its numbers are written."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass

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
    body: int = 256 << 20
    integer_bytes: int = 512
    #: Python hashes an int by its value: longer ones can be made to collide, all of them, and a
    #: dict of half a million such keys takes half an hour to build.
    key_bytes: int = 8
    dimensions: int = 32
    references: int = 10_000


DEFAULT_LIMITS = Limits()


def bulk(shape: tuple[int, ...], itemsize: int) -> int:
    """The bytes of an array; a length of zero, which would hide the others, counts as one."""
    return math.prod(max(length, 1) for length in shape) * itemsize


def octets(value: int) -> int:
    """The bytes that an int takes in two's complement."""
    return (~value if value < 0 else value).bit_length() // 8 + 1
