"""Syntax-tree nodes come in; which of their names may stand for the same object goes out."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence, Set

from autograder.slicing.aliasing.object_classes import ObjectClasses
from autograder.slicing.aliasing.values import Makers, Values
from autograder.slicing.astnodes import attribute_name
from autograder.slicing.library.methods import DRAWN_SETTERS, GETTERS, mutates_receiver
from autograder.slicing.library.resources import FIGURE, SETTINGS
from autograder.slicing.scope import Scope

#: What tells anything of which objects are one; most nodes are others.
_TELLING = (
    ast.Assign, ast.AnnAssign, ast.NamedExpr, ast.AugAssign, ast.For, ast.AsyncFor,
    ast.comprehension, ast.withitem, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Call,
    ast.arguments,
)  # fmt: skip


class PointsTo:
    """The classes of objects that names and expressions may stand for.

    Each assignment makes two classes one, in no order. Names that only ever hold numbers and text
    take no part, as nothing can change those in place.

    Args:
        owned: the names that take part; not modules, nor what others define.
        results: what the result of a function of the notebook may be, by name.
        scope: what names from outside stand for.
        makers: the notebook's own classes and functions.
        numbers: the `atoms` of the nodes.
    """

    def __init__(
        self,
        nodes: Sequence[ast.AST],
        owned: Set[str],
        results: Mapping[str, Set[str]],
        scope: Scope,
        makers: Makers,
        numbers: Set[str],
    ) -> None:
        self.objects = ObjectClasses()
        self._owned = (owned - numbers - _thrown_away(nodes)) | {FIGURE, SETTINGS}
        self._values = Values(self.objects, self._owned, results, scope, makers)
        for node in nodes:
            if isinstance(node, _TELLING):
                self._learn(node)

    def value(self, node: ast.AST | None) -> int | None:
        """The class of an expression's value; None for numbers and text."""
        return self._values.of(node)

    def of_names(self, names: Iterable[str]) -> set[int]:
        """The classes of the names' own objects."""
        return {self._values.of_name(name) for name in names if name in self._owned}

    def reach(self, names: Iterable[str]) -> set[int]:
        """The classes of the names' objects and of all that may be inside them."""
        return self.objects.within(self.of_names(names))

    # --- one node ---

    def _learn(self, node: ast.AST) -> None:
        match node:
            case ast.arguments():  # `*args` is a tuple and `**options` a dict
                for argument in filter(None, (node.vararg, node.kwarg)):
                    self.objects.add_kind(self._values.of_name(argument.arg), "data")
            case ast.Assign():
                for target in node.targets:
                    self._assign(target, node.value)
            case ast.AnnAssign(value=ast.expr()) | ast.NamedExpr():
                self._assign(node.target, node.value)
            case ast.AugAssign():
                self.objects.unite(
                    [self.objects.part(self.value(n)) for n in (node.target, node.value)]
                )
            case ast.For() | ast.AsyncFor() | ast.comprehension():
                self._iterate(node.target, node.iter)
            case ast.withitem(optional_vars=ast.expr() as target):
                self._bind(target, self.value(node.context_expr))
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() if (
                node.decorator_list and node.name in self._owned
            ):  # what a decorator makes of it may hold anything
                made = self._values.of_name(node.name)
                self.objects.add_held(made, map(self.value, node.decorator_list))
            case ast.ClassDef():
                for part in node.body:
                    if isinstance(part, ast.Assign):
                        inside = self.objects.part(self._values.of_name(node.name))
                        self.objects.unite([inside, self.value(part.value)])
            case ast.Call(func=ast.Attribute() as method) if mutates_receiver(method.attr):
                self._put_in(method, node.args)

    def _put_in(self, method: ast.Attribute, arguments: Sequence[ast.expr]) -> None:
        """What a method that changes its object gets is inside that from then on."""
        if DRAWN_SETTERS.fullmatch(method.attr):
            return
        keyed = method.attr in {*GETTERS, "insert"}
        held = [self._values.of_item(argument) for argument in arguments[keyed:]]
        inside = self.objects.part(self.value(method.value))
        self.objects.unite([inside, *held])
        if method.attr in {"extend", "update", "extendleft", "__iadd__"}:
            self.objects.unite([inside, *(self.objects.part(part) for part in held)])

    def _iterate(self, target: ast.expr, source: ast.expr) -> None:
        value = self.objects.part(self.value(source))
        if isinstance(target, ast.Tuple) and isinstance(source, ast.Call):
            name = attribute_name(source.func)
            if name in {"items", "enumerate"} and len(target.elts) == 2:
                # Keys and numbers do not change.
                target, value = target.elts[1], self.objects.part(value)
            elif name == "zip" and len(target.elts) == len(source.args):
                for part, argument in zip(target.elts, source.args, strict=True):
                    self._iterate(part, argument)
                return
        self._bind(target, value)

    def _assign(self, target: ast.expr, value: ast.expr | None) -> None:
        pair = (ast.Tuple, ast.List)
        if isinstance(target, pair) and isinstance(value, pair):
            starred = any(isinstance(n, ast.Starred) for n in [*target.elts, *value.elts])
            if not starred and len(target.elts) == len(value.elts):
                for left, right in zip(target.elts, value.elts, strict=True):
                    self._assign(left, right)
                return
        self._bind(target, self.value(value))

    def _bind(self, target: ast.AST, value: int | None) -> None:
        match target:
            case ast.Tuple() | ast.List():
                for part in target.elts:
                    self._bind(part, self.objects.part(value))
            case ast.Starred():
                self.objects.unite([self.objects.part(self.value(target.value)), value])
            case ast.Name() | ast.Attribute() | ast.Subscript():
                self.objects.unite([self.value(target), value])


def _thrown_away(nodes: Sequence[ast.AST]) -> set[str]:
    """Those of the names for what nobody wants that nobody reads: else they would link all."""
    read = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    return {"_", "__"} - read
