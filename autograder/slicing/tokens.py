"""A syntax tree comes in; what it says, without formatting, comments and annotations, goes out.

`x += 1` says the same as `x = x + 1`. Names that an author is free to choose are told from others.
"""

from __future__ import annotations

import ast
import builtins
from typing import NamedTuple

_BUILTINS = frozenset(dir(builtins))
_SKIPPED = (ast.Import, ast.ImportFrom, ast.Pass, ast.Global, ast.Nonlocal)
_UNSAID = frozenset({"ctx", "annotation", "returns", "type_comment", "type_params", "kind"})


class Token(NamedTuple):
    """A piece of what a tree says; ``free``: a name that could be any other."""

    text: str
    free: bool


def tokens(node: ast.AST) -> list[Token]:
    """The tokens of a tree in order.

    Raises:
        RecursionError: it is nested too deeply.
    """
    writer = _Writer()
    writer.write(node)
    return writer.tokens


def is_builtin(name: str) -> bool:
    """Whether a name means something by itself."""
    return name in _BUILTINS


def says_nothing(statement: ast.stmt) -> bool:
    """Docstrings, imports, prints, `pass` and `...`."""
    message = isinstance(statement, ast.Expr) and is_message(statement.value)
    return message or isinstance(statement, _SKIPPED)


def is_message(node: ast.expr) -> bool:
    """A text, or the printing of one."""
    prints = isinstance(node, ast.Call) and getattr(node.func, "id", "") == "print"
    return prints or isinstance(node, ast.Constant | ast.JoinedStr)


def _constant(value: object) -> str:
    """A constant; Python writes no number of more than 4,300 digits in tens."""
    return hex(value) if type(value) is int else repr(value)


class _Writer:
    """Writes a tree down."""

    def __init__(self) -> None:
        self.tokens: list[Token] = []

    def write(self, node: ast.AST | None) -> None:
        if isinstance(node, ast.Name):
            self._name(node.id)
        elif isinstance(node, ast.arg):
            self._name(node.arg)
        elif isinstance(node, ast.Constant):
            self._fixed(_constant(node.value) + ";")
        elif isinstance(node, ast.AugAssign):
            value = ast.BinOp(node.target, node.op, node.value)
            self._fields("Assign", [("targets", [node.target]), ("value", value)])
        elif isinstance(node, ast.AnnAssign):
            self._fields("Assign", [("targets", [node.target]), ("value", node.value)])
        elif isinstance(node, ast.Expr):  # as an answer `f(x)` and `_ = f(x)` differ, `f(x);` not
            self.write(node.value)
        elif node is not None:
            self._fields(type(node).__name__, list(ast.iter_fields(node)))

    def _fields(self, kind: str, fields: list[tuple[str, object]]) -> None:
        self._fixed(kind + "(")
        for name, value in fields:
            if name in _UNSAID:
                continue
            if isinstance(value, ast.AST):
                self.write(value)
            elif isinstance(value, list):
                self._list(value)
            elif isinstance(value, str):
                # A definition's name and an `as` name can be changed, an attribute's cannot.
                renamable = name in ("name", "asname", "rest") or kind in ("Global", "Nonlocal")
                self._name(value) if renamable else self._fixed(value + ";")
            elif value is not None:
                self._fixed(f"{value!r};")
        self._fixed(")")

    def _list(self, values: list[object]) -> None:
        self._fixed("[")
        for value in values:
            if isinstance(value, ast.stmt) and says_nothing(value):
                continue
            if isinstance(value, ast.AST):
                self.write(value)
            else:
                self._fixed(f"{value!r};")
        self._fixed("]")

    def _name(self, name: str) -> None:
        if name in _BUILTINS:
            self._fixed(name + ";")
        else:
            self.tokens.append(Token(name, True))

    def _fixed(self, text: str) -> None:
        self.tokens.append(Token(text, False))
