"""A notebook's statements come in; what each of them changes, blocks in it left out, goes out."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import reduce
from operator import or_
from types import MappingProxyType

from autograder.slicing.aliasing.points_to import PointsTo
from autograder.slicing.astnodes import attribute_name
from autograder.slicing.effects.interprocedural import FunctionSummaries
from autograder.slicing.effects.module_facts import ModuleFacts
from autograder.slicing.effects.mutations import CHANGING, Mutations
from autograder.slicing.effects.shared_state import SHARING, SharedState
from autograder.slicing.effects.summaries import Effect, Shared, Summary, Touch
from autograder.slicing.library.resources import FILES
from autograder.slicing.packages import Packages
from autograder.slicing.scope import Scope
from autograder.slicing.statements import StatementFacts, with_inner


class SideEffects:
    """What a whole notebook tells: the names it binds, and what each of its statements changes.

    Args:
        packages: what is known of code from outside the notebook.
        module: the dotted path of these statements, where they are no notebook.
        package: the package that relative imports start from, for a module of one.
        lost: the template's imports, by name, which stand in for those that a notebook has lost.
    """

    def __init__(
        self,
        statements: Iterable[StatementFacts],
        packages: Packages,
        module: str = "",
        package: str = "",
        lost: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        everything = list(with_inner(statements))
        self._module = ModuleFacts.of(everything, packages, module, package, lost)
        self._callees = self._module.callees
        self._functions = FunctionSummaries(self._module)
        self._points_to = PointsTo(
            self._module.nodes,
            self._module.owned,
            self._functions.results,
            self._module.scope,
            self._module.makers,
            self._module.atoms,
        )
        summaries = self._functions.by_function
        self._mutations = Mutations(self._module, summaries, self._points_to)
        self._shared_state = SharedState(self._module, summaries, self._points_to)
        self._effects = {f.alone.node: self._effect_of(f.alone) for f in everything}

    # --- statements ---

    def _effect_of(self, facts: StatementFacts) -> Effect:
        touches: list[Touch] = []
        shared = Shared()
        for node in facts.nodes:
            if isinstance(node, CHANGING):
                touches += self._mutations.of(node)
            if isinstance(node, SHARING):
                shared |= self._shared_state.of(node)
        named = {touch.name for touch in touches if touch.name}
        objects = self._points_to.objects
        classes = frozenset(objects.find(at) for at in self._points_to.of_names(named))
        if classes:
            sure = any(touch.sure for touch in touches if touch.name)
            touches.append(Touch(classes, sure=sure, why=touches[0].why))
        states = {name for name in named if name.startswith("<")}
        return Effect(tuple(touches), shared | Shared(changes=frozenset(states)))

    def effect(self, facts: StatementFacts) -> Effect:
        """What a statement does, blocks in it left out."""
        return self._effects[facts.alone.node]

    def changes(self, facts: StatementFacts, needed: set[str]) -> Touch | None:
        """How a statement, blocks in it left out, changes what a needed name stands for.

        A sure change goes before one that may be.
        """
        touches = self.effect(facts).touches
        some = any(touch.classes for touch in touches)
        reached = self._points_to.reach(needed) if some else set()
        found = [touch for touch in touches if touch.name in needed or touch.classes & reached]
        return max(found, key=lambda touch: touch.sure, default=None)

    # --- functions and classes ---

    def defines(self, name: str) -> bool:
        """Whether a function or class of that name is defined here."""
        return name in self._callees.functions or name in self._callees.classes

    def summary(self, name: str) -> Summary | None:
        """What a call of the function or class of a name does; None if there is none."""
        functions = self._callees.functions.get(name, ())
        by_function = self._functions.by_function
        known = [by_function[function] for function in functions if function in by_function]
        is_class = name in self._callees.classes
        if not known:
            return Summary() if is_class else None
        found = reduce(or_, known)
        if not is_class:
            return found
        first, rest = found.parameters[:1], found.parameters[1:]  # the object itself is new
        changed = {n: change for n, change in found.changed.items() if n not in first}
        return replace(found, parameters=rest, changed=changed)

    def read_by_calls(self, names: Iterable[str]) -> set[str]:
        """What is shared that calls of the names read; whoever calls them seeds what they draw."""
        acting = {other for name in names for other in self._callees.acting(name)}
        summaries = [self.summary(name) for name in acting]
        return {state for found in summaries if found is not None for state in found.shared.reads}

    def is_fresh(self, name: str) -> bool:
        """Whether it is a function, and its result is made of nothing that it is given."""
        makes = name in self._callees.classes or name in self._callees.generators
        summary = self.summary(name)
        return not makes and summary is not None and not summary.result

    def bases(self, name: str) -> list[str] | None:
        """The dotted paths of the bases of the class of that name; None if it is no class."""
        node = self._callees.classes.get(name)
        if node is None:
            return None
        own = {base: f"{self._module.name}.{base}" for base in map(attribute_name, node.bases)}
        return [self.scope.path(base) or own[attribute_name(base)] for base in node.bases]

    def registers(self, name: str) -> bool:
        """Whether the class of that name, or one above it, is told of its subclasses."""
        node = self._callees.classes.get(name)
        return bool(self._callees.in_class(name, "__init_subclass__")) or (
            node is not None and any(k.arg == "metaclass" for k in node.keywords)
        )

    # --- all of it ---

    @property
    def bound(self) -> frozenset[str]:
        """The global names that something here binds."""
        return self._module.bound

    @property
    def scope(self) -> Scope:
        """What global names stand for."""
        return self._module.scope

    @property
    def mutable(self) -> frozenset[str]:
        """The global names whose objects some function here changes."""
        return self._functions.mutable

    @property
    def roots(self) -> frozenset[str]:
        """The packages and modules that anything here is imported from."""
        return self._module.roots

    @property
    def uses_files(self) -> bool:
        """Whether anything here may read files."""
        imports = ast.Import | ast.ImportFrom  # ``roots`` tells of what those read
        shared = [e.shared for node, e in self._effects.items() if not isinstance(node, imports)]
        shared += [summary.shared for summary in self._functions.by_function.values()]
        return any(FILES in each.reads for each in shared)
