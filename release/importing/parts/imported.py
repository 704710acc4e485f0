"""What the imported checks share: the student's answer as the original tests knew it.

A test of the original ran beside the student's code. Here it runs in another process, and an object
of the student's is a `Proxy`: what is done with it is done there, values come back and are judged
here. It is never asked whether it equals a value, so that an object that claims to equal everything
is of no use.
"""

from __future__ import annotations

import builtins
import importlib
import math
import operator
import textwrap
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import pytest

from autograder.checks import Probe, RemoteObject, Student, fail, probe
from autograder.model.errors import HarnessFault
from autograder.model.findings import CheckFailed

#: What a student reads of a test that gives a part of its points.
PARTLY = "The test does not give all of its points."
#: Containers in containers; a list that holds itself has no end.
_DEEPEST = 20
_Kind = TypeVar("_Kind")
#: The types of classes, as the student's process says them.
_CLASSES = frozenset({"type", "abc.ABCMeta"})


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
        return Proxy(_State(self, self._student.remote(name)))

    def kind(self, name: str, /) -> Proxy:
        """The student's class itself."""
        self.names_class = True
        return self.function(name)

    def make(self, name: str, /, *args: Any, **kwargs: Any) -> Proxy:
        """An object of the student's class."""
        self.names_class = True
        with raising():
            made = self._student.make(name, *self.sent(args), **self.sent(kwargs))
        return Proxy(_State(self, made))

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
        return Proxy(_State(self, made))

    def type_of(self, value: Any, /) -> Any:
        """The type of a value, or of an object of the student's, where it is."""
        return ask(value, _type_of, keep=True) if isinstance(value, Proxy) else type(value)

    def callable(self, value: Any, /) -> bool:
        """Whether it can be called."""
        return ask(value, _callable) is True if isinstance(value, Proxy) else callable(value)

    def same(self, one: Any, other: Any, /) -> bool:
        """Whether both are one object: of values that came over nobody can tell."""
        if isinstance(one, Proxy) and isinstance(other, Proxy):
            return ask(one, _operate, other, "is_") is True
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
            return _state(value).remote
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
                pairs = self.taken(self._student.probe(_items, value), depth + 1)
                return dict(pairs)
            return Proxy(_State(self, value))
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
        if found is not value or module == __name__:
            return value
        return self.sent(self.send(f"import {module}\nreturn {module}.{name}"))


@dataclass(frozen=True)
class _State:
    """What a proxy stands for.

    Attributes:
        method: it came as an attribute of another.
        told: it was made with a value of the test's by an operator, so it may be what is expected.
    """

    answers: Answers
    remote: RemoteObject
    method: bool = False
    told: bool = False


