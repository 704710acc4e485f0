"""A notebook's functions come in; what a call of each does, with all that it calls, goes out."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache

from autograder.slicing.aliasing.atoms import atoms
from autograder.slicing.aliasing.points_to import PointsTo
from autograder.slicing.aliasing.values import ANY_ARGUMENT
from autograder.slicing.astnodes import FUNCTIONS, Function, all_nodes
from autograder.slicing.effects.call_graph import grouped
from autograder.slicing.effects.module_facts import ModuleFacts
from autograder.slicing.effects.mutations import CHANGING, Mutations, gone_through
from autograder.slicing.effects.shared_state import SHARING, SharedState
from autograder.slicing.effects.summaries import Change, Shared, Summary, Touch, joined, merged
from autograder.slicing.library.resources import FIGURE
from autograder.slicing.scope import FunctionNames, Scope, imports_in

#: Calls in calls of functions that call each other are followed this far at least.
_MAX_ROUNDS = 10


class FunctionSummaries:
    """What a call of each function of a notebook, or of a module, does.

    Attributes:
        by_function: by the function itself.
        results: by its name, what its result may be or hold.
    """

    def __init__(self, module: ModuleFacts) -> None:
        self._module = module
        self._makers = module.makers
        self.by_function: dict[Function, Summary] = {}
        self.results: dict[str, frozenset[str]] = {}
        if module.name:  # whose functions also follow from what any of them changes
            self._go_round(module.callees.pairs, _MAX_ROUNDS)
        else:
            self._settle()

    @property
    def mutable(self) -> frozenset[str]:
        """The global names whose objects some function changes."""
        callees = self._module.callees
        functions = {*callees.functions, *callees.methods}
        return frozenset(
            name
            for summary in self.by_function.values()
            for name in summary.changed
            if name not in summary.parameters and name[:1] != "<" and name not in functions
        )

    def _settle(self) -> None:
        """Work out what the functions do, callees first; some are known from another slice."""
        module, settled = self._module, self._module.packages.settled
        numbers: list[int] = []
        for group in grouped(module.callees):
            below = frozenset(numbers[at] for at in group.below)
            key = group.pairs, frozenset(map(module.meaning, group.names)), below
            known = settled.get(key)
            if known is None:
                self._go_round(group.pairs, _MAX_ROUNDS if group.circular else 1)
                found = {function: self.by_function[function] for _name, function in group.pairs}
                known = settled.keep(key, found)
            numbers.append(known.number)
            for name, function in group.pairs:
                self._keep(name, function, known.summaries[function])

    def _go_round(self, pairs: Sequence[tuple[str, Function]], rounds: int) -> None:
        """Work out what functions do, until what they call has come through."""
        for _ in range(rounds):
            before = {function: self.by_function.get(function) for _name, function in pairs}
            for name, function in pairs:
                old, new = self.by_function.get(function), self._summarise(name, function)
                # A class's `__init__` stands under two names.
                self._keep(name, function, new if old is None else old | new)
            if all(self.by_function[function] == known for function, known in before.items()):
                break

    def _keep(self, name: str, function: Function, summary: Summary) -> None:
        self.by_function[function] = summary
        self.results[name] = self.results.get(name, frozenset()) | summary.result

    def _summarise(self, name: str, function: Function) -> Summary:
        """What one function does, going by what is known of others so far."""
        code, imported = _code_of(function, self._module.package), self._module.imported
        local = code.names
        points_to = self._points_to(code)
        mutations = Mutations(self._module, self.by_function, points_to)
        changing: Iterator[ast.AST] = (node for node in code.nodes if isinstance(node, CHANGING))
        touches = {node: list(mutations.of(node)) for node in changing}
        state = SharedState(self._module, self.by_function, points_to)
        shared = joined(state.of(node) for node in code.nodes if isinstance(node, SHARING))
        outside = (code.used - local.names - imported) | local.parameters | {FIGURE}
        changed = _changed_outside(
            [touch for found in touches.values() for touch in found], outside, local, points_to
        )
        if _keeps_state(code, touches, changed):
            changed[name] = Change(sure=True, deep=True)
        shared |= self._own_state(changed, code.used - local.names)
        states = {n for n in changed if n.startswith("<")}
        return Summary(
            local.positional,
            changed,
            frozenset(_consumed(code, points_to)),
            _returned(function, code, outside, points_to),
            shared | Shared(changes=frozenset(states)),
        )

    def _points_to(self, code: _Code) -> PointsTo:
        """What the names in a function may stand for."""
        module, local, inside = self._module, code.names, code.imports
        outside = {n: p for n, p in module.scope.imports.items() if n not in local.names}
        bound = (module.scope.bound - local.names) | (local.names - inside.keys())
        scope = Scope({**outside, **inside}, bound)
        owned = local.names | (module.owned - module.atoms)
        return PointsTo(code.with_head, owned, self.results, scope, self._makers, code.numbers)

    def _own_state(self, changed: dict[str, Change], used: Set[str]) -> Shared:
        """What a function of a package keeps in its module, by names that all code knows."""
        module = self._module
        if not module.name:
            return Shared()
        own = self.mutable
        for name in own & changed.keys():
            changed[module.packages.state(module.name, name)] = changed[name]
        read = (module.packages.state(module.name, name) for name in own & used)
        return Shared(reads=frozenset(read))


@dataclass(frozen=True)
class _Code:
    """What can be read of a function by itself.

    Attributes:
        nodes: those of its body.
        with_head: and those of its parameters.
        imports: by name, what its body imports.
        numbers: the names in it that only ever hold numbers and text.
        used: all names in its body.
    """

    nodes: tuple[ast.AST, ...]
    with_head: tuple[ast.AST, ...]
    names: FunctionNames
    imports: Mapping[str, set[str]]
    numbers: set[str]
    used: set[str]


@lru_cache(maxsize=4096)  # the questions of a notebook share most of its functions
def _code_of(function: Function, package: str) -> _Code:
    body = function.body if isinstance(function.body, list) else [function.body]
    nodes = tuple(all_nodes(body))
    with_head = (*nodes, *all_nodes([function.args]))
    return _Code(
        nodes,
        with_head,
        FunctionNames.of(function, nodes),
        imports_in(nodes, package),
        atoms(with_head),
        {node.id for node in nodes if isinstance(node, ast.Name)},
    )


def _changed_outside(
    touches: Sequence[Touch], outside: Iterable[str], local: FunctionNames, points_to: PointsTo
) -> dict[str, Change]:
    """The parameters and global names that are changed."""
    changed: dict[str, Change] = {}
    for touch in touches:
        if touch.name and touch.name not in local.names:
            changed = merged(changed, {touch.name: Change(touch.sure, deep=True)})
    for name in outside if any(touch.classes for touch in touches) else ():
        own, reached = points_to.of_names([name]), points_to.reach([name])
        for touch in touches:
            if hit := touch.classes & reached:
                own = {points_to.objects.find(at) for at in own}
                change = Change(touch.sure, deep=touch.deep or bool(hit - own))
                changed = merged(changed, {name: change})
    stored = dict.fromkeys(local.stored & local.declared, Change(sure=True, deep=True))
    return merged(changed, stored)


def _keeps_state(
    code: _Code, touches: Mapping[ast.AST, Sequence[Touch]], changed: Mapping[str, Change]
) -> bool:
    """Whether a function keeps something from call to call: in defaults, or in functions in it."""
    functions = (node for node in code.nodes if isinstance(node, FUNCTIONS))
    inner = (part for function in functions for part in ast.walk(function))
    return (
        any(touches.get(part) for part in inner)
        or not code.names.kept.isdisjoint(changed)
        or code.names.nonlocals
    )


def _consumed(code: _Code, points_to: PointsTo) -> Iterator[str]:
    """The parameters that a function goes through."""
    found = [points_to.value(source) for node in code.nodes for source in gone_through(node)]
    classes = {points_to.objects.find(at) for at in found if at is not None}
    for name in code.names.parameters:
        if classes & points_to.of_names([name]):
            yield name


def _returned(
    function: Function, code: _Code, outside: Iterable[str], points_to: PointsTo
) -> frozenset[str]:
    """What the result may be or hold."""
    gives = (ast.Return, ast.Yield, ast.YieldFrom)
    returned: list[ast.AST | None] = [n.value for n in code.nodes if isinstance(n, gives)]
    returned += [function.body] if isinstance(function, ast.Lambda) else []
    values = {points_to.value(value) for value in returned} - {None}
    given = {at for value in values if value is not None for at in points_to.objects.same(value)}
    result = {n for n in outside if given & points_to.reach([n])}
    some = {ANY_ARGUMENT} if result & code.names.parameters else set()
    return frozenset((result - code.names.parameters) | some)
