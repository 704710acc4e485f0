"""The bytes of a pickle come in; the texts in it go out. It is never loaded, which would run it."""

from __future__ import annotations

import io
import pickletools
import re
from collections.abc import Iterator

_START = re.compile(rb"\x80[\x02-\x05]")
#: Behind so many steps of its program nobody looks at a pickle; its bytes are searched anyway.
_MOST_STEPS = 2_000_000


def is_pickle(data: bytes) -> bool:
    """Whether the bytes start like a pickle of any but the oldest protocols."""
    return _START.match(data) is not None


def pickle_texts(data: bytes) -> Iterator[str]:
    """Every text in a pickle, or in several of them one behind the other."""
    stream = io.BytesIO(data)
    steps = 0
    while is_pickle(data[stream.tell() : stream.tell() + 2]):
        try:
            for _, argument, _ in pickletools.genops(stream):
                if isinstance(argument, str) and len(argument) > 1:
                    yield argument
                steps += 1
                if steps > _MOST_STEPS:
                    return
        except (
            ValueError,
            IndexError,
            OverflowError,
            MemoryError,
        ):  # it is broken, or arrays follow
            return
