"""How nbgrader makes asserts of an expression comes in; the request that stands for it goes out.

nbgrader runs the solution and compares what it shows: by the ``autotests.yml`` that comes with it
the type and the text, of floats two decimals. A course may have a file of its own, beside the
assignment or in its folder: a list of expressions for each type.
"""

from __future__ import annotations

import ast
import builtins
import copy
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml  # type: ignore[import-untyped]

from release.importing.model import NBGRADERS, Autotests
from release.importing.names import bound_names, own_names
from release.importing.requests import request
from release.importing.surroundings import Meaning
from release.importing.words import Untranslatable

if TYPE_CHECKING:
    from release.importing.translate import Translator

FILE = "autotests.yml"
#: In a check, what the course compares by.
COURSE_TESTS = "course_tests"
#: How far above an assignment the file may lie: course/source/ASSIGNMENT.
_LEVELS = 3
_SNIPPET = re.compile(r"\{\{\s*snippet\s*\}\}")
#: What tells types apart, and makes text of what is compared; other ways are not followed.
_DISPATCH, _NORMALIZE = "type(snippet)", "str(snippet)"
_REMEDY = "write the assert that it stands for"


def autotests_of(folder: Path) -> Autotests:
    """What the nearest autotests.yml at or above an assignment says."""
    folder = folder.resolve()
    for above in [folder, *folder.parents][:_LEVELS]:
        path = above / FILE
        if path.is_file():
            return _read(path)
    return NBGRADERS


def _read(path: Path) -> Autotests:
    try:
        return _taken(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return Autotests(why=f"{FILE} cannot be read")
    except (ValueError, SyntaxError) as error:
        return Autotests(why=f"of {FILE}, {error}")


def _taken(found: object) -> Autotests:
    """The part for Python.

    Raises:
        ValueError: something else is meant than expressions that are compared by their text.
    """
    kernels = found if isinstance(found, dict) else {}
    own = next((kernels[k] for k in kernels if str(k).startswith("python")), None)
    if not isinstance(own, dict) or not isinstance(own.get("templates"), dict):
        raise ValueError("there are no templates for Python")
    for name, usual in (("dispatch", _DISPATCH), ("normalize", _NORMALIZE)):
        if ast.unparse(_expression(own.get(name, usual))) != usual:
            raise ValueError(f"`{name}` is not {usual}")
    setup = [node for node in ast.parse(str(own.get("setup") or "")).body if _imports(node)]
    templates = {str(kind): list(_tests(tests)) for kind, tests in own["templates"].items()}
    known = {name for node in setup for name in bound_names(node)} | {"snippet"}
    for test in (test for tests in templates.values() for test in tests):
        used = {n.id for n in ast.walk(test) if isinstance(n, ast.Name)}
        for name in sorted(used - known - set(vars(builtins)) - own_names(ast.Expr(test))):
            raise ValueError(f"`{ast.unparse(test)}` uses `{name}`, which `setup` does not import")
    return Autotests(_text(templates), tuple(map(ast.unparse, setup)))


def _imports(node: ast.stmt) -> bool:
    return isinstance(node, ast.Import | ast.ImportFrom)


def _tests(tests: object) -> Iterator[ast.expr]:
    for entry in tests if isinstance(tests, list) else [tests]:
        if not isinstance(entry, dict) or "test" not in entry:
            raise ValueError("a template has no `test`")
        yield _expression(entry["test"])


def _expression(text: object) -> ast.expr:
    try:
        return ast.parse(_SNIPPET.sub("snippet", str(text)).strip(), mode="eval").body
    except SyntaxError:
        raise ValueError(f"`{str(text)[:60]}` is no expression") from None


def _text(templates: Mapping[str, Sequence[ast.expr]]) -> str:
    lines = [
        f"    {kind!r}: [{', '.join(f'lambda snippet: {ast.unparse(test)}' for test in tests)}],"
        for kind, tests in templates.items()
    ]
    return "\n".join([f"{COURSE_TESTS} = {{", *lines, "}"])


def automatic(translator: Translator, node: ast.expr) -> ast.expr:
    """What nbgrader would make of an expression: it shows what it does in the solution.

    Raises:
        Untranslatable: no check can hold what the solution has, or the course compares otherwise.
    """
    autotests = translator.autotests
    if autotests.why:
        raise Untranslatable(node.lineno, autotests.why, _REMEDY)
    expected = copy.deepcopy(node)
    inside = own_names(ast.Expr(node)) if _binds(node) else set()
    asked: set[str] = set()
    for name in sorted({n.id for n in ast.walk(node) if isinstance(n, ast.Name)} - inside):
        if translator.is_bound(name):
            continue
        named = translator.surroundings.solution(name, translator.at)
        if named is None:
            why = f"nbgrader compares it with the solution, whose `{name}` no check can hold"
            raise Untranslatable(node.lineno, why, _REMEDY)
        if named.meaning is Meaning.ASKED:
            asked.add(name)
        translator.hold(named.imports, named.copies)
    if asked:
        expected = _Asked(asked).visit(expected)
    translator.hold(("from imported import expect_as_solution",), {})
    arguments: list[Any] = [translator.visit(node), expected]
    if autotests.text:
        translator.hold(autotests.imports, {COURSE_TESTS: autotests.text})
        arguments.append(ast.Name(COURSE_TESTS, ast.Load()))
    return ast.Call(ast.Name("expect_as_solution", ast.Load()), arguments, [])


def _binds(node: ast.expr) -> bool:
    inner = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
    return any(isinstance(each, inner) for each in ast.walk(node))


class _Asked(ast.NodeTransformer):
    """Asks for given data."""

    def __init__(self, names: set[str]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """A name of given data."""
        return request("value", node.id, [], []) if node.id in self.names else node
