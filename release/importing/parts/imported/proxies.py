"""An object of the student's as a test knew it: what is done with it is done where it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from autograder.checks import Probe, RemoteObject, fail
from autograder.model.findings import CheckFailed

from . import probes
from .raised import raising

if TYPE_CHECKING:
    from .answers import Answers

_Kind = TypeVar("_Kind")
#: The types of classes, as the student's process says them.
_CLASSES = frozenset({"type", "abc.ABCMeta"})


@dataclass(frozen=True)
class State:
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

    def __init__(self, state: State) -> None:
        object.__setattr__(self, "_state", state)

    def __getattribute__(self, name: str) -> Any:
        if name in ("__class__", "__array__"):
            return object.__getattribute__(self, name)
        if name.startswith(("__array_", "__torch_", "__cuda_", "__dlpack", "__buffer")):
            raise AttributeError(name)
        state = state_of(self)
        with raising():
            found = state.answers.taken(state.remote.get(name))
        if isinstance(found, Proxy):
            return Proxy(State(state.answers, state_of(found).remote, method=True))
        return found

    def __setattr__(self, name: str, value: Any) -> None:
        state = state_of(self)
        with raising():
            state.remote.set(name, state.answers.sent(value))

    def __delattr__(self, name: str) -> None:
        ask(self, probes.delete, name)

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """Call it; of a class an object is made."""
        state = state_of(self)
        sent = state.answers.sent
        keep = state.remote.type_name in _CLASSES
        with raising():
            found = state.remote(*sent(args), keep=keep, **sent(kwargs))
        # An object could say of itself whatever a test asks for.
        claims = isinstance(found, bool | np.bool_) and state.method and (args or kwargs)
        if claims and not state.answers.names_class:
            raise unjudged(self)
        return state.answers.taken(found)

    def __getitem__(self, key: Any) -> Any:
        state = _of_untold(self)
        with raising():
            return state.answers.taken(state.remote.item(state.answers.sent(key)))

    def __setitem__(self, key: Any, value: Any) -> None:
        state = state_of(self)
        with raising():
            state.remote.set_item(state.answers.sent(key), state.answers.sent(value))

    def __iter__(self) -> Iterator[Any]:
        state = _of_untold(self)
        if state.remote.type_name == "generator":
            return self
        return map(state.answers.taken, state.remote)

    def __next__(self) -> Any:
        state = state_of(self)
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
        found = ask(self, probes.formatted, spec)
        return found if type(found) is str else ""

    def __dir__(self) -> list[str]:
        found = ask(self, probes.names)
        return [str(name) for name in found] if isinstance(found, list) else []

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        _of_untold(self)
        found = ask(self, probes.as_array)
        if isinstance(found, Proxy):
            raise unjudged(self)
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
        return isinstance(value, Proxy) and ask(value, probes.is_instance, self) is True

    def __subclasscheck__(self, value: object) -> bool:
        return isinstance(value, Proxy) and ask(value, probes.is_subclass, self) is True


def state_of(proxy: Proxy) -> State:
    """What a proxy stands for."""
    state: State = object.__getattribute__(proxy, "_state")
    return state


def _of_untold(proxy: Proxy) -> State:
    """What a proxy stands for, if it may become a value."""
    state = state_of(proxy)
    if state.told:
        raise unjudged(proxy)
    return state


def ask(proxy: Proxy, function: Probe, /, *args: Any, keep: bool = False) -> Any:
    """Run a probe on an object of the student's."""
    state = state_of(proxy)
    found = state.answers.probe(function, state.remote, *args, keep=keep)
    return Proxy(State(state.answers, found)) if isinstance(found, RemoteObject) else found


def _converted(proxy: Proxy, how: str, kind: type[_Kind]) -> _Kind:
    _of_untold(proxy)
    found = ask(proxy, probes.converted, how)
    if type(found) is not kind or not isinstance(found, kind):
        raise unjudged(proxy)
    return found


def _compared(one: Proxy, other: object, how: str) -> Any:
    """Two objects compare themselves; with a value none of them is asked to compare itself."""
    if not isinstance(other, Proxy) or not state_of(one).answers.names_class:
        raise unjudged(one)
    if state_of(one).told or state_of(other).told:
        raise unjudged(one)
    return ask(one, probes.operated, other, how)


def _computed(one: Proxy, other: object, how: str, *, swapped: bool = False) -> Any:
    """What comes of an operator; together with a value of the test's it stays an object."""
    state = state_of(one)
    if not state.answers.names_class:
        raise unjudged(one)
    told = state.told or not isinstance(other, Proxy) or state_of(other).told
    with raising():
        found = state.answers.probe(probes.operated, state.remote, other, how, swapped, keep=told)
    return Proxy(State(state.answers, found, told=True)) if told else found


def _binary(how: str, *, swapped: bool = False) -> Callable[[Proxy, object], Any]:
    return lambda one, other: _computed(one, other, how, swapped=swapped)


def _unary(how: str) -> Callable[[Proxy], Any]:
    def of(one: Proxy) -> Any:
        state = state_of(one)
        if not state.answers.names_class:
            raise unjudged(one)
        found = state.answers.probe(probes.operated_alone, state.remote, how, keep=True)
        return Proxy(State(state.answers, found, told=state.told))

    return of


for _how in "add sub mul truediv floordiv mod pow matmul lshift rshift and or xor".split():
    _name = f"{_how}_" if _how in ("and", "or") else _how
    setattr(Proxy, f"__{_how}__", _binary(_name))
    setattr(Proxy, f"__r{_how}__", _binary(_name, swapped=True))
    setattr(Proxy, f"__i{_how}__", _binary(f"i{_how}"))
for _how in ("neg", "pos", "abs", "invert"):
    setattr(Proxy, f"__{_how}__", _unary(_how))


def unjudged(proxy: Proxy) -> CheckFailed:
    """An object where a value is compared: nobody can tell what it is."""
    kind = state_of(proxy).remote.type_name
    return fail(
        f"an object of type {kind} where a value is asked for.",
        hint="Does the answer give the kind of value that is asked for?",
        hidden="an object where a value is asked for.",
    )
