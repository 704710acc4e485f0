"""One row of the wire's table: how a type is taken apart into values, and put together from them.

The rows are in ``types``; ``encoder`` and ``decoder`` walk. A new type is one more row there.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Collection, Sized
from dataclasses import dataclass
from typing import Any

import numpy as np

#: Of so many keys with one hash, a dict or a set takes quadratic time. Honest keys have few: the
#: hashes of tuples and numbers are not random, but they are spread.
MAX_EQUAL_HASHES = 100
MAX_TYPE_NAME = 100
#: Of what is said of a value that may not cross, and of a label that is quoted there.
MAX_WHAT, MAX_LABEL = 200, 40


class WireError(Exception):
    """The peer sent something that is not a frame of this format, or more than the limits allow."""


class UnsupportedValue(Exception):
    """A value that may not cross.

    Attributes:
        what: what it is, in words that fit behind "the function gave".
        reason: a word that says what would help, of ``REASONS``.
    """

    def __init__(self, what: str, reason: str = "object") -> None:
        super().__init__(what)
        self.what = what
        self.reason = reason

    def inside(self, holder: str) -> UnsupportedValue:
        """The same of what holds the value, in words such as "a dict whose key 'a' holds".

        What all parts are too much for together, or words that get too long, are left as they are.
        """
        what = f"{holder} {self.what}"
        fits = self.reason not in ("deep", "large") and len(what) <= MAX_WHAT
        return UnsupportedValue(what, self.reason) if fits else self


#: Why a value does not cross; what is said of each stands with the checks.
REASONS = ("object", "missing", "function", "lazy", "class", "deep", "large", "key", "elements")


@dataclass(frozen=True)
class Row:
    """A type of values that crosses as other values, its parts.

    Attributes:
        tag: the byte that stands for it in a header.
        types: the classes whose values it takes, subclasses included; those of a library that may
            not be loaded by their dotted names.
        apart: the parts of a value. It runs in the student's process and may raise anything.
        together: the value of some parts. They come from a peer that is not trusted: each is of a
            type that may cross, and no more is known. So it looks at a part's type before it does
            anything with it: even to compare an index with a text may take all of the memory. It
            may raise any Exception; nothing that it makes may be larger than its parts, but by a
            constant.
        key: its values may be keys of dicts and members of sets; their parts then are, too.
        ordered: a value has the same parts each time, and what is made of them has them again;
            that is looked at. A set has no order.
        settled: what others may make of the parts of a library's value is looked at before they are
            sent: its own versions of a value differ.
        keyed: its parts are such keys, as those of a set.
        weight: as how many items one counts, if it costs more to make.
        holder: what holds the part of that number, in words for ``UnsupportedValue.inside``.
    """

    tag: bytes
    types: tuple[type | str, ...]
    apart: Callable[[Any], tuple[object, ...]]
    together: Callable[[tuple[Any, ...]], object]
    key: bool = False
    keyed: bool = False
    weight: int = 1
    ordered: bool = True
    settled: bool = False
    holder: Callable[[tuple[Any, ...], int], str] | None = None

    @property
    def is_loaded(self) -> bool:
        """Whether the library is there that its values are of; else they become something else."""
        dotted = (kind.rpartition(".")[0] for kind in self.types if isinstance(kind, str))
        return all(module in sys.modules for module in dotted)


def expect_types(parts: tuple[object, ...], *types: type | tuple[type, ...]) -> None:
    """Fail unless there are so many parts of exactly these types.

    Raises:
        WireError: there are others.
    """
    if len(parts) != len(types):
        raise WireError("a value of too many or too few parts")
    for part, kind in zip(parts, types, strict=True):
        if type(part) not in (kind if isinstance(kind, tuple) else (kind,)):
            raise WireError("a value with a part of a wrong type")


def expect_spread(keys: Collection[object]) -> None:
    """Fail if too many of the keys have one hash.

    Raises:
        WireError: so many that to build a dict or set of them would take too long.
    """
    if len(keys) > MAX_EQUAL_HASHES:
        _hash, count = Counter(map(hash, keys)).most_common(1)[0]
        if count > MAX_EQUAL_HASHES:
            raise WireError("keys whose hashes collide")


def expect_distinct(kept: Sized, given: Sized) -> None:
    """Fail if a dict or a set has fewer keys or members than it was given.

    Raises:
        WireError: some are equal.
    """
    if len(kept) != len(given):
        raise WireError("equal keys or members")


def kind_name(kind: type) -> str:
    """The bare name of a class, fit to be shown."""
    return printable(str(kind.__name__))


def quoted(label: Any) -> str:
    """A key or a column's label as it is quoted; empty for one that has no short plain form."""
    if isinstance(label, str):
        return f"'{printable(str.__str__(label))[:MAX_LABEL]}'"
    return str(label) if type(label) in (int, np.int64) and abs(label) < 1 << 62 else ""


def printable(name: str) -> str:
    """A name of any origin, bounded and fit to be shown."""
    bounded = name[:MAX_TYPE_NAME]
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in bounded)
