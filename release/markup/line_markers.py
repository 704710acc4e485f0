"""A cell comes in; the regions of marks at the ends of statements (otter's `# SOLUTION`) go out.

    total = sum(x) # SOLUTION             becomes   total = ...  # your code
    return total   # SOLUTION             becomes   return ...  # your code
    for x in data: # SOLUTION             becomes   for x in ():  # your code
    total += 1     # SOLUTION NO PROMPT   is gone, as are `# SEED` and `# IGNORE`

The mark counts for the whole statement that its line belongs to, however many lines that has.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from autograder.slicing.edits import rewritten
from release.markup.lint import Comment, comments_of, line_mark
from release.markup.markers import Fate, LineMark, Markers
from release.markup.model import Location, Region
from release.markup.source import plain_python

YOUR_CODE = "  # your code"
_BLOCK_REMEDY = 'put "BEGIN SOLUTION" and "END SOLUTION" around the whole of it'


def line_regions(
    source: str, location: Location, answers: Collection[int], markers: Markers
) -> Iterator[Region]:
    """The regions of the marks outside `answers` (lines from 0), in the order of the lines.

    Raises:
        MarkerError: a mark belongs to no single statement, or to one without an answer to take out.
    """
    if not markers.line_marks:
        return
    python = plain_python(source)
    comments = comments_of(source)
    if python is None or comments is None:
        yield from ()
        return
    marks = [
        (comment, mark)
        for comment in comments
        if not comment.alone and comment.line not in answers and (mark := line_mark(comment.text))
    ]
    if not marks:
        return
    cell = _Cell(python, location)
    last = -1
    for comment, mark in marks:
        region = cell.region(comment, mark)
        if region.start <= last:
            raise location.error(
                comment.line, f'a second "{mark.words}" on one statement', "keep one"
            )
        last = region.end - 1
        yield region


class _Cell:
    """A cell's statements and text."""

    def __init__(self, python: str, location: Location) -> None:
        self.location = location
        self.lines = python.split("\n")
        self.bytes = [line.encode() for line in self.lines]
        self.statements = [n for n in ast.walk(ast.parse(python)) if isinstance(n, ast.stmt)]

    def region(self, comment: Comment, mark: LineMark) -> Region:
        """What a mark stands for."""
        statement = self._statement(comment, mark)
        start, end = statement.lineno - 1, statement.end_lineno or statement.lineno
        compound = bool(getattr(statement, "body", None))
        if compound:
            end = self._end_of_header(statement)
        indent = self._indent(start)
        if mark.fate is not Fate.STUB:
            if compound or self._before(statement).strip():
                raise self._misplaced(comment, mark, "the head of a block")
            return Region(start, end, indent, comment.line + 1, mark.fate)
        stub = self._header(statement, comment, mark) if compound else self._stub(statement)
        text = self._before(statement) + stub + YOUR_CODE
        return Region(start, end, indent, comment.line + 1, mark.fate, stub=text)

    def _statement(self, comment: Comment, mark: LineMark) -> ast.stmt:
        """The innermost statement on the comment's line; for a block, only its head counts."""
        line = comment.line + 1
        found = [s for s in self.statements if s.lineno <= line <= (s.end_lineno or s.lineno)]
        simple = [s for s in found if not getattr(s, "body", None)]
        if len(simple) > 1:
            found_text = f'"{mark.words}" behind several statements'
            raise self.location.error(
                comment.line, found_text, "give each a line and a marker of its own"
            )
        if simple:
            return simple[0]
        heads = [s for s in found if s.lineno - 1 <= comment.line < self._end_of_header(s)]
        if not heads:
            raise self._misplaced(comment, mark, "a line that is no statement of its own")
        return heads[-1]

    def _end_of_header(self, statement: ast.stmt) -> int:
        """The line (from 0) after the head of a block; that of a bare `else` is nobody's."""
        expression = getattr(statement, "test", None) or getattr(statement, "iter", None)
        last: int = getattr(expression, "end_lineno", None) or statement.lineno
        body: list[ast.stmt] = getattr(statement, "body", [])
        return min(last, body[0].lineno - 1) if body else last

    def _header(self, statement: ast.stmt, comment: Comment, mark: LineMark) -> str:
        word = self.lines[statement.lineno - 1].split()[0]
        if isinstance(statement, ast.If | ast.While):
            return f"{word} None:"  # `...` is true: a loop on it would never end
        if isinstance(statement, ast.For | ast.AsyncFor):
            lead = "async for" if isinstance(statement, ast.AsyncFor) else "for"
            return f"{lead} {self._text(statement.target)} in ():"
        raise self._misplaced(comment, mark, f'the head of a block that starts with "{word}"')

    def _stub(self, statement: ast.stmt) -> str:
        if isinstance(statement, ast.Assign):
            targets = " = ".join(self._text(target) for target in statement.targets)
            return f"{targets} = {_blank(statement.targets[0])}"
        if isinstance(statement, ast.AugAssign):
            operator = ast.unparse(ast.AugAssign(ast.Name("x"), statement.op, ast.Name("y")))
            return f"{self._text(statement.target)} {operator.split()[1]} ..."
        if isinstance(statement, ast.AnnAssign) and statement.value:
            return f"{self._text(statement.target)}: {self._text(statement.annotation)} = ..."
        return "return ..." if isinstance(statement, ast.Return) else "..."

    def _text(self, node: ast.expr) -> str:
        """The node as it was written, on one line."""
        start, end = node.lineno - 1, node.end_lineno or node.lineno
        lines = self.bytes[start:end]
        lines[-1] = lines[-1][: node.end_col_offset]
        lines[0] = lines[0][node.col_offset :]
        if len(lines) > 1 and (written := rewritten(node)):
            return written
        return " ".join(line.decode().strip() for line in lines)

    def _before(self, statement: ast.stmt) -> str:
        """What stands on the statement's first line before it: its indent, or a block's head."""
        return self.bytes[statement.lineno - 1][: statement.col_offset].decode()

    def _indent(self, line: int) -> str:
        text = self.lines[line]
        return text[: len(text) - len(text.lstrip())]

    def _misplaced(self, comment: Comment, mark: LineMark, where: str) -> Exception:
        return self.location.error(comment.line, f'"{mark.words}" on {where}', _BLOCK_REMEDY)


def _blank(target: ast.expr) -> str:
    """What can be assigned to a target, an ellipsis for each name."""
    if isinstance(target, ast.Tuple | ast.List) and len(target.elts) > 1:
        return ", ".join("..." for _ in target.elts)
    return "..."
