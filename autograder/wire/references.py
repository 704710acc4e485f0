"""An object that may not cross stays where it is; a number crosses in its place.

The number means something to one end only, which gave it out. To the other end it is a number: it
can be sent back, and that is all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

MAX_NUMBER = 1 << 53
MAX_TYPE_NAME = 200


@dataclass(frozen=True)
class Reference:
    """What crosses in place of an object.

    Attributes:
        number: its own, above 0 of an object of the worker's, below 0 of the grader's.
        type_name: what the sending end calls its type; text, to be shown and no more.
    """

    number: int
    type_name: str = ""


@dataclass(frozen=True)
class References:
    """How one end of a wire makes references and what it has in their place.

    Attributes:
        make: the reference for a value that may not cross itself; None if there is none.
        resolve: what stands in a received value for a reference.
    """

    make: Callable[[object], Reference | None]
    resolve: Callable[[Reference], object]


#: References are made of nothing, and stay what they are.
NO_REFERENCES = References(lambda _value: None, lambda reference: reference)
