"""A part of a test comes in, the names in it go out."""

from __future__ import annotations

import ast


def bound_names(node: ast.AST) -> set[str]:
    """Every name that is stored to, imported or defined anywhere in a node."""
    found: set[str] = set()
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and not isinstance(inner.ctx, ast.Load):
            found.add(inner.id)
        elif isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(inner.name)
        elif isinstance(inner, ast.alias):
            found.add(inner.asname or inner.name.partition(".")[0])
        elif isinstance(inner, ast.arg):
            found.add(inner.arg)
    return found


def bound_at_top(node: ast.stmt) -> set[str]:
    """The names that a statement binds around it, not inside a function."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Expr):
        return set()
    return bound_names(node)


def own_names(node: ast.AST) -> set[str]:
    """The names that belong to a function, a lambda or a comprehension alone."""
    return {name for part in ast.iter_child_nodes(node) for name in bound_names(part)}


def expects_exception(call: ast.Call) -> bool:
    """Whether it is `pytest.raises(ValueError, ...)`, `assert_raises(...)` or the like."""
    return last_name(call.func).lower().endswith(("raises", "raises_regex", "raisesregex"))


def last_name(node: ast.expr) -> str:
    """The last part of a dotted name; empty for other expressions."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def first_name(node: ast.expr) -> str:
    """The first part of a dotted name; empty for other expressions."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def caught(handler: ast.ExceptHandler) -> list[ast.expr]:
    """The exceptions that an `except` names."""
    if handler.type is None:
        return []
    return handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
