"""Rows of Python's own plain types, and of their subclasses, which cross as their base by name.

A subclass may have methods of its own for what its base does: it is taken apart by the base's.
"""

from __future__ import annotations

import array
import os
from collections import OrderedDict, deque
from collections.abc import Callable
from pathlib import PurePath
from types import MappingProxyType
from typing import Any

import numpy as np

from autograder.wire.row import (
    MAX_TYPE_NAME,
    Row,
    UnsupportedValue,
    WireError,
    expect_distinct,
    expect_spread,
    expect_types,
    kind_name,
    printable,
)
from autograder.wire.values import NAMED, NamedArray, NamedTuple, type_name, with_name


def _members(kind: type[Any]) -> Callable[[tuple[Any, ...]], object]:
    def together(parts: tuple[Any, ...]) -> object:
        expect_spread(parts)
        made = kind(parts)
        expect_distinct(made, parts)
        return made

    return together


def _complex(parts: tuple[Any, ...]) -> complex:
    expect_types(parts, float, float)
    return complex(*parts)


def _range(parts: tuple[Any, ...]) -> range:
    expect_types(parts, int, int, int)
    return range(*parts)


def _slice(parts: tuple[Any, ...]) -> slice:
    if len(parts) != 3:
        raise WireError("a slice of too many or too few parts")
    return slice(*parts)


# --- subclasses ---------------------------------------------------------------------------------

_ALL = slice(None)


def _buffer(value: Any) -> bytes:
    return memoryview(value).tobytes()


def _items(value: Any) -> dict[Any, Any]:
    # Of an OrderedDict, what is moved to its end is so only in its own order.
    ordered = isinstance(value, OrderedDict)
    return dict(OrderedDict.items(value) if ordered else dict.items(value))


#: How a plain value is made of one of a subclass, by its base.
BASES: dict[type, Callable[[Any], Any]] = {
    int: int.__int__,
    float: float.__float__,
    complex: complex.__complex__,
    str: str.__str__,
    bytes: lambda value: bytes.__getitem__(value, _ALL),
    list: lambda value: list.__getitem__(value, _ALL),
    tuple: lambda value: tuple.__getitem__(value, _ALL),
    dict: _items,
    set: lambda value: set(set.__iter__(value)),
    frozenset: lambda value: frozenset(frozenset.__iter__(value)),
}
#: The same for what is no subclass, but is best had as a plain value.
LIKE: dict[type, Callable[[Any], Any]] = {
    bytearray: _buffer,
    memoryview: _buffer,
    array.array: np.asarray,
    deque: lambda value: list(deque.__iter__(value)),
    type({}.keys()): list,
    type({}.values()): list,
    type({}.items()): list,
    MappingProxyType: dict,
    PurePath: os.fspath,
}


def _named_apart(value: Any) -> tuple[object, ...]:
    name = _own_name(value)
    for base in type(value).__mro__:
        if base is np.ndarray:
            return name, np.ndarray.view(value, np.ndarray)
        if base in BASES:
            plain = BASES[base](value)
            return name, plain, *(_field_names(value) if base is tuple else ())
        if base in LIKE:
            return name, LIKE[base](value)
    raise UnsupportedValue(f"an object of type {name}")


def _own_name(value: Any) -> str:
    """The name to tell: that of the class, or of the class that a value told here was of."""
    own = type(value)
    if own in NAMED.values() or own is NamedArray:
        return printable(type_name(value))
    return kind_name(own)


def _field_names(value: Any) -> tuple[str, ...]:
    """The names of a namedtuple's fields, or of a structseq's, as torch's ``max`` returns."""
    kind = type(value)
    names: object = getattr(value if kind is NamedTuple else kind, "_fields", None)
    if names is None and hasattr(kind, "n_sequence_fields"):
        names = getattr(kind, "__match_args__", ())
    if type(names) is not tuple or len(names) != tuple.__len__(value):
        return ()
    return names if len(set(names)) == len(names) and all(map(is_field, names)) else ()


def _named(parts: tuple[Any, ...]) -> object:
    if len(parts) < 2:
        raise WireError("a named value of too few parts")
    name, plain, *fields = parts
    kind = type(plain)
    if kind is not np.ndarray and kind not in NAMED:
        raise WireError("a named value of a type that has no names")
    value = with_name(plain, clean_name(name))
    if fields:
        if type(value) is not NamedTuple or len(fields) != len(plain):
            raise WireError("a namedtuple of too many or too few fields")
        vars(value)["_names"] = checked_fields(fields)
    return value


def clean_name(name: object) -> str:
    """A type's name, which has to be fit to be shown.

    Raises:
        WireError: it is no text, too long, or holds what no encoder leaves in it.
    """
    if type(name) is not str or name != printable(name):
        raise WireError("a name of a type that is none")
    return name


def is_field(name: object) -> bool:
    """Whether a field may be called that: an identifier that is none of Python's own hooks."""
    return (
        type(name) is str
        and len(name) <= MAX_TYPE_NAME
        and name.isidentifier()
        and not (name.startswith("__") and name.endswith("__"))
    )


def checked_fields(names: list[object]) -> tuple[str, ...]:
    """The names of fields.

    Raises:
        WireError: one is none, or there twice.
    """
    if not all(map(is_field, names)) or len(set(names)) != len(names):
        raise WireError("names of fields that are none")
    return tuple(map(str, names))


NAMED_ROW = Row(b"n", tuple(LIKE), _named_apart, _named, key=True)
ROWS = (
    NAMED_ROW,
    Row(
        b"s",
        (set,),
        lambda value: tuple(set.__iter__(value)),
        _members(set),
        keyed=True,
        ordered=False,
    ),
    Row(
        b"z",
        (frozenset,),
        lambda value: tuple(frozenset.__iter__(value)),
        _members(frozenset),
        key=True,
        keyed=True,
        ordered=False,
    ),
    Row(b"c", (complex,), lambda value: (value.real, value.imag), _complex, key=True),
    Row(b"r", (range,), lambda value: (value.start, value.stop, value.step), _range, key=True),
    Row(b"l", (slice,), lambda value: (value.start, value.stop, value.step), _slice),
)
