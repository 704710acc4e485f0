"""Statements come in; what they bind, import and define as a whole goes out."""

from __future__ import annotations

import ast
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from autograder.slicing.aliasing.atoms import atoms
from autograder.slicing.aliasing.values import Makers
from autograder.slicing.effects.callees import Callees
from autograder.slicing.packages import Packages
from autograder.slicing.scope import Scope, imports_in
from autograder.slicing.statements import StatementFacts


@dataclass(frozen=True)
class ModuleFacts:
    """What a notebook, or a module, tells before any call in it is followed.

    Attributes:
        name: the module's dotted path; empty for a notebook.
        package: the package that relative imports start from, for a module of one.
        nodes: those of all statements that run with them.
        bound: the global names that it binds.
        imported: those of them that an import binds.
        atoms: those that only ever hold numbers and text.
        scope: what its global names stand for.
        stars: the packages and modules of which all names are imported.
        callees: what a call in it may run.
        packages: what is known of code from outside.
    """

    name: str
    package: str
    nodes: Sequence[ast.AST]
    bound: frozenset[str]
    imported: frozenset[str]
    atoms: set[str]
    scope: Scope
    stars: frozenset[str]
    callees: Callees
    packages: Packages

    @classmethod
    def of(
        cls,
        everything: Sequence[StatementFacts],
        packages: Packages,
        name: str,
        package: str,
        lost: Mapping[str, str],
    ) -> ModuleFacts:
        """Those of statements, each of which stands behind the one that it is in.

        Args:
            lost: the template's imports, by name, which stand in for those that are lost here.
        """
        written = {name for facts in everything for name in facts.writes}
        bound = frozenset(name for facts in everything for name in facts.binds) | written
        otherwise = {n for f in everything if not f.aliases for n in f.binds} | written
        stars = [f.node for f in everything if f.star and isinstance(f.node, ast.ImportFrom)]
        imports = imports_in((facts.node for facts in everything), package)
        for star in stars:
            for each, path in packages.star(star, package).items():
                imports.setdefault(each, {path})
        for each, path in {**lost, **packages.prebound}.items():
            if each not in bound:
                imports[each] = {path}
        nodes: list[ast.AST] = [ast.Name(each, ast.Store()) for each in written]
        nodes += [node for facts in everything for node in facts.alone.nodes]
        return cls(
            name=name,
            package=package,
            nodes=nodes,
            bound=bound,
            imported=frozenset(n for facts in everything if facts.aliases for n in facts.binds),
            atoms=atoms(nodes),
            scope=Scope(imports, otherwise),
            stars=frozenset((star.module or "").split(".")[0] for star in stars),
            callees=Callees.of(facts.alone.node for facts in everything),
            packages=packages,
        )

    @property
    def owned(self) -> frozenset[str]:
        """The names of what is its own, and no module or other's."""
        return self.bound - self.imported

    @property
    def makers(self) -> Makers:
        """Its functions and classes, and what is known of those from outside."""
        return Makers(
            frozenset(self.callees.classes),
            frozenset(self.callees.functions),
            self.callees.generators,
            self.packages.gives_nothing_back,
            self.packages.kind,
        )

    @property
    def roots(self) -> frozenset[str]:
        """The packages and modules that anything here is imported from."""
        names = (path for paths in self.scope.imports.values() for path in paths)
        return frozenset(name.split(".")[0] for name in names) | self.stars

    def meaning(self, name: str) -> Hashable:
        """All that a name stands for here, as far as what a function does may follow from it."""
        return (
            name,
            frozenset(self.scope.imports.get(name, ())),
            name in self.scope.bound,
            name in self.bound,
            name in self.imported,
            name in self.atoms,
            name in self.callees.bound_methods,
            tuple(self.callees.functions.get(name, ())),
            tuple(self.callees.methods.get(name, ())),
            self.callees.classes.get(name),
            frozenset(self.callees.acts.get(name, ())),
        )
