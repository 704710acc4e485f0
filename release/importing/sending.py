"""A function of a test comes in; the request that defines it beside the student's code goes out.

A function cannot cross. Where a test hands one to the student's function, its text goes over, with
the values of the test that it uses; there it is the same function.
"""

from __future__ import annotations

import ast
import builtins
import copy
from typing import TYPE_CHECKING

from release.importing.names import own_names
from release.importing.requests import of_student
from release.importing.surroundings import BARRED, Meaning, Named
from release.importing.words import REWRITE, Untranslatable

if TYPE_CHECKING:
    from release.importing.translate import Translator


class Sending:
    """What a test defines and imports, so that it can be sent over."""

    def __init__(self, translator: Translator) -> None:
        self._translator = translator
        self._functions: dict[str, ast.FunctionDef] = {}
        self._imports: dict[str, str] = {}

    def defined(self, node: ast.FunctionDef) -> None:
        """Note a function of the test, before it is translated."""
        self._functions[node.name] = copy.deepcopy(node)

    def rebound(self, name: str) -> None:
        """Forget what a name stood for."""
        self._functions.pop(name, None)
        self._imports.pop(name, None)

    def imported(self, node: ast.Import | ast.ImportFrom) -> None:
        """Note an import of the test."""
        for alias in node.names:
            name = alias.asname or alias.name.partition(".")[0]
            self.rebound(name)
            self._imports[name] = ast.unparse(node)

    def argument(self, node: ast.expr) -> ast.expr:
        """An argument of the student's function, translated."""
        if isinstance(node, ast.Lambda):
            return self._sent(node, f"return {ast.unparse(node)}")
        if isinstance(node, ast.Name):
            function = self._definition(node)
            if function is not None:
                return self._sent(function, f"{ast.unparse(function)}\nreturn {node.id}")
        if isinstance(node, ast.List | ast.Tuple):
            node.elts = [self.argument(each) for each in node.elts]
            return node
        made: ast.expr = self._translator.visit(node)
        return made

    def _definition(self, node: ast.Name) -> ast.FunctionDef | None:
        """The function of the test, or of a given cell, that a name stands for."""
        if node.id in self._functions:
            return self._functions[node.id]
        if self._translator.is_bound(node.id):
            return None
        named = self._meaning(node)
        if named.meaning is not Meaning.COPY:
            return None
        found = ast.parse(named.copies[node.id]).body[0]
        return found if isinstance(found, ast.FunctionDef) else None

    def _sent(self, node: ast.Lambda | ast.FunctionDef, last: str) -> ast.expr:
        if isinstance(node, ast.FunctionDef) and node.decorator_list:
            raise Untranslatable(node.lineno, "it hands on a function with a decorator", REWRITE)
        own = own_names(node) | ({node.name} if isinstance(node, ast.FunctionDef) else set())
        used = {
            inner.id: inner
            for inner in ast.walk(node)
            if isinstance(inner, ast.Name) and inner.id not in own
        }
        head: dict[str, None] = {}
        values: list[ast.keyword] = []
        for name, inner in sorted(used.items()):
            if name in self._imports:
                head.setdefault(self._imports[name])
            elif name in self._functions or self._translator.is_bound(name):
                values.append(ast.keyword(name, self.argument(copy.deepcopy(inner))))
            elif name not in vars(builtins) or name in BARRED:
                self._of_notebook(inner, head, values)
        source = "\n".join([*head, last])
        return of_student("send", [ast.Constant(source)], values)

    def _of_notebook(
        self, node: ast.Name, head: dict[str, None], values: list[ast.keyword]
    ) -> None:
        """What a function uses of the notebook: imports and given definitions go along."""
        named = self._meaning(node)
        if named.meaning is Meaning.UNKNOWN:
            raise Untranslatable(node.lineno, named.why, REWRITE)
        if named.meaning is Meaning.ASKED:
            values.append(ast.keyword(node.id, self._translator.visit(copy.deepcopy(node))))
        head.update(dict.fromkeys([*named.imports, *named.copies.values()]))

    def _meaning(self, node: ast.Name) -> Named:
        translator = self._translator
        return translator.surroundings.meaning(node.id, translator.at, copies=translator.copies)
