"""Python text comes in; fingerprints of its statements that renaming and reformatting keep go out.

A fingerprint is taken of the syntax tree without comments, docstrings, annotations and formatting;
`x += 1` counts as `x = x + 1`. In the *renamed* form, variables are numbered in the order of their
first use, so that only attributes, keywords, constants and the shape are left; in the *named* form
the names stay.
"""

from __future__ import annotations

import ast
import re
import textwrap
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from autograder.slicing.tokens import is_builtin, is_message, says_nothing, tokens
from release.leaks.lines import name_weight
from release.markup.source import plain_python

#: A statement or expression that weighs less is anybody's: `x = F.relu(self.conv1(x))` weighs 4,
#: `kernel = np.ones((n, n)) / n**2` 5. The weight counts what renaming keeps: 1 for each attribute,
#: keyword, operator, call and constant (1/2 for 0, 1, 2, None, True and False), 2 for a loop.
SINGLE = 6.0
#: Several statements in a row, all like those of an answer.
RUN = 8.0
#: All statements of an answer in a row.
WHOLE = 5.0
#: With the same names too, where each distinct name weighs up to 1 more.
NAMED = 7.0
#: A tree at or above this weight is no coincidence, even where the template shows one like it.
TELLING = 10.0

#: A line that looks like an assignment or a return of something computed.
STATEMENT = re.compile(
    r"^[ \t]*(?:return\b|[\w.\[\]'\", \t]+[ \t][-+*/]?=[ \t])[^\n]*\([^\n]*$", re.MULTILINE
)
_SMALL = (0, 1, 2, None, True, False, "", -1)
_DEEPEST = 150
_BROKEN = (SyntaxError, ValueError, RecursionError, MemoryError)
_HEAVY = (ast.For, ast.While, ast.If, ast.comprehension, ast.With, ast.Try)
_COUNTED = (
    ast.Attribute, ast.AugAssign, ast.BinOp, ast.BoolOp, ast.Call, ast.Compare, ast.Lambda,
    ast.Subscript,
)  # fmt: skip


@dataclass(frozen=True)
class Shape:
    """A statement or expression: both fingerprints, its weights and its line (from 1)."""

    renamed: str
    named: str
    weight: float
    named_weight: float
    line: int


@dataclass(frozen=True)
class Shapes:
    """Of a piece of Python: the statements of each body in order, and the larger expressions."""

    bodies: tuple[tuple[Shape, ...], ...]
    expressions: tuple[Shape, ...]
    nodes: int

    def all(self) -> Iterator[Shape]:
        """Every statement and expression."""
        for body in self.bodies:
            yield from body
        yield from self.expressions


NOTHING = Shapes((), (), 0)


@lru_cache(maxsize=4096)
def shapes(text: str) -> Shapes:
    """The shapes of a text; of each of its paragraphs, if it is not Python as a whole."""
    tree = parsed(text)
    trees = [tree] if tree else list(_paragraphs(text))
    if not trees:
        return NOTHING
    reader = _Reader()
    for each in trees:
        reader.read(each)
    return Shapes(tuple(reader.bodies), tuple(reader.expressions), reader.nodes)


@lru_cache(maxsize=8)  # the shapes are asked for first, the strings in the same text next
def parsed(text: str) -> ast.Module | None:
    """The syntax tree of a cell, a module or an indented part of one; None if it is no Python.

    It is shared: not to be changed.
    """
    return _parsed(text)


def _parsed(text: str) -> ast.Module | None:
    text = textwrap.dedent(text.replace("\r\n", "\n")).rstrip()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of escapes in the strings of others
            try:
                return ast.parse(text)
            except SyntaxError:
                python = plain_python(text)
                return None if python is None else ast.parse(python)
    except _BROKEN:
        return None


def _paragraphs(text: str) -> Iterator[ast.Module]:
    at = 0
    for part in re.split(r"(\n[ \t]*\n)", text):
        if re.search(r"[=(]", part):
            yield from _lines_of(part, at)
        at += part.count("\n")


def _lines_of(part: str, at: int) -> Iterator[ast.Module]:
    """A paragraph as a whole, or its lines that are statements by themselves."""
    if tree := _parsed(part):
        yield ast.increment_lineno(tree, at)
        return
    for match in STATEMENT.finditer(part):
        if tree := _parsed(match[0]):
            yield ast.increment_lineno(tree, at + part.count("\n", 0, match.start()))


class _Reader:
    """Walks a tree from the leaves up; weighs each node, and takes the fingerprints."""

    def __init__(self) -> None:
        self.bodies: list[tuple[Shape, ...]] = []
        self.expressions: list[Shape] = []
        self.nodes = 0

    def read(self, tree: ast.Module) -> None:
        try:
            self._weigh(tree, 0)
        except RecursionError:
            return

    def _weigh(self, node: ast.AST, depth: int) -> float:
        self.nodes += 1
        if depth > _DEEPEST:
            return 0.0
        weight = _own_weight(node)
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "returns", "ctx", "type_params"):
                continue
            if isinstance(value, ast.AST):
                weight += self._weigh(value, depth + 1)
            elif isinstance(value, list) and value and isinstance(value[0], ast.AST | None):
                weights = [self._weigh(v, depth + 1) for v in value if isinstance(v, ast.AST)]
                weight += sum(weights)
                if isinstance(value[0], ast.stmt):
                    self._keep_body(value, weights)
        if isinstance(node, ast.expr) and weight >= WHOLE and not is_message(node):
            self.expressions.append(_shape(node, weight))
        return weight

    def _keep_body(self, body: list[ast.stmt], weights: list[float]) -> None:
        kept = [
            _shape(statement, weight)
            for statement, weight in zip(body, weights, strict=True)
            if not says_nothing(statement)
        ]
        if kept:
            self.bodies.append(tuple(kept))


def _own_weight(node: ast.AST) -> float:
    if isinstance(node, ast.Constant):
        value = node.value
        return 0.5 if value is ... or (not isinstance(value, bytes) and value in _SMALL) else 1.0
    if isinstance(node, ast.Name):
        return 1.0 if is_builtin(node.id) else 0.0
    if isinstance(node, _HEAVY):
        return 2.0
    if isinstance(node, _COUNTED):
        return 1.0
    if isinstance(node, ast.keyword):
        return 1.0 if node.arg else 0.5
    return 0.5 if isinstance(node, ast.UnaryOp) else 0.0


def _shape(node: ast.stmt | ast.expr, weight: float) -> Shape:
    named: list[str] = []
    renamed: list[str] = []
    numbers: dict[str, int] = {}
    for text, free in tokens(node):
        named.append(f"{text};" if free else text)
        renamed.append(f"${numbers.setdefault(text, len(numbers))};" if free else text)
    names = sum(map(name_weight, numbers))
    return Shape("".join(renamed), "".join(named), weight, weight + names, node.lineno)
