"""The imports of some code come in; what a dotted expression in it stands for goes out.

``nn.Linear`` stands for ``torch.nn.Linear`` where ``from torch import nn`` is among the imports,
and ``len`` for ``builtins.len`` where nothing binds that name anew.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field

from autograder.slicing.astnodes import Function, bound_name

_BUILTINS = frozenset(dir(builtins)) | {"display"}


@dataclass(frozen=True)
class Scope:
    """What the names of some code stand for.

    Attributes:
        imports: by name, the dotted paths that it may stand for.
        bound: names that something else binds; an imported one may be among them too.
    """

    imports: Mapping[str, Set[str]] = field(default_factory=dict)
    bound: Set[str] = frozenset()

    def path(self, node: ast.AST) -> str | None:
        """The dotted path that an expression stands for, if it is one name and its attributes."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        match node:
            case ast.Name():
                root = self._root(node.id)
            case ast.Call(func=ast.Name(id="__import__"), args=[ast.Constant(value=str(name))]):
                root = name
            case _:
                return None
        return ".".join([root, *reversed(parts)]) if root else None

    def _root(self, name: str) -> str | None:
        paths = self.imports.get(name, ())
        if len(paths) == 1 and name not in self.bound:
            return next(iter(paths))
        if not paths and name in _BUILTINS and name not in self.bound:
            return f"builtins.{name}"
        return None

    def roots(self, names: Iterable[str]) -> set[str]:
        """The packages that any of the names may come from."""
        return {path.split(".")[0] for name in names for path in self.imports.get(name, ())}


def imported_paths(node: ast.AST, package: str = "") -> dict[str, str]:
    """By name, what one import statement binds it to; empty for any other statement.

    Args:
        package: the package that a relative import starts from.
    """
    if isinstance(node, ast.Import):
        return {bound_name(a): a.name if a.asname else a.name.split(".")[0] for a in node.names}
    if isinstance(node, ast.ImportFrom):
        parents = package.split(".") if node.level else []
        base = ".".join([*parents[: len(parents) - node.level + 1], *filter(None, [node.module])])
        return {bound_name(a): f"{base}.{a.name}" for a in node.names if a.name != "*"}
    return {}


def imports_in(nodes: Iterable[ast.AST], package: str = "") -> dict[str, set[str]]:
    """By name, all that import statements among the nodes bind it to."""
    found: dict[str, set[str]] = {}
    for node in nodes:
        for name, path in imported_paths(node, package).items():
            found.setdefault(name, set()).add(path)
    return found


@dataclass(frozen=True)
class FunctionNames:
    """The names of a function's own scope.

    Attributes:
        names: all that are local, parameters included.
        kept: parameters with a default, whose object lives on from call to call.
    """

    names: frozenset[str]
    parameters: set[str]
    positional: tuple[str, ...]
    kept: frozenset[str]
    stored: frozenset[str]
    declared: frozenset[str]
    nonlocals: bool

    @classmethod
    def of(cls, function: Function, nodes: Sequence[ast.AST]) -> FunctionNames:
        """Those of a function, and of the nodes in its body."""
        arguments = function.args
        positional = tuple(a.arg for a in (*arguments.posonlyargs, *arguments.args))
        parameters = {node.arg for node in ast.walk(arguments) if isinstance(node, ast.arg)}
        declared = {n for node in nodes if isinstance(node, ast.Global) for n in node.names}
        stored = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        stored |= {node.arg for node in nodes if isinstance(node, ast.arg)}
        stored |= set(imports_in(nodes))
        kept = {*positional[len(positional) - len(arguments.defaults) :]}
        kept |= {argument.arg for argument in arguments.kwonlyargs}
        return cls(
            frozenset((stored - declared) | parameters),
            parameters,
            positional,
            frozenset(kept),
            frozenset(stored),
            frozenset(declared),
            any(isinstance(node, ast.Nonlocal) for node in nodes),
        )
