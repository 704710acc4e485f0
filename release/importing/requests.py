"""A wanted name comes in; the expression with which a check asks for it goes out."""

from __future__ import annotations

import ast

from release.importing.words import REWRITE, Untranslatable


def request(kind: str, name: str, args: list[ast.expr], keywords: list[ast.keyword]) -> ast.Call:
    """`student.call("name", ...)` or `student.value("name")`."""
    func = ast.Attribute(ast.Name("student", ast.Load()), kind, ast.Load())
    return ast.Call(func, [ast.Constant(name), *args], keywords)


def check_text(node: ast.stmt, line: int) -> None:
    """Some f-strings have no text in Python 3.11: a quoted name inside more quotes.

    Raises:
        Untranslatable: the statement is one of them.
    """
    try:
        ast.parse(ast.unparse(node))
    except (ValueError, SyntaxError):
        raise Untranslatable(line, "its f-string cannot hold a request", REWRITE) from None
