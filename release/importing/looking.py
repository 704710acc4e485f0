"""A call that looks at an object as such comes in; the request that asks for it there goes out."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from release.importing.names import first_name, last_name
from release.importing.requests import of_student, request
from release.importing.surroundings import Named
from release.importing.words import DESCRIBER, REWRITE, Untranslatable

if TYPE_CHECKING:
    from release.importing.translate import Translator

FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)
#: What looks into a function, or tells objects apart: of a proxy it says something else.
_LOOKS_INSIDE = frozenset("inspect dis ast types typing mock patch pickle copy help".split())


def kind_of(named: Named) -> str:
    """How to ask for what a name stands for, as such."""
    if issubclass(named.form, ast.ClassDef):
        return "kind"
    return "function" if issubclass(named.form, FUNCTION) else "value"


def looked_at(translator: Translator, node: ast.Call) -> ast.AST | None:
    """Calls that look at an object as such."""
    function, name = last_name(node.func), first_name(node.func)
    if name == "inspect" or function == "getsource" or name in _LOOKS_INSIDE:
        asked = [each for each in node.args if translator.is_definition(each)]
        if asked and function == "getsource" and len(node.args) == 1:
            assert isinstance(asked[0], ast.Name)
            translator.visit(node.func)
            return request("source", asked[0].id, [], [])
        if asked:
            why = f"it uses the function `{ast.unparse(asked[0])}` itself, not what it returns"
            raise Untranslatable(node.lineno, why, DESCRIBER)
    if not isinstance(node.func, ast.Name) or node.keywords or len(node.args) != 1:
        return None
    if translator.named(node.func) is not None or translator.is_bound(function):
        return None
    if function == "id":
        raise Untranslatable(node.lineno, "it tells objects apart by their place", REWRITE)
    method = {"type": "type_of", "callable": "callable"}.get(function)
    return of_student(method, [translator.visit(node.args[0])]) if method else None
