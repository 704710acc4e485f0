"""A syntax-tree node comes in; the objects that it changes, or may change, go out."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

from autograder.slicing.aliasing.points_to import PointsTo
from autograder.slicing.aliasing.values import CLASS, put_into_by
from autograder.slicing.astnodes import Function, attribute_name, base_name
from autograder.slicing.effects.module_facts import ModuleFacts
from autograder.slicing.effects.summaries import Summary, Touch
from autograder.slicing.library.functions import (
    GENERATOR_ARGUMENTS,
    Known,
    is_library,
    known_function,
)
from autograder.slicing.library.methods import (
    BACKWARD_METHODS,
    DRAWING_METHODS,
    FILLING_METHODS,
    method_changes_receiver_only,
    method_reads,
    mutates_receiver,
)
from autograder.slicing.library.resources import FIGURE, SETTINGS

#: What may change an object: most nodes do not.
CHANGING = (
    ast.Subscript, ast.Attribute, ast.AugAssign, ast.FunctionDef, ast.AsyncFunctionDef,
    ast.ClassDef, ast.Call, ast.For, ast.AsyncFor, ast.comprehension, ast.Starred, ast.Assign,
    ast.YieldFrom, ast.Compare,
)  # fmt: skip


class Mutations:
    """Tells what nodes change.

    Args:
        module: what the nodes stand in.
        summaries: what functions do, as far as that is known.
        points_to: what the names and expressions around the nodes may stand for.
    """

    def __init__(
        self, module: ModuleFacts, summaries: Mapping[Function, Summary], points_to: PointsTo
    ) -> None:
        self._scope = module.scope
        self._callees = module.callees
        self._packages = module.packages
        self._imported = module.imported
        self._summaries = summaries
        self._points_to = points_to
        self._objects = points_to.objects

    def of(self, node: ast.AST) -> Iterator[Touch]:
        """What one node changes, those in it left out: classes of objects, and names."""
        match node:
            case ast.Subscript() | ast.Attribute() if not isinstance(node.ctx, ast.Load):
                yield from self._stored_into(node)
            case ast.AugAssign():
                yield from self._touch(node.target)
            case ast.Attribute() if mutates_receiver(node.attr):
                kinds = self._objects.kinds(self._points_to.value(node.value))
                deep = bool(kinds - {"data", "generator"}) or node.attr.endswith("_")
                yield from self._touch(node.value, deep=deep, why=node.attr)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield from self._registered(node)
            case ast.Call():
                yield from self._by_call(node)
            case _:
                for source in gone_through(node):
                    yield from self._used_up(source, "for")

    def _touch(
        self,
        node: ast.expr,
        *,
        deep: bool = False,
        back: bool = False,
        sure: bool = True,
        why: str = "",
    ) -> Iterator[Touch]:
        """A change of an expression's value.

        Args:
            deep: and of all that can be reached through it.
            back: and of what it was computed from.
        """
        at = self._points_to.value(node)
        if at is None:
            return
        objects = self._objects
        classes = objects.within([at], computed_from=back) if deep else objects.same(at)
        # Of what can be reached it is not known which part changes.
        yield Touch(frozenset(classes), sure=sure and not deep, why=why, deep=deep)

    def _may_touch(self, node: ast.expr, why: str) -> Iterator[Touch]:
        """A change, that only may be, of an expression's value and all that it holds."""
        return self._touch(node, deep=True, sure=False, why=why)

    def _used_up(self, node: ast.expr, why: str) -> Iterator[Touch]:
        """What going through an expression's value may change."""
        if self._objects.used_up(self._points_to.value(node)):
            yield from self._may_touch(node, why)

    # --- statements ---

    def _stored_into(self, node: ast.Subscript | ast.Attribute) -> Iterator[Touch]:
        yield from self._touch(node.value)
        root = base_name(node.value)
        for package in self._scope.roots({root}):
            stored = self._scope.path(node) or self._scope.path(node.value) or package
            state = SETTINGS if is_library(package) else self._packages.state_at(stored)
            yield Touch(frozenset(), state or self._packages.state(stored))
        if root in self._imported and self._scope.path(node.value) is None:
            yield Touch(frozenset(), root)

    def _registered(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    ) -> Iterator[Touch]:
        """What decorators and base classes may do when a function or a class is defined."""
        for decorator in node.decorator_list:
            call = ast.Call(decorator, [ast.Name(node.name, ast.Load())], [])
            yield from self._by_call(call, defined=node.name)
        if not isinstance(node, ast.ClassDef):
            return
        for base in node.bases:
            if attribute_name(base) in self._callees.classes:
                for hook in self._callees.methods.get("__init_subclass__", ()):
                    yield from self._by_function(hook, None, ast.Call(base, [], []))
            path = self._scope.path(base)
            if path is not None and self._packages.registers(path):
                state = self._packages.state_at(path) or self._packages.state(path)
                yield Touch(frozenset(), state, sure=False, why=attribute_name(base))

    # --- calls ---

    def _by_call(self, call: ast.Call, defined: str = "") -> Iterator[Touch]:
        """What a call changes.

        Args:
            defined: the name of what is being defined, where the call is a decorator's: it is new.
        """
        name = attribute_name(call.func)
        path = self._scope.path(call.func)
        if self._packages.only_reads(path or name):
            return
        yield from self._by_keywords(call)
        known = known_function(path) if path is not None else None
        for target in put_into_by(call, known):
            yield from self._touch(target, why="out=")
        if known is not None:
            yield from self._by_known(call, known)
        elif path is not None and (outside := self._packages.summary(path)) is not None:
            yield from self._by_summary(outside, list(call.args), call, path)
        elif path is not None:
            yield from self._everything(call, name)
            yield from self._may_touch(ast.Name(FIGURE), name)
            yield Touch(frozenset(), self._packages.state(path), sure=False, why=name)
        elif isinstance(call.func, ast.Attribute):
            yield from self._by_method(call, call.func)
        else:
            yield from self._by_name(call, name, defined)
        for function in self._callees.given_to(call):
            yield from self._by_function(function, None, call)

    def _by_keywords(self, call: ast.Call) -> Iterator[Touch]:
        for keyword in call.keywords:
            match keyword.arg, call.func:
                case "file", func if attribute_name(func) == "print":
                    yield from self._touch(keyword.value, deep=True, why="print(file=)")
                case "inplace", ast.Attribute(value=owner) if not _is_false(keyword.value):
                    yield from self._touch(owner, deep=True, why="inplace=")

    def _by_known(self, call: ast.Call, known: Known) -> Iterator[Touch]:
        why = attribute_name(call.func)
        positions = range(len(call.args)) if -1 in known.mutates else known.mutates
        backward = why in BACKWARD_METHODS
        for position in positions:
            if position < len(call.args):
                deep = -1 in known.mutates or why in {"next", "shuffle"}
                yield from self._touch(call.args[position], deep=deep, back=backward, why=why)
        if known.mutates:  # an argument of those may be given by its name
            for keyword in call.keywords:
                yield from self._may_touch(keyword.value, why)
        if known.consumes:
            for argument in call.args:
                yield from self._used_up(argument, why)
        if known.result not in {"holds", "iterator"}:
            for generator in self._generators(call):
                yield from self._may_touch(generator, why)
        if known.result == "figure":
            yield from self._touch(ast.Name(FIGURE), deep=True, why=why)

    def _generators(self, call: ast.Call) -> Iterator[ast.expr]:
        """The generators of random numbers that a call is given, and may draw from."""
        for argument in call.args:
            if self._is_generator(argument):
                yield argument
        for keyword in call.keywords:
            if keyword.arg in GENERATOR_ARGUMENTS or self._is_generator(keyword.value):
                yield keyword.value

    def _is_generator(self, node: ast.expr) -> bool:
        return self._objects.kinds(self._points_to.value(node)) == {"generator"}

    def _by_method(self, call: ast.Call, method: ast.Attribute) -> Iterator[Touch]:
        name, receiver = method.attr, method.value
        at = self._points_to.value(receiver)
        kinds = self._objects.kinds(at)
        own = self._callees.methods_of(name, kinds)
        for function in own:
            yield from self._by_function(function, [receiver, *call.args], call)
        if own and all(kind.startswith(CLASS) for kind in kinds) and kinds:
            return
        for argument in call.args:
            if name in FILLING_METHODS:
                yield from self._touch(argument, why=name)
            else:
                yield from self._used_up(argument, name)
        if name in DRAWING_METHODS and kinds <= {"data"}:
            yield from self._touch(ast.Name(FIGURE), deep=True, why=name)
        elif name in BACKWARD_METHODS:
            yield from self._touch(receiver, deep=True, back=True, why=name)
            yield from self._everything(call, name)
        elif mutates_receiver(name) or (own and not kinds) or method_reads(name, kinds):
            # The mention of a mutating method is a change already.
            if self._objects.used_up(at):
                yield from self._may_touch(receiver, name)
        else:
            yield from self._may_touch(receiver, name)
            if not method_changes_receiver_only(name, kinds):
                yield from self._everything(call, name)

    def _by_name(self, call: ast.Call, name: str, defined: str) -> Iterator[Touch]:
        """A call of a name of the notebook's, or of any value."""
        callees = self._callees
        acting = callees.acting(name)
        for each in acting:
            for function in callees.functions.get(each, ()):
                arguments = list(call.args)
                if getattr(function, "name", "") == "__init__":
                    arguments.insert(0, ast.Constant(None))
                yield from self._by_function(function, arguments, call)
        for called in (call.func, *call.args):
            if callees.bound_methods & callees.acting(attribute_name(called)):
                yield from self._touch(called, why=name)
        known = any(each in callees.functions or each in callees.classes for each in acting)
        made = acting & callees.classes.keys() - {name}  # perhaps an object of theirs
        if (known and not made) or (name and name == defined):
            return
        yield from self._by_object(call, name)

    def _by_object(self, call: ast.Call, name: str) -> Iterator[Touch]:
        """A call of an object."""
        kinds = self._objects.kinds(self._points_to.value(call.func))
        own = [f for kind in kinds for f in self._callees.of_object(kind)]
        own = own or self._callees.methods.get("__call__", [])
        for function in own:
            yield from self._by_function(function, [call.func, *call.args], call)
        yield from self._may_touch(call.func, name)
        if (not own and not kinds <= {"module"}) or not kinds:
            yield from self._everything(call, name)
            yield from self._may_touch(ast.Name(FIGURE), name)

    def _everything(self, call: ast.Call, why: str) -> Iterator[Touch]:
        """All arguments of a call, and what they hold."""
        for argument in (*call.args, *(keyword.value for keyword in call.keywords)):
            yield from self._may_touch(argument, why)

    def _by_function(
        self, function: Function, arguments: Sequence[ast.expr] | None, call: ast.Call
    ) -> Iterator[Touch]:
        """What a call of one of the notebook's own functions changes.

        Args:
            arguments: what it is given by position; None if that is not known.
        """
        summary = self._summaries.get(function)
        if summary is not None:
            name = getattr(function, "name", "lambda")
            yield from self._by_summary(summary, arguments, call, name)

    def _by_summary(
        self,
        summary: Summary,
        arguments: Sequence[ast.expr] | None,
        call: ast.Call,
        why: str,
    ) -> Iterator[Touch]:
        """The effects of a function in terms of a call's arguments."""
        for name in sorted(summary.changed.keys() - set(summary.parameters)):
            yield Touch(frozenset(), name, summary.changed[name].sure, why)
            if summary.changed[name].deep:
                reached = frozenset(self._points_to.reach([name]))
                yield Touch(reached, sure=False, why=why, deep=True)
        if arguments is not None and not any(isinstance(a, ast.Starred) for a in call.args):
            for name, argument in zip(summary.parameters, arguments, strict=False):
                change = summary.changed.get(name)
                if change is not None:
                    yield from self._touch(argument, deep=change.deep, sure=change.sure, why=why)
                elif name in summary.consumed:
                    yield from self._used_up(argument, why)
        elif set(summary.parameters) & summary.changed.keys():
            for argument in call.args:
                yield from self._may_touch(argument, why)
        for keyword in call.keywords:
            if keyword.arg is None or keyword.arg in summary.changed:
                yield from self._touch(keyword.value, deep=True, why=why)


def gone_through(node: ast.AST) -> Iterator[ast.expr]:
    """The expressions whose values a node goes through, item by item."""
    match node:
        case ast.For() | ast.AsyncFor() | ast.comprehension():
            yield node.iter
        case ast.Starred(ctx=ast.Load()):
            yield node.value
        case ast.Assign(targets=[ast.Tuple() | ast.List()]) if not isinstance(
            node.value, ast.Tuple | ast.List
        ):
            yield node.value
        case ast.YieldFrom():
            yield node.value
        case ast.Compare():
            pairs = zip(node.ops, node.comparators, strict=True)
            yield from (held for op, held in pairs if isinstance(op, ast.In | ast.NotIn))


def _is_false(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and not node.value
