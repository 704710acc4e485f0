"""Objects of the student's that the grader knows by a number; and code of the grader's, likewise.

It runs in the worker, beside student code. A number is all that the grader ever gets of an object.
"""

from __future__ import annotations

import linecache
from io import StringIO
from typing import Any

from autograder.wire import Reference, References

PROBE_FILE = "<probe {}>"


class Objects:
    """The objects that stay here, by number."""

    def __init__(self) -> None:
        self._objects: dict[int, object] = {}

    @property
    def references(self) -> References:
        """How this end of the wire makes and resolves references."""
        return References(self._kept, lambda reference: self._objects[reference.number])

    def _kept(self, value: object) -> Reference | None:
        """Three dots are no object to be asked: they stand where an answer is missing."""
        return None if value is ... else self.keep(value)

    def keep(self, value: object) -> Reference:
        """A reference by which the grader can ask for ``value`` again."""
        number = len(self._objects) + 1
        while number in self._objects:  # student code may have reached in here
            number += 1
        self._objects[number] = value
        return Reference(number, type_name(value))

    def load(self, number: int, name: str, source: str) -> None:
        """Define the function ``name`` of the grader's, under a number that the grader chose."""
        file = PROBE_FILE.format(name)
        linecache.cache[file] = (len(source), None, StringIO(source).readlines(), file)
        namespace: dict[str, Any] = {"__name__": "probe"}
        exec(compile(source, file, "exec"), namespace)
        self._objects[number] = namespace[name]


def is_probe(file: str) -> bool:
    """Whether code of the grader's goes by that name of a file."""
    return file.startswith(PROBE_FILE.partition("{}")[0])


def type_name(value: object) -> str:
    """The type of an object with its module, as far as it is not a builtin one."""
    try:
        kind = type(value)
        module = "" if kind.__module__ in ("builtins", "__main__") else f"{kind.__module__}."
        return f"{module}{kind.__qualname__}"[:100]
    except BaseException:  # a metaclass of the student's may do anything when asked
        return "object"


def attribute(value: Any, path: str) -> Any:
    """What a dotted path leads to from an object."""
    for name in filter(None, path.split(".")):
        value = getattr(value, name)
    return value


def take(iterator: Any, count: int) -> tuple[list[object], bool]:
    """Up to so many items of an iterator, and whether it has ended."""
    items: list[object] = []
    for _ in range(count):
        try:
            items.append(next(iterator))
        except StopIteration:
            return items, True
    return items, False
