"""A notebook's statements come in; which of its functions a call may run goes out."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from autograder.slicing.aliasing.values import CLASS
from autograder.slicing.astnodes import Function, attribute_name, eager_nodes
from autograder.slicing.library.methods import mutates_receiver


@dataclass
class Callees:
    """What a notebook defines that can be called, by name.

    Attributes:
        functions: those of its top level; by the name of a class, its ``__init__``.
        methods: by their own names, whatever class they are of.
        acts: the names that a name may act as.
        bound_methods: names for methods that change the object that they are bound to.
    """

    functions: dict[str, list[Function]] = field(default_factory=dict)
    methods: dict[str, list[Function]] = field(default_factory=dict)
    classes: dict[str, ast.ClassDef] = field(default_factory=dict)
    acts: dict[str, set[str]] = field(default_factory=dict)
    bound_methods: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, statements: Iterable[ast.stmt]) -> Callees:
        """Those that the statements define."""
        found = cls()
        for statement in statements:
            found.add(statement)
        return found

    def add(self, statement: ast.stmt) -> None:
        """Note the functions that a statement defines, and the names that act as others do."""
        match statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self.functions.setdefault(statement.name, []).append(statement)
                acts = {attribute_name(decorator) for decorator in statement.decorator_list}
                self.acts.setdefault(statement.name, set()).update(acts)
            case ast.ClassDef():
                self.classes[statement.name] = statement
                for part in statement.body:
                    if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef):
                        self.methods.setdefault(part.name, []).append(part)
                        if part.name == "__init__":
                            self.functions.setdefault(statement.name, []).append(part)
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Lambda() as function):
                self.functions.setdefault(name, []).append(function)
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.expr() as value):
                if mutates_receiver(attribute_name(value)):
                    self.bound_methods.add(name)
                called = [value.func, *value.args] if isinstance(value, ast.Call) else [value]
                acts = {part.id for part in called if isinstance(part, ast.Name)}
                self.acts.setdefault(name, set()).update(acts)

    # --- all of them ---

    @property
    def pairs(self) -> list[tuple[str, Function]]:
        """All functions, each with the name that it is found by; some have two."""
        tables = [*self.functions.items(), *self.methods.items()]
        return [(name, function) for name, functions in tables for function in functions]

    @property
    def generators(self) -> frozenset[str]:
        """The names of functions that yield."""
        return frozenset(n for n, found in self.functions.items() if any(map(_yields, found)))

    def named(self, name: str) -> list[Function]:
        """The functions and methods of a name."""
        return [*self.functions.get(name, ()), *self.methods.get(name, ())]

    def told_by(self, names: Iterable[str]) -> set[str]:
        """The names, those that they act as, and the bases of their classes."""

        def told(name: str) -> Iterable[str]:
            bases = self.classes[name].bases if name in self.classes else ()
            return [*self.acts.get(name, ()), *map(attribute_name, bases)]

        return _reached(names, told)

    # --- those of one call ---

    def acting(self, name: str) -> set[str]:
        """The name, and all that it may act as."""
        return _reached([name], lambda known: self.acts.get(known, ()))

    def given_to(self, call: ast.Call) -> list[Function]:
        """The functions that a call is given, and may call."""
        given = (*call.args, *(keyword.value for keyword in call.keywords))
        return [f for argument in given for f in self.functions.get(attribute_name(argument), ())]

    def methods_of(self, name: str, kinds: frozenset[str]) -> list[Function]:
        """The methods that a call of a method may mean.

        Args:
            kinds: what sorts of object it may be called on; empty if nothing is known.
        """
        found = self.methods.get(name, [])
        classes = {kind.removeprefix(CLASS) for kind in kinds if kind.startswith(CLASS)}
        if not kinds or not found:
            return found
        if not classes:
            return []
        own = [f for c in classes for f in self.in_class(c, name)]
        return own or found

    def of_object(self, kind: str) -> list[Function]:
        """What a call of an object of a kind runs, if that is a class of the notebook's."""
        name = kind.removeprefix(CLASS)
        if name == kind:
            return []
        return self.in_class(name, "__call__") or self.in_class(name, "forward")

    def in_class(
        self, name: str, method: str, below: frozenset[str] = frozenset()
    ) -> list[Function]:
        """The methods of a name that a class has, or inherits.

        Args:
            below: classes that have been looked at.
        """
        node = self.classes.get(name)
        if node is None or name in below:
            return []
        here: list[Function] = [
            part
            for part in node.body
            if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef) and part.name == method
        ]
        bases = map(attribute_name, node.bases)
        return here or [f for base in bases for f in self.in_class(base, method, below | {name})]


def _reached(names: Iterable[str], further: Callable[[str], Iterable[str]]) -> set[str]:
    """The names, and all that are told by one of them, or by one that is."""
    found: set[str] = set()
    pending = list(names)
    while pending:
        name = pending.pop()
        if name not in found:
            found.add(name)
            pending += further(name)
    return found


@lru_cache(maxsize=4096)  # the questions of a notebook share most of its functions
def _yields(function: Function) -> bool:
    body = function.body if isinstance(function.body, list) else [function.body]
    return any(
        isinstance(node, ast.Yield | ast.YieldFrom) for part in body for node in eager_nodes(part)
    )
