"""Syntax-tree nodes come in; the names in them that only ever hold numbers and text go out."""

from __future__ import annotations

import ast
from collections.abc import Sequence

#: Functions that give a number or a text of whatever they get; and of numbers and texts alone.
_ALWAYS_ATOMS = frozenset("int float str bool len repr ord chr id hash isinstance print".split())
_BUILTIN_ATOMS = frozenset("round range sum abs max min pow divmod".split())


def atoms(nodes: Sequence[ast.AST]) -> set[str]:
    """Names that are only ever assigned numbers and text."""
    stores: dict[str, int] = {}
    values: dict[str, list[ast.expr]] = {}
    for node in nodes:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            stores[node.id] = stores.get(node.id, 0) + 1
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        for target in targets:
            if isinstance(target, ast.Name) and isinstance(
                value := getattr(node, "value", 0), ast.expr
            ):
                values.setdefault(target.id, []).append(value)
    parameters = {node.arg for node in nodes if isinstance(node, ast.arg)}
    found = {n for n, count in stores.items() if len(values.get(n, ())) == count} - parameters
    wrong = True
    while wrong:
        wrong = False
        for name in [n for n in stores if n in found]:  # in order: most need one round
            if not all(_atomic(value, found) for value in values[name]):
                found.remove(name)
                wrong = True
    return found


def _atomic(value: ast.expr, atoms: set[str]) -> bool:
    """Whether a value is made of numbers, text, ``atoms`` and functions that give such."""
    match value:
        case ast.Constant() | ast.JoinedStr():
            return True
        case ast.Name(id=name):
            return name in atoms
        case ast.Call(func=ast.Name(id=name)) if name in _ALWAYS_ATOMS:
            return True
        case ast.Call(func=ast.Name(id=name), keywords=[]) if name in _BUILTIN_ATOMS:
            return all(_atomic(argument, atoms) for argument in value.args)
        case ast.Call(func=ast.Attribute(attr="item"), args=[]):
            return True
        case ast.UnaryOp() | ast.BinOp() | ast.Compare() | ast.BoolOp() | ast.IfExp():
            parts = ast.iter_child_nodes(value)
            return all(_atomic(part, atoms) for part in parts if isinstance(part, ast.expr))
    return False
