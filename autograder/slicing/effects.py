"""A notebook's statements come in; what each of them changes, calls included, goes out.

What no reading can tell, and what is assumed then: functions from outside the notebook do not
change their arguments, unless their names say so (``shuffle``, or a ``_`` at the end, as in torch);
their result may hold their arguments. A method changes the object it is called on, not what others
hold of it too. Names that ``exec``, ``globals()`` or ``setattr`` on a module make are not seen.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from autograder.slicing.aliasing import ANY_ARGUMENT, MUTATING_FUNCTIONS, PointsTo, mutates_receiver
from autograder.slicing.astnodes import FUNCTIONS, Function, attribute_name, base_name, eager_nodes
from autograder.slicing.statements import StatementFacts, with_inner


@dataclass(frozen=True)
class _Effects:
    """What a call of a function changes: parameters, global names, itself if it keeps state."""

    parameters: tuple[str, ...]
    changed: frozenset[str]
    result: frozenset[str]


#: Calls in calls of notebook functions are followed this far at least.
_MAX_ROUNDS = 10


class SideEffects:
    """What a whole notebook tells: the names it binds, and what each of its statements changes."""

    def __init__(self, statements: Iterable[StatementFacts]) -> None:
        everything = list(with_inner(statements))
        written = {name for facts in everything for name in facts.writes}
        self.bound = frozenset(name for facts in everything for name in facts.binds) | written
        self.imported = {name for facts in everything if facts.aliases for name in facts.binds}
        self._functions: dict[str, list[Function]] = {}
        self._methods: dict[str, list[Function]] = {}
        self._acts: dict[str, set[str]] = {}
        self._bound_methods: set[str] = set()
        nodes: list[ast.AST] = [ast.Name(name, ast.Store()) for name in written]
        for facts in everything:
            nodes += eager_nodes(facts.alone.node)
            self._collect(facts.alone.node)
        self._effects: dict[Function, _Effects] = {}
        self._results: dict[str, frozenset[str]] = {}
        self._settle()
        self.sharing = PointsTo(nodes, self.bound - self.imported, self._results)
        self._changes = {facts.alone.node: self._changes_of(facts.alone) for facts in everything}

    def changes(self, facts: StatementFacts, needed: set[str]) -> bool:
        """Whether a statement, blocks in it left out, may change what a needed name stands for."""
        names, classes = self._changes[facts.alone.node]
        if names & needed:
            return True
        found = {self.sharing.find(at) for at in classes}
        return bool(found) and bool(found & self.sharing.reach(needed))

    def _changes_of(self, facts: StatementFacts) -> tuple[set[str], set[int]]:
        found = [
            change
            for node in eager_nodes(facts.node)
            for change in self._changed(node, self.sharing)
        ]
        names = {change for change in found if isinstance(change, str)}
        classes = {change for change in found if isinstance(change, int)}
        return names, classes | self.sharing.of_names(names)

    def _collect(self, statement: ast.stmt) -> None:
        """Note the functions that a statement defines, and the names that act as others do."""
        match statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._functions.setdefault(statement.name, []).append(statement)
                acts = {attribute_name(decorator) for decorator in statement.decorator_list}
                self._acts.setdefault(statement.name, set()).update(acts)
            case ast.ClassDef():
                for part in statement.body:
                    if isinstance(part, ast.FunctionDef):
                        self._methods.setdefault(part.name, []).append(part)
                        if part.name == "__init__":
                            self._functions.setdefault(statement.name, []).append(part)
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Lambda() as function):
                self._functions.setdefault(name, []).append(function)
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.expr() as value):
                if mutates_receiver(attribute_name(value)):
                    self._bound_methods.add(name)
                called = [value.func, *value.args] if isinstance(value, ast.Call) else [value]
                acts = {part.id for part in called if isinstance(part, ast.Name)}
                self._acts.setdefault(name, set()).update(acts)

    def _settle(self) -> None:
        """Work out the functions' effects, going round until those of callees have come through."""
        tables = [*self._functions.items(), *self._methods.items()]
        everything = [(name, function) for name, functions in tables for function in functions]
        for _ in range(_MAX_ROUNDS):
            before = dict(self._effects)
            for name, function in everything:
                old, new = self._effects.get(function), self._effects_of(name, function)
                if old is not None:  # a class's `__init__` stands under two names
                    new = _Effects(
                        new.parameters, old.changed | new.changed, old.result | new.result
                    )
                self._effects[function] = new
                self._results[name] = self._results.get(name, frozenset()) | new.result
            if self._effects == before:
                break

    def _effects_of(self, name: str, function: Function) -> _Effects:
        body = function.body if isinstance(function.body, list) else [function.body]
        nodes = [node for part in body for node in ast.walk(part)]
        arguments = function.args
        positional = [a.arg for a in (*arguments.posonlyargs, *arguments.args)]
        parameters = {node.arg for node in ast.walk(arguments) if isinstance(node, ast.arg)}
        declared = {n for node in nodes if isinstance(node, ast.Global) for n in node.names}
        stored = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        stored |= {node.arg for node in nodes if isinstance(node, ast.arg)}
        local = (stored - declared) | parameters
        owned = local | (self.bound - self.imported)
        sharing = PointsTo([*nodes, *ast.walk(arguments)], owned, self._results)
        changes = [change for node in nodes for change in self._changed(node, sharing)]
        changed = {change for change in changes if isinstance(change, str)} - local
        classes = {sharing.find(change) for change in changes if isinstance(change, int)}
        used = {node.id for node in nodes if isinstance(node, ast.Name)}
        outside = (used - local - self.imported) | parameters
        changed |= {n for n in outside if classes & sharing.reach([n])} | (stored & declared)
        inner = any(isinstance(node, FUNCTIONS) for node in nodes)
        kept = {*positional[len(positional) - len(arguments.defaults) :]}
        kept |= {argument.arg for argument in arguments.kwonlyargs}
        if (inner and changes) or changed & kept or any(isinstance(n, ast.Nonlocal) for n in nodes):
            changed.add(name)  # it keeps state from call to call
        gives = (ast.Return, ast.Yield, ast.YieldFrom)
        returned: list[ast.AST | None] = [n.value for n in nodes if isinstance(n, gives)]
        returned += body if isinstance(function, ast.Lambda) else []
        given = {sharing.value(value) for value in returned} - {None}
        result = {n for n in outside if given & sharing.reach([n])}
        result = (result - parameters) | ({ANY_ARGUMENT} if result & parameters else set())
        return _Effects(tuple(positional), frozenset(changed), frozenset(result))

    def _changed(self, node: ast.AST, sharing: PointsTo) -> Iterator[int | str | None]:
        """What one node of a syntax tree changes: classes of objects, and names."""
        match node:
            case ast.Subscript() | ast.Attribute() if not isinstance(node.ctx, ast.Load):
                yield sharing.value(node.value)
                yield from {base_name(node)} & self.imported
            case ast.AugAssign():
                yield sharing.value(node.target)
            case ast.Attribute() if mutates_receiver(node.attr):
                yield sharing.value(node.value)
            case ast.Expr(value=ast.Call(func=ast.Attribute() as method)):
                # `sys.path.append` changes the module; `losses = np.append(...)` does not.
                if mutates_receiver(method.attr) and not method.attr.endswith("_"):
                    yield from {base_name(method)} & self.imported
            case ast.Call():
                yield from self._changed_by_call(node, sharing)

    def _changed_by_call(self, call: ast.Call, sharing: PointsTo) -> Iterator[int | str | None]:
        name = attribute_name(call.func)
        if name in MUTATING_FUNCTIONS or (name.endswith("_") and not name.endswith("__")):
            yield from (sharing.value(argument) for argument in call.args[:1])
        if isinstance(call.func, ast.Attribute):
            for function in self._methods.get(name, ()):
                yield from self._passed_on(function, [call.func.value, *call.args], call, sharing)
            return
        for acting in self._acting(name):
            for function in self._functions.get(acting, ()):
                arguments = list(call.args)
                if getattr(function, "name", "") == "__init__":
                    arguments.insert(0, ast.Constant(None))
                yield from self._passed_on(function, arguments, call, sharing)
        for function in self._methods.get("__call__", ()) if name not in self._functions else ():
            yield from self._passed_on(function, [call.func, *call.args], call, sharing)
        for called in (call.func, *call.args):
            if self._bound_methods & self._acting(attribute_name(called)):
                yield sharing.value(called)
        for argument in call.args:
            for function in self._functions.get(attribute_name(argument), ()):
                yield from self._passed_on(function, None, call, sharing)

    def _passed_on(
        self,
        function: Function,
        arguments: list[ast.expr] | None,
        call: ast.Call,
        sharing: PointsTo,
    ) -> Iterator[int | str | None]:
        """The effects of a function in terms of a call's arguments; None: they are not known."""
        effects = self._effects.get(function)
        if effects is None or not effects.changed:
            return
        yield from effects.changed - set(effects.parameters)
        positions = [n for n, p in enumerate(effects.parameters) if p in effects.changed]
        plain = arguments is not None and not any(isinstance(a, ast.Starred) for a in call.args)
        if plain and arguments is not None:
            yield from (sharing.value(arguments[n]) for n in positions if n < len(arguments))
        elif positions:
            for argument in call.args:
                yield sharing.value(argument)
                yield sharing.part(sharing.value(argument))
        for keyword in call.keywords:
            if keyword.arg is None or keyword.arg in effects.changed:
                yield sharing.value(keyword.value)

    def _acting(self, name: str) -> set[str]:
        found: set[str] = set()
        pending = [name]
        while pending:
            name = pending.pop()
            if name not in found:
                found.add(name)
                pending += self._acts.get(name, ())
        return found
