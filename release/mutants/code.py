"""The source of one cell and its answers come in; nodes, and changes of their text, go out.

The text is cut and edited where a node stands, and never written anew from the tree: what is not
changed stays as it was, to the last comment.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from autograder.slicing.edits import Source
from release.markup.model import Region

#: What may stand in brackets or not without saying something else.
_ATOM = re.compile(r"[\w.]+|\([^()]*\)|\[[^\[\]]*\]|'[^'\n]*'|\"[^\"\n]*\"")
_COMMENT = re.compile(rb"#[^\n]*")


@dataclass(frozen=True)
class Change:
    """Other text in place of the bytes from ``start`` to ``end`` of a cell."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Mutation:
    """One way in which an answer can be wrong.

    Attributes:
        operator: what kind of change it is.
        changes: they do not overlap.
        line: of the cell, from 1, where it starts.
        what: the change in a few words, the same wherever the same is done.
    """

    operator: str
    changes: tuple[Change, ...]
    line: int
    what: str


@dataclass(frozen=True)
class Vocabulary:
    """What the rest of the notebook says.

    Attributes:
        modules: names that are modules.
        imports: by name, the module that ``import`` gives it to.
        names: all names.
        texts: all short texts in quotation marks.
    """

    modules: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    texts: frozenset[str] = frozenset()
    imports: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, sources: Iterable[str]) -> Vocabulary:
        """That of cells, as Python; what cannot be read is left out."""
        modules: set[str] = set()
        names: set[str] = set()
        texts: set[str] = set()
        imports: dict[str, str] = {}
        for source in sources:
            for node in ast.walk(ast.parse(source)):
                match node:
                    case ast.Import():
                        modules |= {(a.asname or a.name).split(".")[0] for a in node.names}
                        plain = [a for a in node.names if a.asname or "." not in a.name]
                        imports |= {(a.asname or a.name): a.name for a in plain}
                    case ast.ImportFrom():
                        # As `from torch import nn`: a module is written in small letters alone.
                        modules |= {a.asname or a.name for a in node.names if len(a.name) < 3}
                        names |= {a.asname or a.name for a in node.names}
                    case ast.Name():
                        names.add(node.id)
                    case ast.Constant(value=str() as text) if len(text) < 40:
                        texts.add(text)
        return cls(frozenset(modules), frozenset(names), frozenset(texts), imports)


@dataclass(frozen=True)
class Code:
    """One cell, of which the answers may be changed.

    Attributes:
        text: as it stands in the notebook.
        python: the same with its magics replaced, line for line.
        regions: the answers.
    """

    text: str
    python: str
    regions: Sequence[Region]
    vocabulary: Vocabulary = field(default_factory=Vocabulary)

    @cached_property
    def tree(self) -> ast.Module:
        """All of it."""
        return ast.parse(self.python)

    @cached_property
    def source(self) -> Source:
        """Finds the text of nodes."""
        return Source(self.text)

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """The node that each node is in."""
        return {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """The nodes inside the answers, from top to bottom, that have a place of their own.

        Parts of f-strings have none before Python 3.12.
        """
        hidden = {
            part
            for node in ast.walk(self.tree)
            if isinstance(node, ast.JoinedStr)
            for part in ast.walk(node)
        }
        found = [n for n in ast.walk(self.tree) if n not in hidden and self.is_inside(n)]
        return tuple(sorted(found, key=self.span))

    def is_inside(self, node: ast.AST) -> bool:
        """Whether a node stands in one answer, as a whole."""
        first, last = getattr(node, "lineno", None), getattr(node, "end_lineno", None)
        if first is None or last is None:
            return False
        decorators = [mark.lineno for mark in getattr(node, "decorator_list", ())]
        first = min([first, *decorators])
        return any(r.start < first and last <= r.end for r in self.regions)

    def span(self, node: ast.AST) -> tuple[int, int]:
        """The bytes of a node."""
        return self.source.offsets(node)  # type: ignore[arg-type]

    def cut(self, node: ast.AST) -> str:
        """The text of a node."""
        start, end = self.span(node)
        return self.data[start:end].decode("utf-8")

    @cached_property
    def data(self) -> bytes:
        """The text in UTF-8, as places are counted."""
        return self.text.encode("utf-8")

    def put(self, node: ast.AST, text: str) -> Change:
        """Another expression in place of one, in brackets where it may need them."""
        plain = _ATOM.fullmatch(text) or not isinstance(node, ast.expr)
        return Change(*self.span(node), text if plain else f"({text})")

    def drop(self, statement: ast.stmt) -> Change:
        """Nothing in place of a statement."""
        return Change(*self.span(statement), "pass")

    def operator(self, left: ast.expr, right: ast.expr, old: str, new: str) -> Change | None:
        """Another operator between two operands; None if it is not found there."""
        start, end = self.span(left)[1], self.span(right)[0]
        between = _COMMENT.sub(lambda match: b"#" * len(match[0]), self.data[start:end])
        at = between.find(old.encode())
        if at < 0:
            return None
        return Change(start + at, start + at + len(old), new)

    def without(self, items: Sequence[ast.AST], number: int) -> Change | None:
        """One item less in a list with commas."""
        start, end = self.span(items[number])
        if number > 0:
            comma = self._comma(self.span(items[number - 1])[1], start)
            if comma is None:
                return None
            return Change(comma, self._closed(comma, start, end), "")
        if len(items) > 1:
            return Change(start, self.span(items[1])[0], "")
        return Change(start, end, "")

    def swapped(self, one: ast.AST, other: ast.AST) -> tuple[Change, Change]:
        """Two nodes in each other's places."""
        return self.put(one, self.cut(other)), self.put(other, self.cut(one))

    def _comma(self, start: int, end: int) -> int | None:
        between = _COMMENT.sub(lambda match: b"#" * len(match[0]), self.data[start:end])
        at = between.find(b",")
        return None if at < 0 else start + at

    def _closed(self, comma: int, start: int, end: int) -> int:
        """Behind the brackets around an item that open between the comma and its start."""
        for _ in range(self.data[comma:start].count(b"(")):
            closing = self.data.find(b")", end)
            if closing < 0 or self.data[end:closing].strip():
                return end
            end = closing + 1
        return end

    def applied(self, changes: Iterable[Change]) -> str:
        """The whole text with the changes made."""
        return _applied(self.data, changes)

    def as_python(self, changes: Iterable[Change]) -> str:
        """The same without magics; these stand on lines of their own, outside of the changes."""
        first, last = self.data.splitlines(keepends=True), self.python.encode().splitlines(True)
        moved = []
        for change in changes:
            line = self.data.count(b"\n", 0, change.start)
            by = sum(map(len, last[:line])) - sum(map(len, first[:line]))
            moved.append(Change(change.start + by, change.end + by, change.text))
        return _applied(self.python.encode(), moved)


def _applied(data: bytes, changes: Iterable[Change]) -> str:
    for change in sorted(changes, key=lambda change: change.start, reverse=True):
        data = data[: change.start] + change.text.encode("utf-8") + data[change.end :]
    return data.decode("utf-8")


def inner(node: ast.AST, code: Code) -> Iterator[ast.AST]:
    """The nodes that one is in, from the nearest to the outermost."""
    parent = code.parents.get(node)
    while parent is not None:
        yield parent
        parent = code.parents.get(parent)


def called(node: ast.AST) -> str:
    """The last part of the name that a call calls; empty if it is no call of a name."""
    if not isinstance(node, ast.Call):
        return ""
    match node.func:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ""


def short(text: str, limit: int = 60) -> str:
    """A text on one line."""
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"
