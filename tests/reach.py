"""A collected test comes in; whether it can come to start a process goes out.

Workers, kernels, browsers, containers, builds and commands are processes: a test that reaches none
is fast and runs anywhere. It is read off the code: of the test and its fixtures, the names that it
uses, and what those use, as far as that is this project's own. Two things of one name count as
one, so that a test may be taken for a slow one, but hardly the other way round.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
#: Whatever belongs to these modules starts processes, but for their errors; and these names do.
STARTERS = frozenset({"subprocess", "multiprocessing", "nbclient", "playwright", "distributed"})
FORKS = frozenset({"fork", "forkpty", "posix_spawn"})


class Reach:
    """What is known of functions and classes so far; they are kept, so that an id stays theirs."""

    def __init__(self) -> None:
        self._starting: dict[int, Any] = {}
        self._harmless: dict[int, Any] = {}
        self._asked: dict[int, tuple[Any, bool]] = {}

    def starts_a_process(self, item: pytest.Item) -> bool:
        """Whether the test, a fixture of its or one of its parameters reaches what starts one."""
        return any(self._asked_of(part) for part in _parts(item))

    def _asked_of(self, part: Any) -> bool:
        """As `reaches`; most parts belong to many tests."""
        known = self._asked.get(id(part))
        if known is None:
            known = self._asked[id(part)] = (part, self.reaches(part))
        return known[1]

    def reaches(self, root: Any) -> bool:
        """Whether a function or class comes to use what starts a process."""
        visited: dict[int, Any] = {}
        waiting = [root]
        while waiting:
            thing = _plain(waiting.pop())
            if _is_starter(thing) or id(thing) in self._starting:
                self._starting[id(_plain(root))] = _plain(root)
                return True
            if id(thing) in self._harmless or id(thing) in visited or not _is_ours(thing):
                continue
            visited[id(thing)] = thing
            waiting.extend(_used(thing))
        self._harmless |= visited
        return False


def _parts(item: pytest.Item) -> Iterator[Any]:
    """The functions that run for a test: its own, those of its fixtures, and its parameters."""
    yield getattr(item, "obj", None)
    info = getattr(item, "_fixtureinfo", None)
    for definitions in info.name2fixturedefs.values() if info else ():
        yield from (definition.func for definition in definitions)
    callspec = getattr(item, "callspec", None)
    yield from callspec.params.values() if callspec else ()


def _plain(thing: Any) -> Any:
    """A function without what is wrapped around it."""
    while isinstance(thing, partial):
        thing = thing.func
    return inspect.unwrap(getattr(thing, "__func__", thing)) if callable(thing) else thing


def _is_starter(thing: Any) -> bool:
    if isinstance(thing, type) and issubclass(thing, BaseException):
        return False
    name = thing.__name__ if isinstance(thing, ModuleType) else getattr(thing, "__module__", "")
    return str(name).partition(".")[0] in STARTERS


def _is_ours(thing: Any) -> bool:
    if not isinstance(thing, FunctionType | type):
        return False
    file = getattr(sys.modules.get(thing.__module__), "__file__", None) or ""
    return file.startswith(str(ROOT)) and "site-packages" not in file


def _used(thing: FunctionType | type) -> Iterator[Any]:
    """What the names in the code of a function stand for, or in that of a class's functions."""
    if isinstance(thing, type):
        yield from thing.__bases__
        for member in vars(thing).values():
            yield member.fget if isinstance(member, property) else member
        return
    names = frozenset(_names(thing.__code__))
    if names & FORKS:
        yield sys.modules["subprocess"]
    found = [thing.__globals__.get(name) for name in names]
    modules = [each for each in found if isinstance(each, ModuleType)]
    imported = [name for name in names if "." in name or name in STARTERS]
    modules += [sys.modules[name] for name in imported if name in sys.modules]
    yield from (*found, *modules)
    for module in modules:
        yield from (vars(module)[name] for name in names & vars(module).keys())
    yield from (cell.cell_contents for cell in thing.__closure__ or () if _is_filled(cell))


def _is_filled(cell: Any) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:
        return False


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)
