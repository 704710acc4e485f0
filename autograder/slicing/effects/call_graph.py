"""The functions of a notebook come in; groups, each behind those that it may call, go out.

What a function does follows from the names in it, and from what the functions of these names do.
So those that call each other are one group, and what a group does can be worked out once for all
slices in which its names stand for the same.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from autograder.slicing.astnodes import Function
from autograder.slicing.effects.callees import Callees

#: Methods that are called without being named.
_UNNAMED = frozenset(("__call__", "forward", "__init__", "__init_subclass__"))


@dataclass(frozen=True)
class Group:
    """Functions that call each other, or one.

    Attributes:
        names: all that they follow from, those of the groups below aside.
        below: the numbers of the groups that they may call.
        circular: one of them may call itself.
    """

    pairs: tuple[tuple[str, Function], ...]
    names: frozenset[str]
    below: frozenset[int]
    circular: bool


@lru_cache(maxsize=4096)  # the questions of a notebook share most of its functions
def _mentioned(function: Function) -> frozenset[str]:
    """The names in a function, and the methods that it may call without naming them."""
    body = function.body if isinstance(function.body, list) else [function.body]
    found: set[str] = set()
    for node in (inner for part in (function.args, *body) for inner in ast.walk(part)):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
                found.add(name)
            case (
                ast.FunctionDef(name=name)
                | ast.AsyncFunctionDef(name=name)
                | ast.ClassDef(name=name)
            ):
                found |= {name, *_UNNAMED}  # decorators are called, too
            case ast.Global(names=names) | ast.Nonlocal(names=names):
                found.update(names)
            case ast.alias():
                found.add((node.asname or node.name).partition(".")[0])
            case ast.Call():
                found |= _UNNAMED
    return frozenset(found)


def grouped(callees: Callees) -> list[Group]:
    """The groups, those first that others may call."""
    pairs: dict[Function, list[tuple[str, Function]]] = {}
    for name, function in callees.pairs:
        pairs.setdefault(function, []).append((name, function))
    told = {function: callees.told_by(_mentioned(function)) for function in pairs}
    calls = {f: {g for name in names for g in callees.named(name)} for f, names in told.items()}
    groups: list[Group] = []
    number: dict[Function, int] = {}
    for members in _strongly_connected(calls):
        called = {g for f in members for g in calls[f]}
        number |= dict.fromkeys(members, len(groups))
        groups.append(
            Group(
                tuple(pair for f in members for pair in pairs[f]),
                frozenset(name for f in members for name in told[f]),
                frozenset(number[g] for g in called.difference(members)),
                not called.isdisjoint(members),
            )
        )
    return groups


def _strongly_connected(calls: Mapping[Function, Iterable[Function]]) -> Iterator[list[Function]]:
    """Those that can reach each other, each behind what it reaches (Tarjan, 1972).

    Without recursion: a chain of calls may be as long as a notebook.
    """
    place = {function: at for at, function in enumerate(calls)}
    order: dict[Function, int] = {}
    lowest: dict[Function, int] = {}
    open_: dict[Function, None] = {}
    for root in calls:
        walk: list[tuple[Function, Iterator[Function]]] = []
        if root not in order:
            walk.append((root, iter(())))
        while walk:
            function, rest = walk[-1]
            if function not in order:
                order[function] = lowest[function] = len(order)
                open_[function] = None
                rest = iter(sorted(calls[function], key=place.__getitem__))
                walk[-1] = function, rest
            for called in rest:
                if called not in order:
                    walk.append((called, iter(())))
                    break
                if called in open_:
                    lowest[function] = min(lowest[function], order[called])
            else:
                walk.pop()
                if walk:
                    above = walk[-1][0]
                    lowest[above] = min(lowest[above], lowest[function])
                if lowest[function] == order[function]:
                    members = list(open_)[list(open_).index(function) :]
                    for member in members:
                        del open_[member]
                    yield sorted(members, key=place.__getitem__)
