"""A question's steps and a name come in; its definition, and what that uses, go out.

Nothing is run. What the student's own functions use that a definition uses counts as its own. A
name stands for what it was imported as, or set to: ``la`` for ``numpy.linalg`` after ``from numpy
import linalg as la``, or ``la = numpy.linalg``. What is made by ``exec``, or reached by names that
are put together, is not seen.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property

from autograder.slicing.astnodes import FUNCTIONS, eager_nodes
from autograder.slicing.edits import Source, first_line
from autograder.slicing.magics import parse_python
from autograder.slicing.scope import imports_in
from autograder.slicing.statements import facts_of
from autograder.wire.protocol import Step

Definer = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_BUILTINS = frozenset(dir(builtins))
_IMPORTERS = frozenset({"builtins.__import__", "importlib.import_module"})


@dataclass(frozen=True)
class Definition:
    """One statement that defines a name.

    Attributes:
        cell: where it stands; 0 for an import of the template's.
        above: the lines of that cell above the source.
        tree: its syntax tree, as it was read in the source.
        source: the statement of the top level that it is, or stands in.
        order: the how-manieth of these it is.
    """

    name: str
    cell: int
    above: int
    tree: ast.stmt
    source: str
    order: int

    @property
    def text(self) -> str:
        """Its own text, without what stands around it."""
        return Source(self.source).dedented(self.tree)

    def line(self, node: ast.AST) -> int:
        """The line of the cell that a node of it stands on."""
        return self.above + int(getattr(node, "lineno", 1))


@dataclass(frozen=True)
class Use:
    """One place where something is used.

    Attributes:
        paths: the dotted paths that it may stand for: ``numpy.linalg.inv``, ``builtins.sorted``, a
            name alone if it is the notebook's own, ``.sort`` for an attribute of any object.
    """

    paths: frozenset[str]
    where: Definition
    node: ast.AST


class Definitions:
    """What some steps define, read once."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self._definitions: dict[str, list[Definition]] = {}
        #: What each global name stands for; the empty set for something of the notebook's own.
        self._meanings: dict[str, Set[str]] = {}
        self._stars: list[str] = []
        for order, step in enumerate(steps):
            for node in parse_python(step.source).body:
                self._add(step, order, node)

    def _add(self, step: Step, order: int, node: ast.stmt) -> None:
        bound = facts_of(node).binds
        names = Names(self._meanings, self._stars)
        meanings = _meanings(eager_nodes(node), names)
        for name in bound:
            tree = _definer(node, name) or node
            found = Definition(name, step.cell, step.line - 1, tree, step.source, order)
            self._definitions.setdefault(name, []).append(found)
        self._meanings |= {name: meanings.get(name, frozenset()) for name in bound}
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*" and node.module:
            self._stars.append(node.module)

    def of(self, name: str) -> Definition | None:
        """The last statement that defines a name; an import is one too."""
        return next(reversed(self._definitions.get(name, ())), None)

    def names(self, definition: Definition) -> Names:
        """What the names in a definition stand for."""
        local = _local_names(definition.tree)
        names = Names(self._meanings, self._stars, dict.fromkeys(local, frozenset()))
        meanings = _meanings(ast.walk(definition.tree), names)
        return Names(self._meanings, self._stars, {n: meanings.get(n, frozenset()) for n in local})

    def with_helpers(self, definition: Definition) -> tuple[Definition, ...]:
        """A definition, and those of the student's functions and classes that it uses."""
        found = {definition.tree: definition}
        pending = [definition]
        while pending:
            part = pending.pop()
            read = {node.id for node in ast.walk(part.tree) if isinstance(node, ast.Name)}
            for name in sorted(read - _local_names(part.tree)):
                helper = self._helper(name, part)
                if helper is not None and helper.tree not in found:
                    found[helper.tree] = helper
                    pending.append(helper)
        return tuple(found.values())

    def _helper(self, name: str, part: Definition) -> Definition | None:
        """What may be called by a name in a definition, if the student has made it."""
        known = self._definitions.get(name, [])
        if known and known[-1].tree is part.tree:  # as in f = vectorize(f)
            known = [each for each in known if each.order < part.order]
        return known[-1] if known and _may_be_called(known[-1].tree, name, part.tree) else None

    def uses(self, definition: Definition) -> Iterator[Use]:
        """What a definition by itself uses, in the order of its text."""
        names = self.names(definition)
        for node in in_order(definition.tree):
            paths = names.paths(node)
            if isinstance(node, ast.Import | ast.ImportFrom):
                paths = {path for found in imports_in([node]).values() for path in found}
                if isinstance(node, ast.ImportFrom) and node.module:
                    paths.add(node.module)
            if paths:
                yield Use(frozenset(paths), definition, node)


