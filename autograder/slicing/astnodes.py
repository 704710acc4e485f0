"""A syntax-tree node comes in; the names in it, and the nodes that run with it, go out."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_MARKS = (ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop)


def bound_name(alias: ast.alias) -> str:
    """The name that one part of an import binds."""
    return alias.asname or alias.name.split(".")[0]


def attribute_name(node: ast.AST) -> str:
    """``c`` of ``a.b.c``; empty for what is no name."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def base_name(node: ast.AST) -> str:
    """``a`` of ``a.b[c].d(e)``; empty where no name is at the root."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call | ast.Starred):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def eager_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a statement that run with it: bodies of functions and lambdas left out.

    Operators, and the marks of loads and stores, are no nodes of their own here.
    """
    pending = [node]
    while pending:
        part = pending.pop()
        yield part
        if isinstance(part, FUNCTIONS):
            pending += [*part.args.defaults, *(d for d in part.args.kw_defaults if d)]
            pending += getattr(part, "decorator_list", [])
        else:
            pending.extend(n for n in ast.iter_child_nodes(part) if not isinstance(n, _MARKS))


def all_nodes(parts: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """The nodes in some code, those of functions in it too, and none of operators."""
    return (n for part in parts for n in ast.walk(part) if not isinstance(n, _MARKS))
