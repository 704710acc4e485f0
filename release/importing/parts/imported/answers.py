"""The student's answer as the original tests knew it."""

from __future__ import annotations

import importlib
import textwrap
import types
from typing import Any

import numpy as np

from autograder.checks import Probe, RemoteObject, Student, fail

from . import probes
from .proxies import Proxy, State, ask, state_of
from .raised import raising

#: Containers in containers; a list that holds itself has no end.
_DEEPEST = 20


class Answers:
    """The student's answer as the original tests knew it.

    Attributes:
        names_class: the test is about a class of the student's, whose objects have operators.
    """

    def __init__(self, student: Student) -> None:
        self._student = student
        self.names_class = False

    def call(self, name: str, /, *args: Any, **kwargs: Any) -> Any:
        """Call the student's function; an exception of Python's own can be caught as what it is."""
        with raising():
            found = self._student.call(name, *self.sent(args), **self.sent(kwargs))
        return self.taken(found)

    def value(self, name: str, /) -> Any:
        """The value of the student's name."""
        return self.taken(self._student.value(name))

    def function(self, name: str, /) -> Proxy:
        """The student's function itself."""
        return Proxy(State(self, self._student.remote(name)))

    def kind(self, name: str, /) -> Proxy:
        """The student's class itself."""
        self.names_class = True
        return self.function(name)

    def make(self, name: str, /, *args: Any, **kwargs: Any) -> Proxy:
        """An object of the student's class."""
        self.names_class = True
        with raising():
            made = self._student.make(name, *self.sent(args), **self.sent(kwargs))
        return Proxy(State(self, made))

    def source(self, name: str, /) -> str:
        """The text that defines the student's function or class."""
        return self._student.source(name).text

    def send(self, source: str, /, **values: Any) -> Proxy:
        """A function of the test's as the student's code gets it: defined there, by its text.

        Args:
            source: statements that return it.
            values: what it uses of the test.
        """
        text = f"def sent({', '.join(values)}):\n{textwrap.indent(source, '    ')}\n"
        made = self._student.probe(Probe(_unusable, "sent", text), keep=True, **self.sent(values))
        return Proxy(State(self, made))

    def type_of(self, value: Any, /) -> Any:
        """The type of a value, or of an object of the student's, where it is."""
        return ask(value, probes.type_of, keep=True) if isinstance(value, Proxy) else type(value)

    def callable(self, value: Any, /) -> bool:
        """Whether it can be called."""
        return (
            ask(value, probes.is_callable) is True if isinstance(value, Proxy) else callable(value)
        )

    def same(self, one: Any, other: Any, /) -> bool:
        """Whether both are one object: of values that came over nobody can tell."""
        if isinstance(one, Proxy) and isinstance(other, Proxy):
            return ask(one, probes.operated, other, "is_") is True
        if isinstance(one, Proxy) or isinstance(other, Proxy):
            return False
        if not any(value is None or isinstance(value, bool | type) for value in (one, other)):
            raise fail("values of which nobody can tell whether they are one object.")
        return one is other

    def shared(
        self, source: str, /, *names: str, shows: str | None = None, points: float | None = None
    ) -> float:
        """Run a test as it was, beside the student's code, which judges itself."""
        return self._student.shared(source, *names, shows=shows, points=points)

    def sent(self, value: Any) -> Any:
        """A value as it crosses, with the objects that it speaks of."""
        if isinstance(value, Proxy):
            return state_of(value).remote
        if type(value) in (list, tuple, set):
            return type(value)(map(self.sent, value))
        if type(value) is dict:
            return {key: self.sent(item) for key, item in value.items()}
        if isinstance(value, types.FunctionType | types.BuiltinFunctionType | np.ufunc | type):
            return self._of_library(value)
        return value

    def taken(self, value: Any, depth: int = 0) -> Any:
        """A value as the test knew it.

        NumPy's numbers cross as arrays without dimensions and are numbers again; containers of
        objects are containers of proxies.
        """
        if depth > _DEEPEST:
            raise fail("containers that are nested too deeply.")
        if isinstance(value, RemoteObject):
            if value.type_name in ("list", "tuple"):
                items = [self.taken(item, depth + 1) for item in value]
                return items if value.type_name == "list" else tuple(items)
            if value.type_name == "dict":
                pairs = self.taken(self._student.probe(probes.items, value), depth + 1)
                return dict(pairs)
            return Proxy(State(self, value))
        if isinstance(value, np.ndarray) and value.shape == ():
            return value[()]
        if isinstance(value, list | tuple):
            return type(value)(self.taken(item, depth + 1) for item in value)
        if isinstance(value, dict):
            return {key: self.taken(item, depth + 1) for key, item in value.items()}
        return value

    def probe(self, function: Probe, remote: RemoteObject, /, *args: Any, keep: bool) -> Any:
        """Run a probe on an object of the student's."""
        with raising():
            found = self._student.probe(function, remote, *self.sent(args), keep=keep)
        return self.taken(found) if not keep else found

    def _of_library(self, value: Any) -> Any:
        """A function or class of a library, by its name there."""
        module = getattr(value, "__module__", None) or "builtins"
        name = getattr(value, "__qualname__", value.__name__)
        if isinstance(value, np.ufunc):
            module, name = "numpy", value.__name__
        found: Any = importlib.import_module(module)
        try:
            for part in name.split("."):
                found = getattr(found, part)
        except AttributeError:
            found = None
        if found is not value or module.startswith(__package__ or __name__):
            return value
        return self.sent(self.send(f"import {module}\nreturn {module}.{name}"))


def _unusable(*_args: object) -> None:
    raise RuntimeError("a function of a test's runs beside the student's code alone")