class Proxy:
    """An object of the student's: what is asked of it is asked where it is."""

    __slots__ = ("_state",)
    __hash__ = None  # type: ignore[assignment]
    __array_ufunc__ = None  # operators of arrays leave it to this class

    def __init__(self, state: _State) -> None:
        object.__setattr__(self, "_state", state)

    def __getattribute__(self, name: str) -> Any:
        if name in ("__class__", "__array__"):
            return object.__getattribute__(self, name)
        if name.startswith(("__array_", "__torch_", "__cuda_", "__dlpack", "__buffer")):
            raise AttributeError(name)
        state = _state(self)
        with raising():
            found = state.answers.taken(state.remote.get(name))
        if isinstance(found, Proxy):
            return Proxy(_State(state.answers, _state(found).remote, method=True))
        return found

    def __setattr__(self, name: str, value: Any) -> None:
        state = _state(self)
        with raising():
            state.remote.set(name, state.answers.sent(value))

    def __delattr__(self, name: str) -> None:
        ask(self, _delete, name)

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """Call it; of a class an object is made."""
        state = _state(self)
        sent = state.answers.sent
        keep = state.remote.type_name in _CLASSES
        with raising():
            found = state.remote(*sent(args), keep=keep, **sent(kwargs))
        # An object that is no answer could say that it is one.
        claims = isinstance(found, bool | np.bool_) and state.method and (args or kwargs)
        if claims and not state.answers.names_class:
            raise _unjudged(self)
        return state.answers.taken(found)

    def __getitem__(self, key: Any) -> Any:
        state = _of_untold(self)
        with raising():
            return state.answers.taken(state.remote.item(state.answers.sent(key)))

    def __setitem__(self, key: Any, value: Any) -> None:
        state = _state(self)
        with raising():
            state.remote.set_item(state.answers.sent(key), state.answers.sent(value))

    def __iter__(self) -> Iterator[Any]:
        state = _of_untold(self)
        if state.remote.type_name == "generator":
            return self
        return map(state.answers.taken, state.remote)

    def __next__(self) -> Any:
        state = _state(self)
        with raising():
            items = state.remote.take(1)
        if not items:
            raise StopIteration
        return state.answers.taken(items[0])

    def __len__(self) -> int:
        with raising():
            return len(_of_untold(self).remote)

    def __bool__(self) -> bool:
        return _converted(self, "bool", bool)

    def __int__(self) -> int:
        return _converted(self, "int", int)

    def __index__(self) -> int:
        return _converted(self, "index", int)

    def __float__(self) -> float:
        return _converted(self, "float", float)

    def __complex__(self) -> complex:
        return _converted(self, "complex", complex)

    def __str__(self) -> str:
        return _converted(self, "str", str)

    def __repr__(self) -> str:
        return _converted(self, "repr", str)

    def __format__(self, spec: str) -> str:
        found = ask(self, _format, spec)
        return found if type(found) is str else ""

    def __dir__(self) -> list[str]:
        found = ask(self, _names)
        return [str(name) for name in found] if isinstance(found, list) else []

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        _of_untold(self)
        found = ask(self, _array)
        if isinstance(found, Proxy):
            raise _unjudged(self)
        return np.asarray(found, dtype)

    def __eq__(self, other: object) -> Any:
        return False if other is None else _compared(self, other, "eq")

    def __ne__(self, other: object) -> Any:
        return True if other is None else _compared(self, other, "ne")

    def __lt__(self, other: object) -> Any:
        return _compared(self, other, "lt")

    def __le__(self, other: object) -> Any:
        return _compared(self, other, "le")

    def __gt__(self, other: object) -> Any:
        return _compared(self, other, "gt")

    def __ge__(self, other: object) -> Any:
        return _compared(self, other, "ge")

    def __instancecheck__(self, value: object) -> bool:
        return isinstance(value, Proxy) and ask(value, _is_instance, self) is True

    def __subclasscheck__(self, value: object) -> bool:
        return isinstance(value, Proxy) and ask(value, _is_subclass, self) is True


def _state(proxy: Proxy) -> _State:
    state: _State = object.__getattribute__(proxy, "_state")
    return state


def _of_untold(proxy: Proxy) -> _State:
    """What a proxy stands for, if it may become a value."""
    state = _state(proxy)
    if state.told:
        raise _unjudged(proxy)
    return state


def ask(proxy: Proxy, function: Probe, /, *args: Any, keep: bool = False) -> Any:
    """Run a probe on an object of the student's."""
    state = _state(proxy)
    found = state.answers.probe(function, state.remote, *args, keep=keep)
    return Proxy(_State(state.answers, found)) if isinstance(found, RemoteObject) else found


def _converted(proxy: Proxy, how: str, kind: type[_Kind]) -> _Kind:
    _of_untold(proxy)
    found = ask(proxy, _convert, how)
    if type(found) is not kind or not isinstance(found, kind):
        raise _unjudged(proxy)
    return found


def _compared(one: Proxy, other: object, how: str) -> Any:
    """Two objects compare themselves; with a value none of them is asked to compare itself."""
    if not isinstance(other, Proxy) or not _state(one).answers.names_class:
        raise _unjudged(one)
    if _state(one).told or _state(other).told:
        raise _unjudged(one)
    return ask(one, _operate, other, how)


def _computed(one: Proxy, other: object, how: str, *, swapped: bool = False) -> Any:
    """What comes of an operator; together with a value of the test's it stays an object."""
    state = _state(one)
    if not state.answers.names_class:
        raise _unjudged(one)
    told = state.told or not isinstance(other, Proxy) or _state(other).told
    with raising():
        found = state.answers.probe(_operate, state.remote, other, how, swapped, keep=told)
    return Proxy(_State(state.answers, found, told=True)) if told else found


def _binary(how: str, *, swapped: bool = False) -> Callable[[Proxy, object], Any]:
    return lambda one, other: _computed(one, other, how, swapped=swapped)


def _unary(how: str) -> Callable[[Proxy], Any]:
    def of(one: Proxy) -> Any:
        state = _state(one)
        if not state.answers.names_class:
            raise _unjudged(one)
        found = state.answers.probe(_operate_alone, state.remote, how, keep=True)
        return Proxy(_State(state.answers, found, told=state.told))

    return of


