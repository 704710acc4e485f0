"""Source and syntax-tree nodes come in, the text of a node with some parts replaced goes out.

Replacements in the text keep the number of lines, so that a line number in the result is one in
the original. The text is cut out and never written anew from the tree: not every tree can be
written, and what is written may not say the same (f-strings of Python 3.11).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass

Located = ast.stmt | ast.expr

#: What may stand on a line before a decorator, or alone on a line between it and its ``@``.
_SIGN = re.compile(rb"([ \t\f]*)@[ \t\f(]*(?:\\|#.*)?[\r\n]*")
_GAP = re.compile(rb"[ \t\f(]*(?:\\|#.*)?[\r\n]*")


@dataclass(frozen=True)
class Edit:
    """Replace ``node`` by the one-line ``text``."""

    node: Located
    text: str = "None"


class Source:
    """The text of one cell, addressed by node; in UTF-8 bytes, as ``ast`` counts its columns."""

    def __init__(self, text: str) -> None:
        self._bytes = text.encode("utf-8")
        self._lines = self._bytes.splitlines(keepends=True)
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line))

    def whole(self, edits: Iterable[Edit]) -> str:
        """The whole text with ``edits`` applied; they must not overlap."""
        return self._edited(0, len(self._bytes), edits)

    def segment(self, node: Located, edits: Iterable[Edit] = ()) -> str:
        """The text of ``node``, its decorators included, with ``edits`` inside it applied."""
        start, end = self._span(node)
        return self._edited(start, end, edits)

    def dedented(self, node: Located) -> str:
        """The text of ``node`` without the indentation of the block that it stands in."""
        line, column = self._start(node)
        before = self._lines[line - 1][:column].lstrip(b"\f")
        indent = before[: len(before) - len(before.lstrip())]
        texts = (n for n in ast.walk(node) if isinstance(n, ast.Constant | ast.JoinedStr))
        inside = {n for text in texts for n in range(text.lineno + 1, (text.end_lineno or 0) + 1)}
        first, *rest = self.segment(node).encode("utf-8").splitlines(keepends=True)
        lines = [
            each if number in inside else each.lstrip(b"\f").removeprefix(indent)
            for number, each in enumerate(rest, start=line + 1)
        ]
        return b"".join([first, *lines]).decode("utf-8")

    def first_line(self, node: Located) -> int:
        """The line on which its text starts: that of its first decorator's ``@``, if it has one."""
        return self._start(node)[0]

    def offsets(self, node: Located) -> tuple[int, int]:
        """The bytes of ``node`` in the text, its decorators included: the first, the one behind."""
        return self._span(node)

    def _start(self, node: Located) -> tuple[int, int]:
        """Line and column of its first character."""
        decorators = getattr(node, "decorator_list", None)
        if not decorators:
            return node.lineno, node.col_offset
        first = min(decorators, key=lambda each: (each.lineno, each.col_offset))
        line = first.lineno
        before = self._lines[line - 1][: first.col_offset]
        while not (sign := _SIGN.fullmatch(before)) and line > 1 and _GAP.fullmatch(before):
            line -= 1
            before = self._lines[line - 1]
        return (line, len(sign[1])) if sign else (first.lineno, node.col_offset)

    def _span(self, node: Located) -> tuple[int, int]:
        end_line, end_column = node.end_lineno, node.end_col_offset
        assert end_line is not None
        assert end_column is not None
        line, column = self._start(node)
        return self._starts[line - 1] + column, self._starts[end_line - 1] + end_column

    def _edited(self, start: int, end: int, edits: Iterable[Edit]) -> str:
        pieces, at = [], start
        spans = [(*self._span(edit.node), edit) for edit in edits]
        for edit_start, edit_end, edit in sorted(spans, key=lambda span: span[:2]):
            lines = self._bytes.count(b"\n", edit_start, edit_end)
            text = f"({edit.text}{chr(10) * lines})" if lines else edit.text
            pieces += [self._bytes[at:edit_start], text.encode("utf-8")]
            at = edit_end
        return b"".join([*pieces, self._bytes[at:end]]).decode("utf-8")


def spelled(node: ast.stmt, source: Source) -> str:
    """A statement in one spelling, to be compared and never run.

    It is the statement's own text where the standard library cannot write it, as with an emoji in
    an f-string. Raises RecursionError.
    """
    try:
        return ast.unparse(node)
    except ValueError:
        return source.segment(node)


def rewritten(node: Located) -> str:
    """A node as the standard library writes it, to be run; empty if that says something else."""
    try:
        text = ast.unparse(node)
    except (ValueError, RecursionError):
        return ""
    return text if says(text, node) else ""


def says(text: str, node: Located) -> bool:
    """Whether a text is the statement or expression, and nothing else."""
    whole = node if isinstance(node, ast.stmt) else ast.Expr(node)
    try:
        return [ast.dump(each) for each in ast.parse(text).body] == [ast.dump(whole)]
    except (ValueError, SyntaxError, RecursionError):
        return False


def first_line(node: Located) -> int:
    """The line on which a statement starts, which is its first decorator's where it has one.

    Of a decorator in brackets that begins below its ``@``, `Source.first_line` tells that line.
    """
    decorators = getattr(node, "decorator_list", None)
    return min(node.lineno, *(d.lineno for d in decorators)) if decorators else node.lineno
