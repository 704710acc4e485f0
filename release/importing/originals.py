"""A test comes in; the same test as it runs beside the student's code goes out.

There is nothing to translate then: it runs in the notebook's own names, as it did in the other
tool. What it used of cells that the student's notebook lacks goes along.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Sequence

from autograder.slicing.statements import facts_of
from release.importing.model import Original, Test
from release.importing.outputs import has_output
from release.importing.surroundings import BARRED, Meaning, Surroundings
from release.importing.wrappers import ENVIRONMENT
from release.markup.source import plain_python

#: What looks at the notebook's names as a whole.
_LOOKS_AT_ALL = frozenset({"globals", "locals", "vars", "eval", "exec", "dir", "get_ipython"})


def original(test: Test, surroundings: Surroundings) -> Original | None:
    """The test as one text with all that it needs, or None if it is no Python.

    A saved output counts where the last line shows something, as doctest compares it.
    """
    python = plain_python(test.source)
    if python is None:
        return None
    body = [node for node in ast.parse(python).body if not _is_text(node)]
    if test.called:
        body = _with_calls(body)
    if not body:
        return None
    needs = _Needs(surroundings, test.cell)
    needs.read(body)
    shows = test.output if test.output is not None and _shows(body, test.output) else None
    lines = [*needs.head, *(ast.unparse(node) for node in body)]
    return Original("\n".join(lines), tuple(needs.names), shows, needs.whole, test.scores)


def helpers(body: Sequence[ast.stmt], surroundings: Surroundings, at: int) -> list[ast.stmt]:
    """What tests above the cell `at` define, as far as statements use it, in order."""
    needs = _Needs(surroundings, at)
    needs.read(body)
    return needs.helpers


def _shows(body: Sequence[ast.stmt], output: str) -> bool:
    return bool(output.strip()) or has_output(body[-1])


def _is_text(node: ast.stmt) -> bool:
    constant = node.value if isinstance(node, ast.Expr) else None
    return isinstance(constant, ast.Constant) and isinstance(constant.value, str)


def _with_calls(body: Sequence[ast.stmt]) -> list[ast.stmt]:
    """Test functions, called as otter-grader does: each parameter by the name that it has."""
    made: list[ast.stmt] = []
    for node in body:
        made.append(node)
        if isinstance(node, ast.FunctionDef):
            node.decorator_list = [
                each for each in node.decorator_list if "test_case" not in ast.unparse(each)
            ]
            given = [
                "globals()" if argument.arg == ENVIRONMENT else argument.arg
                for argument in node.args.args
            ]
            made += ast.parse(f"{node.name}({', '.join(given)})").body
    return made


class _Needs:
    """What a test uses: names of the notebook, imports, and statements of tests above it."""

    def __init__(self, surroundings: Surroundings, at: int) -> None:
        self._surroundings = surroundings
        self._at = at
        self.names: dict[str, None] = {}
        self.head: dict[str, None] = {}
        self.helpers: list[ast.stmt] = []
        self.whole = False
        self._seen: set[str] = set()

    def read(self, body: Sequence[ast.stmt]) -> None:
        """Note what statements use and do not bind above."""
        bound: set[str] = set()
        for node in body:
            facts = facts_of(node)
            for name in sorted((facts.uses | facts.deferred | facts.touched) - bound):
                self._use(name)
            bound |= facts.binds

    def _use(self, name: str) -> None:
        if name in self._seen:
            return
        self._seen.add(name)
        self.whole |= name in _LOOKS_AT_ALL
        named = self._surroundings.meaning(name, self._at)
        if named.meaning is Meaning.IMPORT:
            self.head.update(dict.fromkeys(named.imports))
        elif named.meaning in (Meaning.ASKED, Meaning.COPY):
            self.names.setdefault(name)
        elif named.meaning is Meaning.UNKNOWN:
            self._find(name)

    def _find(self, name: str) -> None:
        """What binds a name that the notebook itself does not: a test above, or a star import."""
        node = self._surroundings.in_tests(name, self._at)
        if node is not None:
            self.read([node])
            if (statement := ast.unparse(node)) not in self.head:
                self.head[statement] = None
                self.helpers.append(node)
        elif (text := self._surroundings.import_text(name)) is not None:
            self.head.setdefault(text)
        elif name not in vars(builtins) and name not in BARRED:
            stars = (f"from {module} import *" for module in self._surroundings.stars)
            self.head.update(dict.fromkeys(stars))
            self.whole |= not self._surroundings.stars  # a magic, or exec, may bind it