@dataclass(frozen=True)
class Names:
    """What names stand for: dotted paths of what is imported; nothing for what is made here.

    Attributes:
        meanings: of global names.
        stars: the modules of which all names were imported.
        local: of the names of a function's own.
    """

    meanings: Mapping[str, Set[str]]
    stars: Sequence[str] = ()
    local: Mapping[str, Set[str]] = field(default_factory=dict)

    @cached_property
    def _roots(self) -> set[str]:
        """The first parts of the paths of what is imported."""
        known = (*self.meanings.values(), *self.local.values(), self.stars)
        return {"builtins", *(path.split(".")[0] for paths in known for path in paths)}

    def of(self, name: str) -> set[str]:
        """All that a name may stand for."""
        if name in self.local:
            return set(self.local[name])
        if self.meanings.get(name):
            return {*self.meanings[name], name}
        own = name not in _BUILTINS or name in self.meanings
        found = {name} if own else {f"builtins.{name}"}
        return found if name in self.meanings else found | {f"{m}.{name}" for m in self.stars}

    def paths(self, node: ast.AST) -> set[str]:
        """All that an expression that reads a name or an attribute may stand for."""
        match node:
            case ast.Name(ctx=ast.Load()):
                return self.of(node.id)
            case ast.Attribute(ctx=ast.Load()):
                return self._attribute(node.value, node.attr)
            case ast.Call(args=[target, ast.Constant(value=str(name)), *_]) if self._is(
                node.func, {"builtins.getattr"}
            ):
                return self._attribute(target, name)
            case ast.Call(args=[ast.Constant(value=str(name)), *_]) if self._is(
                node.func, _IMPORTERS
            ):
                return {name}
        return set()

    def _is(self, node: ast.AST, paths: Set[str]) -> bool:
        return not self.paths(node).isdisjoint(paths)

    def _attribute(self, target: ast.AST, name: str) -> set[str]:
        start = target
        while isinstance(start, ast.Attribute):
            start = start.value
        dynamic = isinstance(start, ast.Call) and self._is(start.func, _IMPORTERS)
        base = self.paths(target)
        known = {path for path in base if dynamic or path.split(".")[0] in self._roots}
        return {f"{path}.{name}" for path in known} or {f".{name}"}


def in_order(tree: ast.AST) -> list[ast.stmt | ast.expr]:
    """The statements and expressions of a tree, in the order of the text."""
    located = [node for node in ast.walk(tree) if isinstance(node, ast.stmt | ast.expr)]
    return sorted(located, key=lambda node: (node.lineno, node.col_offset))


# --- one statement --------------------------------------------------------------------------------


def _meanings(nodes: Iterable[ast.AST], names: Names) -> dict[str, Set[str]]:
    """By name, what imports and plain assignments among the nodes make it stand for."""
    nodes = list(nodes)
    found: dict[str, Set[str]] = {}
    for node in nodes:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Name | ast.Attribute):
            paths = {p for p in names.paths(node.value) if "." in p.strip(".")}
            for target in node.targets:
                if isinstance(target, ast.Name) and paths:
                    found[target.id] = found.get(target.id, set()) | paths
    for name, imported in imports_in(nodes).items():
        found[name] = found.get(name, set()) | imported
    return found


def _definer(node: ast.stmt, name: str) -> Definer | None:
    """The function or class of a name that stands in a statement, an ``if`` say."""
    found = [n for n in eager_nodes(node) if isinstance(n, Definer) and n.name == name]
    return max(found, key=first_line, default=None)


def _local_names(tree: ast.stmt) -> set[str]:
    """The names of a function's own, and of those in it; of another statement, of the parts of it
    that have names of their own."""
    inner = FUNCTIONS if isinstance(tree, Definer) else (*FUNCTIONS, ast.comprehension)
    names: set[str] = set()
    declared: set[str] = set()
    for top in (n for n in ast.walk(tree) if isinstance(n, inner)):
        part = top.target if isinstance(top, ast.comprehension) else top
        for node in ast.walk(part):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names.add(node.id)
            elif isinstance(node, ast.arg):
                names.add(node.arg)
            elif isinstance(node, ast.Global):
                declared |= set(node.names)
            elif isinstance(node, Definer) and node is not top:
                names.add(node.name)
        names |= set(imports_in(ast.walk(part)))
    return names - declared


def _may_be_called(tree: ast.stmt, name: str, user: ast.stmt) -> bool:
    """Whether a statement makes a function, or what another statement uses as one."""
    if isinstance(tree, Definer):
        return True
    if not isinstance(tree, ast.Assign | ast.AnnAssign) or tree.value is None:
        return False
    if isinstance(tree.value, ast.Lambda | ast.Name | ast.Attribute):
        return True
    calls = (n.func for n in ast.walk(user) if isinstance(n, ast.Call))
    return any(isinstance(func, ast.Name) and func.id == name for func in calls)
