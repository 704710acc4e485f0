"""A line of a cell comes in, where the block that it stands in ends goes out."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from release.markup.source import plain_python

_HEAD = re.compile(r"[ \t]*(?:else|elif|except|finally|case)\b")


def depth(line: str) -> int:
    """How many characters a line is indented by."""
    return len(line) - len(line.lstrip())


def end_of_block(source: str, start: int, indent: int) -> int:
    """The line after the last one from `start` on that is indented as deep, from 0.

    Lines inside a string or brackets, which may be indented at will, end nothing.
    """
    lines = source.split("\n")
    ends = (at for at in _starts(source, lines, start) if depth(lines[at]) < indent)
    end = min(ends, default=len(lines))
    while end > start and not lines[end - 1].strip():
        end -= 1
    return end


def _starts(source: str, lines: list[str], start: int) -> Iterator[int]:
    """The lines from `start` on where a statement, or a head of one, begins."""
    python = plain_python(source)
    later = range(start, len(lines))
    if python is None:
        yield from (at for at in later if lines[at].strip())
        return
    for node in ast.walk(ast.parse(python)):
        if isinstance(node, ast.stmt):
            marks = getattr(node, "decorator_list", ())
            yield from (at for each in (node, *marks) if (at := each.lineno - 1) in later)
    yield from (at for at in later if _HEAD.match(lines[at]))
