"""An assignment and the packages that ship come in; an import that would fail there goes out.

An import of the manifest has to ship. So has any other that works here: a package that somebody
has installed by hand proves a release that the grader's image cannot grade.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import packages_distributions
from pathlib import Path

from packaging.utils import NormalizedName, canonicalize_name

from autograder.model.manifest import FILE_NAME, Assignment
from release.markup.source import plain_python
from release.packages.own_package import PACKAGE
from release.packages.requirements import PackagesError


@dataclass(frozen=True)
class Import:
    """A module at a place in code or in the manifest."""

    module: str
    location: str


class _Shipped:
    """Whether a module is there where the assignment is graded."""

    def __init__(self, assignment: Assignment, names: AbstractSet[NormalizedName]) -> None:
        self._names = names
        folders = (assignment.public, assignment.hidden_checks)
        own = {path.stem for folder in folders for path in folder.rglob("*.py")}
        packages = {path.name for path in assignment.public.iterdir() if path.is_dir()}
        handed_in = {Path(entry.file).stem for entry in assignment.notebooks if entry.is_module}
        self._own = own | packages | handed_in | {PACKAGE.name} | sys.stdlib_module_names

    def holds(self, module: str) -> bool:
        """Whether it does not have to be installed, or a package that ships has it."""
        if module in self._own or canonicalize_name(module) in self._names:
            return True
        return any(canonicalize_name(name) in self._names for name in self.holders(module))

    def holders(self, module: str) -> list[str]:
        """The packages installed here that have a module of that name."""
        return sorted(set(self._holders.get(module, ())))

    @cached_property
    def _holders(self) -> Mapping[str, list[str]]:
        return packages_distributions()


def require_shipped_imports(
    assignment: Assignment,
    solved: Mapping[str, bytes],
    names: AbstractSet[NormalizedName],
    requirements: Path,
    command: str,
) -> None:
    """Refuse an import that would fail in the grader's image.

    Args:
        solved: the solution notebooks by name.
        names: the packages that ship.
        requirements: the file that the remedy is to be written into.
        command: what is to be run then.

    Raises:
        PackagesError: there is one; names its place, and the package if it is known.
    """
    shipped = _Shipped(assignment, names)
    for found in _in_manifest(assignment):
        if not shipped.holds(found.module) and not shipped.holders(found.module):
            raise PackagesError(
                f"{found.location}: no package that ships has the module {found.module}; name its "
                f"package in {requirements} (it may be called otherwise, as scikit-learn is for "
                f"sklearn), and run `{command}`."
            )
    for found in (*_in_manifest(assignment), *_in_code(assignment), *in_notebooks(solved)):
        holders = shipped.holders(found.module) if not shipped.holds(found.module) else []
        if holders:
            raise PackagesError(
                f"{found.location}: {found.module} is of the package {holders[0]}, which is "
                f"installed here and would not be in the grader's image; add a line "
                f"'{holders[0]}' to {requirements} and run `{command}`."
            )


def _in_manifest(assignment: Assignment) -> Iterator[Import]:
    path = assignment.folder / FILE_NAME
    lines = path.read_text(encoding="utf-8").splitlines()
    for name in assignment.runtime.imports:
        pattern = re.compile(rf"[\"']{re.escape(name)}[\"']")
        number = next((n for n, line in enumerate(lines, start=1) if pattern.search(line)), 1)
        yield Import(name.partition(".")[0], f"{path}, line {number}, [runtime] imports")


def _in_code(assignment: Assignment) -> Iterator[Import]:
    """The imports of the public folder's code, and of all checks."""
    for folder in (assignment.public, assignment.hidden_checks):
        for path in sorted(folder.rglob("*.py")):
            yield from _imports(path.read_text(encoding="utf-8", errors="replace"), str(path))


def in_notebooks(solved: Mapping[str, bytes]) -> Iterator[Import]:
    """The imports of the solution notebooks, given by name."""
    for name, data in solved.items():
        if name.endswith(".py"):
            yield from _imports(data.decode("utf-8", errors="replace"), name)
            continue
        for number, cell in enumerate(json.loads(data)["cells"], start=1):
            if cell["cell_type"] == "code":
                source = plain_python("".join(cell["source"]))
                yield from _imports(source or "", f"{name}, cell {number}")


def _imports(source: str, location: str) -> Iterator[Import]:
    """The modules that code cannot do without: none that it tries to import, or for types alone."""
    try:
        todo: list[ast.AST] = [ast.parse(source)]
    except (SyntaxError, ValueError):
        return
    while todo:
        node = todo.pop(0)
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name.partition(".")[0], f"{location}, line {node.lineno}")
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield Import(node.module.partition(".")[0], f"{location}, line {node.lineno}")
        if not _is_optional(node):
            todo += ast.iter_child_nodes(node)


def _is_optional(node: ast.AST) -> bool:
    if isinstance(node, ast.If):
        named = {getattr(n, "id", getattr(n, "attr", "")) for n in ast.walk(node.test)}
        return "TYPE_CHECKING" in named
    return isinstance(node, ast.Try) and bool(node.handlers)
