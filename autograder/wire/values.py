"""What a check gets for values whose type is the student's own: plain values that know its name.

Nothing of the student's class comes along. ``type_name`` tells how it was called.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

_NAME = "_type_name"


def type_name(value: object) -> str:
    """How the type of a value is called; of one that came from a student's code, how it was there.

    ``Counter`` for a Counter, which crosses as a dict; ``Parameter`` for torch's, which crosses as
    a tensor. The text is the student's process's to choose: good for messages and for hints.
    """
    own = getattr(value, "__dict__", None)
    name = own.get(_NAME) if type(own) is dict else None
    return name if type(name) is str else type(value).__name__


def named(value: Any, name: str) -> Any:
    """The value, which has attributes of its own, with the name for ``type_name`` to tell."""
    vars(value)[_NAME] = name
    return value


class NamedInt(int):
    """An int that was of a subclass."""


class NamedFloat(float):
    """A float that was of a subclass."""


class NamedComplex(complex):
    """A complex that was of a subclass."""


class NamedStr(str):
    """A str that was of a subclass, or a path."""


class NamedBytes(bytes):
    """A bytes that was of a subclass, or could be changed."""


class NamedList(list[Any]):
    """A list that was of a subclass, or a deque or a view."""


class NamedDict(dict[Any, Any]):
    """A dict that was of a subclass: Counter, defaultdict, OrderedDict."""


class NamedSet(set[Any]):
    """A set that was of a subclass."""

    def __repr__(self) -> str:
        return repr(set(self))


class NamedFrozenSet(frozenset[Any]):
    """A frozenset that was of a subclass."""

    def __repr__(self) -> str:
        return repr(frozenset(self))


class NamedArray(np.ndarray[Any, Any]):
    """An array that was of a subclass; what is computed from it has no name."""

    def __repr__(self) -> str:
        return repr(self.view(np.ndarray))


class NamedTuple(tuple[Any, ...]):
    """A tuple that was of a subclass; of a namedtuple, with its fields as attributes.

    A field called as a method of tuples, or with a leading underscore, is in ``_asdict()`` alone.
    """

    @property
    def _fields(self) -> tuple[str, ...]:
        return tuple(vars(self).get("_names", ()))

    def _asdict(self) -> dict[str, Any]:
        """The fields by name, in order."""
        return dict(zip(self._fields, self, strict=True)) if self._fields else {}

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_") and name in self._fields:
            return self[self._fields.index(name)]
        raise AttributeError(f"a tuple {type_name(self)} has no field {name!r}")


class Record:
    """The fields of a dataclass instance, as attributes and by name: ``r.x``, ``r["x"]``.

    It is equal to a record of the same type name and fields. Fields with a leading underscore are
    to be had by name alone.
    """

    def __init__(self, name: str, fields: Mapping[str, Any]) -> None:
        vars(self).update({_NAME: name, "_values": dict(fields)})

    @property
    def _fields(self) -> tuple[str, ...]:
        return tuple(vars(self)["_values"])

    def _asdict(self) -> dict[str, Any]:
        """The fields by name, in order."""
        return dict(vars(self)["_values"])

    def __getitem__(self, name: str) -> Any:
        return vars(self)["_values"][name]

    def __getattr__(self, name: str) -> Any:
        values = vars(self).get("_values", {})
        if not name.startswith("_") and name in values:
            return values[name]
        raise AttributeError(f"a record {type_name(self)} has no field {name!r}")

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("a record cannot be changed")

    def __delattr__(self, name: str) -> None:
        raise AttributeError("a record cannot be changed")

    def __eq__(self, other: object) -> bool:
        if type(other) is not Record:
            return NotImplemented
        return bool(type_name(self) == type_name(other) and self._asdict() == other._asdict())

    def __hash__(self) -> int:
        return hash((type_name(self), *self._asdict().items()))

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={value!r}" for name, value in self._asdict().items())
        return f"{type_name(self)}({fields})"


class EnumMember:
    """A member of an Enum: the name of its type, its own, and its value.

    Members are equal if all three are.
    """

    def __init__(self, type_name: str, name: str, value: Any) -> None:
        vars(self).update({_NAME: type_name, "name": name, "value": value})

    name: str
    value: Any

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("a member of an Enum cannot be changed")

    def __eq__(self, other: object) -> bool:
        if type(other) is not EnumMember:
            return NotImplemented
        return bool(vars(self) == vars(other))

    def __hash__(self) -> int:
        return hash((type_name(self), self.name))

    def __repr__(self) -> str:
        return f"<{type_name(self)}.{self.name}: {self.value!r}>"


#: By plain type, what its values become when they have a name.
NAMED: dict[type, type] = {
    int: NamedInt,
    float: NamedFloat,
    complex: NamedComplex,
    str: NamedStr,
    bytes: NamedBytes,
    list: NamedList,
    tuple: NamedTuple,
    dict: NamedDict,
    set: NamedSet,
    frozenset: NamedFrozenSet,
}


def with_name(value: Any, name: str) -> Any:
    """A plain value or array as one that tells the name.

    Raises:
        KeyError: it is of another type.
    """
    if type(value) is np.ndarray:
        return named(value.view(NamedArray), name)
    return named(NAMED[type(value)](value), name)
