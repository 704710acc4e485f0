"""A function comes in; what its results follow from beside its arguments goes out, as digests.

They are the parts that verdicts are cached by, as far as they matter to a result: the
libraries, the public folder (the assignment's models), the harness where the code imports it, and
of the checks' folders the function's own file, what that imports from beside it, and all that is
no module. So an edit of a check does not make anew what another module computes.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import autograder
from autograder.checks.cache import digest
from autograder.checks.verdicts import code_of, harness_part, is_check_name, libraries_part, shared
from autograder.model.manifest import Assignment


@dataclass(frozen=True)
class _Source:
    """A module of the checks: what it holds, and the dotted names that it may import."""

    digest: str
    imports: frozenset[str]


@dataclass
class Dependencies:
    """What results of an assignment's checks follow from; each part is read once."""

    assignment: Assignment
    _sources: dict[Path, _Source] = field(default_factory=dict)

    def of(self, function: Callable[..., Any]) -> list[str]:
        """Its name, and digests of all that its results follow from, but for its arguments."""
        path, name = _origin(function)
        folder = next((f for f in self._folders if path is not None and f in path.parents), None)
        if path is None or folder is None:
            return [name, *self._always, self._harness]
        files = self._imported(path, folder)
        found = sorted(self._source(file).digest for file in files - {path})
        imports_harness = any(
            name.partition(".")[0] == autograder.__name__
            for file in files
            for name in self._source(file).imports
        )
        harness = [self._harness] if imports_harness else []
        return [name, *self._always, self._own(path, name), *found, *harness]

    def _own(self, path: Path, name: str) -> str:
        """A digest of the file that a name is of; of a file of checks, without the other checks."""
        if not is_check_name(path.name):
            return self._source(path).digest
        return code_of(path, next((part for part in name.split(".") if is_check_name(part)), ""))

    def read(self) -> None:
        """Read all now, so that forks of this process need not."""
        for folder in self._folders:
            for path in folder.rglob("*.py"):
                self._source(path)
        assert self._always and self._harness

    @cached_property
    def _folders(self) -> tuple[Path, ...]:
        return self.assignment.hidden_checks, self.assignment.public_checks

    @cached_property
    def _always(self) -> list[str]:
        """Data beside the checks is read by whoever likes, and modules of the public folder too."""
        data = [shared(folder, of=lambda path: path.suffix != ".py") for folder in self._folders]
        return [libraries_part(), shared(self.assignment.public), *data]

    @cached_property
    def _harness(self) -> str:
        return harness_part()

    def _source(self, path: Path) -> _Source:
        if path not in self._sources:
            self._sources[path] = _read(path)
        return self._sources[path]

    def _imported(self, path: Path, folder: Path) -> frozenset[Path]:
        """The file, and all of the folder that it imports, directly or not."""
        found, todo = {path}, [path]
        while todo:
            source = self._source(todo.pop())
            further = set(_files(source.imports, folder)) - found
            found |= further
            todo += further
        return frozenset(found)


#: What imports modules whose names no reader can see; of the builtins, by their bare names.
_HIDDEN = frozenset(("import_module", "run_path", "run_module", "spec_from_file_location"))
_HIDDEN_BUILTINS = frozenset(("__import__", "exec", "eval"))
#: Stands for the names of all modules.
_ALL = "*"


def _read(path: Path) -> _Source:
    data = path.read_bytes()
    try:
        tree = ast.parse(data)
    except (SyntaxError, ValueError):
        return _Source(digest(data), frozenset((_ALL,)))
    return _Source(digest(data), frozenset(_imports(tree)))


def _imports(tree: ast.Module) -> Iterator[str]:
    """Dotted names that the code may import, wherever it does; of ``from a import b`` also a.b."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                yield _ALL
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif _hides_imports(node):
            yield _ALL


def _hides_imports(node: ast.AST) -> bool:
    if isinstance(node, ast.Name):
        return node.id in _HIDDEN | _HIDDEN_BUILTINS
    return isinstance(node, ast.Attribute) and node.attr in _HIDDEN


def _files(names: Iterable[str], folder: Path) -> Iterator[Path]:
    """The files of the folder that imports of these names run."""
    for name in names:
        if name == _ALL:
            yield from (path for path in folder.rglob("*.py") if not is_check_name(path.stem))
            continue
        base = folder
        for part in name.split("."):
            base = base / part
            yield from (f for f in (base.with_suffix(".py"), base / "__init__.py") if f.is_file())


def _origin(function: Callable[..., Any]) -> tuple[Path | None, str]:
    """The file that a function, class or object with a call is of, and its qualified name there."""
    while isinstance(function, partial):
        function = function.func
    function = inspect.unwrap(function)
    module = sys.modules.get(getattr(function, "__module__", None) or "")
    file = getattr(module, "__file__", None)
    return Path(file) if file else None, str(getattr(function, "__qualname__", ""))
