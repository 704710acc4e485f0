"""The source of a cell and its answers come in; the same with one thing altered goes out.

Comparisons, arithmetic, numbers and truth values are turned into others, conditions are negated,
statements are dropped, and functions give None. What stands in a `while` stays, as it might never
end. Each is a mutant of the solution: what judged the solution may judge it otherwise.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from release.source import plain_python

_OTHERS: dict[type[ast.AST], ast.AST] = {
    ast.Lt: ast.LtE(),
    ast.LtE: ast.Lt(),
    ast.Gt: ast.GtE(),
    ast.GtE: ast.Gt(),
    ast.Eq: ast.NotEq(),
    ast.NotEq: ast.Eq(),
    ast.In: ast.NotIn(),
    ast.NotIn: ast.In(),
    ast.Is: ast.IsNot(),
    ast.IsNot: ast.Is(),
    ast.Add: ast.Sub(),
    ast.Sub: ast.Add(),
    ast.Mult: ast.Add(),
    ast.Div: ast.Mult(),
    ast.FloorDiv: ast.Div(),
    ast.Mod: ast.FloorDiv(),
    ast.Pow: ast.Mult(),
    ast.MatMult: ast.Mult(),
    ast.And: ast.Or(),
    ast.Or: ast.And(),
}
_DROPPED = (ast.Expr, ast.Assign, ast.AugAssign, ast.Delete, ast.Raise)


@dataclass(frozen=True)
class Altered:
    """A cell with one thing altered.

    Attributes:
        line: where it was, from 1.
        before, after: that piece of the text, in both.
    """

    source: str
    line: int
    before: str
    after: str


def altered(source: str, regions: Collection[int]) -> Sequence[Altered]:
    """All alterations of a cell, from top to bottom; none of a cell that is no Python.

    Args:
        regions: the lines (from 1) of its answers.
    """
    python = plain_python(source)
    if python is None:
        return ()
    found = [
        (node, text)
        for node, text in _changes(ast.parse(python), inside=False)
        if node.lineno in regions and node.end_lineno in regions
    ]
    lines = [line.encode() for line in source.split("\n")]
    found.sort(key=lambda each: (each[0].lineno, each[0].col_offset))
    made = [_with(lines, node, text) for node, text in found]
    return tuple(each for each in made if plain_python(each.source) is not None)


_Node = ast.expr | ast.stmt


def _changes(node: ast.AST, *, inside: bool) -> Iterator[tuple[_Node, str]]:
    """Nodes, and what could stand in their place.

    Args:
        inside: it is in a function, where the last statement may be the only one.
    """
    if isinstance(node, ast.While | ast.JoinedStr):
        return
    if isinstance(node, ast.expr):
        yield from _of_expression(node)
    elif isinstance(node, ast.Return) and node.value is not None:
        yield node, "return None"
    elif isinstance(node, ast.If):
        yield node.test, f"not ({ast.unparse(node.test)})"
    elif inside and isinstance(node, _DROPPED) and not _is_text(node):
        yield node, "pass"
    inside |= isinstance(node, ast.FunctionDef)
    for child in ast.iter_child_nodes(node):
        yield from _changes(child, inside=inside)


def _of_expression(node: ast.expr) -> Iterator[tuple[_Node, str]]:
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield node, str(not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        yield node, repr(node.value + 1)
    elif isinstance(node, ast.Compare) and type(node.ops[0]) in _OTHERS:
        first = _OTHERS[type(node.ops[0])]
        assert isinstance(first, ast.cmpop)
        yield node, _text(ast.Compare(node.left, [first, *node.ops[1:]], node.comparators))
    elif isinstance(node, ast.BinOp) and type(node.op) in _OTHERS:
        operator = _OTHERS[type(node.op)]
        assert isinstance(operator, ast.operator)
        yield node, _text(ast.BinOp(node.left, operator, node.right))
    elif isinstance(node, ast.BoolOp):
        either = _OTHERS[type(node.op)]
        assert isinstance(either, ast.boolop)
        yield node, _text(ast.BoolOp(either, node.values))


def _text(node: ast.expr) -> str:
    """In brackets, so that it holds together wherever it stands."""
    return f"({ast.unparse(node)})"


def _is_text(node: ast.stmt) -> bool:
    value = node.value if isinstance(node, ast.Expr) else None
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


def _with(lines: Sequence[bytes], node: _Node, text: str) -> Altered:
    first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
    end = node.end_col_offset or 0
    head, tail = lines[first][: node.col_offset], lines[last][end:]
    inside = b"\n".join(lines[first : last + 1])
    before = inside[node.col_offset : len(inside) - len(tail)].decode()
    made = [*lines[:first], head + text.encode() + tail, *lines[last + 1 :]]
    return Altered(b"\n".join(made).decode(), node.lineno, before, text)
