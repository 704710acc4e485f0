"""Source and syntax-tree nodes come in, the text of a node with some parts replaced goes out.

Replacements in the text keep the number of lines, so that a line number in the result is one in
the original.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass

Located = ast.stmt | ast.expr


@dataclass(frozen=True)
class Edit:
    """Replace ``node`` by the one-line ``text``."""

    node: Located
    text: str = "None"


class Source:
    """The text of one cell, addressed by node; in UTF-8 bytes, as ``ast`` counts its columns."""

    def __init__(self, text: str) -> None:
        self._bytes = text.encode("utf-8")
        self._starts = [0]
        for line in self._bytes.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))

    def whole(self, edits: Iterable[Edit]) -> str:
        """The whole text with ``edits`` applied; they must not overlap."""
        return self._edited(0, len(self._bytes), edits)

    def segment(self, node: Located, edits: Iterable[Edit] = ()) -> str:
        """The text of ``node``, its decorators included, with ``edits`` inside it applied."""
        start, end = self._span(node)
        return self._edited(start, end, edits)

    def _span(self, node: Located) -> tuple[int, int]:
        end_line, end_column = node.end_lineno, node.end_col_offset
        assert end_line is not None
        assert end_column is not None
        start = self._starts[first_line(node) - 1] + node.col_offset
        return start, self._starts[end_line - 1] + end_column

    def _edited(self, start: int, end: int, edits: Iterable[Edit]) -> str:
        pieces, at = [], start
        spans = sorted((*self._span(edit.node), edit) for edit in edits)
        for edit_start, edit_end, edit in spans:
            lines = self._bytes.count(b"\n", edit_start, edit_end)
            text = f"({edit.text}{chr(10) * lines})" if lines else edit.text
            pieces += [self._bytes[at:edit_start], text.encode("utf-8")]
            at = edit_end
        return b"".join([*pieces, self._bytes[at:end]]).decode("utf-8")


def first_line(node: Located) -> int:
    """The line on which a statement starts, which is its first decorator's where it has one."""
    decorators = getattr(node, "decorator_list", None)
    return min(node.lineno, *(d.lineno for d in decorators)) if decorators else node.lineno
