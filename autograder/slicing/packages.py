"""The assignment's public package and the manifest's word come in; what its functions do goes out.

The package's source is read, never run. A function that is not found in it, and is in no row of
``library``, is unknown: it may change all that it gets.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.model.manifest import Assignment
from autograder.slicing.effects.summaries import Settlements
from autograder.slicing.library.functions import KINDS, is_library, known_function
from autograder.slicing.magics import parse_python
from autograder.slicing.scope import imported_paths
from autograder.slicing.statements import facts_of

if TYPE_CHECKING:
    from autograder.slicing.effects.analysis import SideEffects
    from autograder.slicing.effects.summaries import Summary

#: Re-exports are followed this far.
_MAX_HOPS = 8


def packages_of(assignment: Assignment, prebound: Mapping[str, str]) -> Packages:
    """What is known of an assignment's own code.

    Args:
        prebound: names that every submission starts with, and the dotted paths of what they are.
    """
    return Packages(assignment.public, prebound, frozenset(assignment.runtime.reads_only))


@dataclass(eq=False)  # what is known of it grows: it is itself alone
class Packages:
    """What is known of the code that a notebook imports and that is no library.

    Attributes:
        folder: where the modules lie; None for none.
        prebound: names that every submission starts with, and the dotted paths of what they are.
        reads_only: dotted paths, or names, of functions that by the assignment's word change
            nothing that others see, and give nothing back of what they get.
        settled: what is known of a notebook's own functions: its slices share most of them.
    """

    folder: Path | None = None
    prebound: Mapping[str, str] = field(default_factory=dict)
    reads_only: frozenset[str] = frozenset()
    _modules: dict[str, SideEffects | None] = field(default_factory=dict)
    _summaries: dict[str, Summary | None] = field(default_factory=dict)
    _pending: set[str] = field(default_factory=set)
    _kept: dict[str, frozenset[str]] = field(default_factory=dict)
    _definitions: dict[str, tuple[SideEffects, str] | None] = field(default_factory=dict)
    settled: Settlements = field(default_factory=Settlements)

    def only_reads(self, path: str) -> bool:
        """Whether the assignment says so of a function."""
        return path in self.reads_only or path.rpartition(".")[2] in self.reads_only

    @staticmethod
    def state(path: str, name: str = "") -> str:
        """The resource that stands for what a package keeps between calls.

        Args:
            name: the global name that it keeps it under; empty if that is not known.
        """
        root = path.split(".", maxsplit=1)[0]
        return f"<{name} of {root}>" if name else f"<state of {root}>"

    def state_at(self, path: str) -> str | None:
        """The state that an expression of this path reads; None if it is not known to be any."""
        root = path.split(".", maxsplit=1)[0]
        if is_library(root):
            return None
        if self.module(root) is None:
            return self.state(root)
        parts = set(path.split(".")[1:])
        kept = sorted(parts & self._mutable(root))
        return self.state(root, kept[0]) if kept else None

    def _mutable(self, root: str) -> frozenset[str]:
        """The global names of a package whose objects some function of it changes."""
        if root in self._kept:
            return self._kept[root]
        names = [root, *(f"{root}.{path.stem}" for path in self._files_of(root))]
        modules = [module for name in names if (module := self.module(name)) is not None]
        found = frozenset(name for module in modules for name in module.mutable)
        if not self._pending:  # else some of them are not read to their end yet
            self._kept[root] = found
        return found

    def star(self, node: ast.stmt, package: str) -> dict[str, str]:
        """What ``from module import *`` binds, as far as the module is one of the package."""
        assert isinstance(node, ast.ImportFrom)
        (base,) = imported_paths(
            ast.ImportFrom(node.module, [ast.alias("x")], node.level), package
        ).values()
        path = base.removesuffix(".x")
        module = self.module(path)
        names = module.bound if module is not None else ()
        return {name: f"{path}.{name}" for name in names if not name.startswith("_")}

    def registers(self, path: str) -> bool:
        """Whether the class at a path may note its subclasses somewhere."""
        root = path.split(".", maxsplit=1)[0]
        if is_library(root):
            return False
        found = self._definition(path)
        if found is None:
            return True
        module, name = found
        return module.registers(name)

    def summary(self, path: str) -> Summary | None:
        """What a call of the function or class at a path does; None if it is not known."""
        if path not in self._summaries and path not in self._pending:
            self._pending.add(path)  # one that calls itself, round other modules, is unknown there
            found = self._definition(path)
            summary = found[0].summary(found[1]) if found is not None else None
            self._summaries[path] = summary.seen_from_outside() if summary is not None else None
            self._pending.discard(path)
        return self._summaries.get(path)

    def gives_nothing_back(self, path: str) -> bool:
        """Whether the result of the function at a path is known to hold none of its arguments."""
        if self.only_reads(path):
            return True
        summary = self.summary(path)
        found = self._definition(path) if summary is not None else None
        return summary is not None and found is not None and found[0].is_fresh(found[1])

    def kind(self, path: str, hops: int = _MAX_HOPS) -> str:
        """What sort of objects a class at a path makes, by the library's class above it."""
        found = (
            self._definition(path)
            if hops and not is_library(path.split(".", maxsplit=1)[0])
            else None
        )
        for base in (found[0].bases(found[1]) if found is not None else None) or ():
            known = known_function(base)
            kind = known.kind if known is not None else self.kind(base, hops - 1)
            if kind in KINDS - {"data", "object"}:
                return kind
        return ""

    def _definition(self, path: str) -> tuple[SideEffects, str] | None:
        """The module that defines what is at a path, and its name there."""
        if path in self._definitions:
            return self._definitions[path]
        found = self._followed(path)
        if not self._pending:  # as above
            self._definitions[path] = found
        return found

    def _followed(self, path: str) -> tuple[SideEffects, str] | None:
        for _ in range(_MAX_HOPS):
            module_name, _, name = path.rpartition(".")
            module = self.module(module_name) if module_name else None
            if module is None:
                return None
            if module.defines(name):
                return module, name
            further = module.scope.imports.get(name, ())
            if len(further) != 1:
                return self._in_submodule(module_name, name)
            path = next(iter(further))
        return None

    def _in_submodule(self, package: str, name: str) -> tuple[SideEffects, str] | None:
        """A name that a package loads when it is first used is looked for in its modules."""
        found = []
        for path in self._files_of(package):
            module = self.module(f"{package}.{path.stem}")
            if module is not None and module.defines(name):
                found.append((module, name))
        return found[0] if len(found) == 1 else None

    def _files_of(self, package: str) -> Iterable[Path]:
        folder = self.folder / package.replace(".", "/") if self.folder is not None else None
        return sorted(folder.glob("*.py")) if folder is not None and folder.is_dir() else ()

    def module(self, name: str) -> SideEffects | None:
        """What is known of one module; None if it is no module of the package."""
        from autograder.slicing.effects.analysis import SideEffects

        if name not in self._modules:
            self._modules[name] = None  # modules that import each other
            tree, package = self._parsed(name)
            if tree is not None:
                self._pending.add(f"{name} as a module")
                statements = [facts_of(node) for node in tree.body]
                self._modules[name] = SideEffects(statements, self.without_given(), name, package)
                self._pending.discard(f"{name} as a module")
        return self._modules[name]

    def without_given(self) -> Packages:
        """The same for the package's own modules, which start with no names."""
        return Packages(
            self.folder, {}, self.reads_only, self._modules, self._summaries, self._pending
        )

    def _parsed(self, name: str) -> tuple[ast.Module | None, str]:
        """A module's tree, and the package that its relative imports start from."""
        if self.folder is None or not all(part.isidentifier() for part in name.split(".")):
            return None, ""
        base = self.folder / name.replace(".", "/")
        files = {base.with_suffix(".py"): name.rpartition(".")[0], base / "__init__.py": name}
        for file, package in files.items():
            try:
                return parse_python(file.read_text(encoding="utf-8")), package
            except (OSError, UnicodeDecodeError, SyntaxError):
                continue
        return None, ""