for _how in "add sub mul truediv floordiv mod pow matmul lshift rshift and or xor".split():
    _name = f"{_how}_" if _how in ("and", "or") else _how
    setattr(Proxy, f"__{_how}__", _binary(_name))
    setattr(Proxy, f"__r{_how}__", _binary(_name, swapped=True))
    setattr(Proxy, f"__i{_how}__", _binary(f"i{_how}"))
for _how in ("neg", "pos", "abs", "invert"):
    setattr(Proxy, f"__{_how}__", _unary(_how))


def _unjudged(proxy: Proxy) -> CheckFailed:
    kind = _state(proxy).remote.type_name
    return fail(
        f"an object of type {kind} where a value is asked for.",
        hint="Does the answer give the kind of value that is asked for?",
        hidden="an object where a value is asked for.",
    )


def _unusable(*_args: object) -> None:
    raise RuntimeError("a function of a test's runs beside the student's code alone")


@probe
def _items(of: Any) -> Any:
    return list(dict.items(of))


@probe
def _type_of(of: Any) -> Any:
    return type(of)


@probe
def _callable(of: Any) -> Any:
    return callable(of)


@probe
def _names(of: Any) -> Any:
    return list(dir(of))


@probe
def _delete(of: Any, name: str) -> None:
    delattr(of, name)


@probe
def _array(of: Any) -> Any:
    return np.asarray(of)


@probe
def _format(of: Any, spec: str) -> Any:
    return format(of, spec)


@probe
def _is_instance(of: Any, kind: Any) -> Any:
    return isinstance(of, kind)


@probe
def _is_subclass(of: Any, kind: Any) -> Any:
    return issubclass(of, kind)


@probe
def _convert(of: Any, how: str) -> Any:
    ways: dict[str, Any] = {
        "bool": bool,
        "int": int,
        "float": float,
        "complex": complex,
        "str": str,
        "repr": repr,
    }
    return operator.index(of) if how == "index" else ways[how](of)


@probe
def _operate(of: Any, other: Any, how: str, swapped: bool = False) -> Any:
    function = getattr(operator, how)
    return function(other, of) if swapped else function(of, other)


@probe
def _operate_alone(of: Any, how: str) -> Any:
    return getattr(operator, how)(of)


@pytest.fixture
def student(student: Student) -> Answers:
    """The student's answer, asked by name."""
    return Answers(student)


@contextmanager
def judged() -> Iterator[None]:
    """A comparison that stops is a wrong answer, as it was in the notebook, and no fault."""
    try:
        yield
    except (AssertionError, CheckFailed, HarnessFault):
        raise
    except Exception as error:
        kind = type(error).__name__
        raise fail(
            f"something that cannot be compared: {kind}: {error}.",
            hint="Is the answer filled in, and does it give the kind of value that is asked for?",
            hidden=f"something that cannot be compared ({kind}).",
        ) from error


def expect_as_solution(got: Any, expected: Any) -> None:
    """What nbgrader's AUTOTEST asserts: the same type and the same text, of floats two decimals."""
    if isinstance(got, Proxy):
        raise _unjudged(got)
    told = "The type is another than the solution's." if type(got) is not type(expected) else ""
    if not told and _text(got) != _text(expected):
        told = "The value is another than the solution's."
    if told:
        raise fail(told, hidden=told)


def _text(value: Any) -> str:
    return str(round(value, 2)) if type(value) is float else str(value)


def part(value: object, points: float) -> float:
    """The score that a test ends with, from 0 to its points; all of them if it is no number."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.number):
        return points
    score = float(value)
    return min(max(score, 0.0), points) if math.isfinite(score) else 0.0


@contextmanager
def raising() -> Iterator[None]:
    """An exception of Python's own out of the student's code can be caught as what it is."""
    try:
        yield
    except CheckFailed as failed:
        made = _as_raised(failed)
        if made is failed:
            raise
        raise made from failed


def _as_raised(failed: CheckFailed) -> CheckFailed:
    name, message = failed.raised or ("", "")
    kind = getattr(builtins, name, None)
    if not isinstance(kind, type) or not issubclass(kind, Exception) or isinstance(failed, kind):
        return failed
    both = type(name, (CheckFailed, kind), {"__str__": lambda _self: message})
    try:
        made: CheckFailed = both(failed.finding, failed.raised)
    except TypeError:  # one that is made of more than a message
        return failed
    made.args = (message,)
    return made
