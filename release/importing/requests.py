"""A wanted name comes in; the expression with which a check asks for it goes out."""

from __future__ import annotations

import ast

from release.importing.words import REWRITE, Untranslatable


def request(kind: str, name: str, args: list[ast.expr], keywords: list[ast.keyword]) -> ast.Call:
    """`student.call("name", ...)`, `student.value("name")` and the like."""
    return of_student(kind, [ast.Constant(name), *args], keywords)


def of_student(
    method: str, args: list[ast.expr], keywords: list[ast.keyword] | None = None
) -> ast.Call:
    """A call of a method of the student's answer."""
    func = ast.Attribute(ast.Name("student", ast.Load()), method, ast.Load())
    return ast.Call(func, args, keywords or [])


def check_text(node: ast.stmt, line: int) -> None:
    """Some f-strings have no text in Python 3.11: a quoted name inside more quotes.

    Raises:
        Untranslatable: the statement is one of them.
    """
    try:
        ast.parse(ast.unparse(node))
    except (ValueError, SyntaxError):
        raise Untranslatable(line, "its f-string cannot hold a request", REWRITE) from None
