"""A cell of otter-grader's comes in; the same with pairs of marks where a line's is not enough.

otter takes out the line that ends in `# SOLUTION` and nothing else. Where it is the head of a
block, that leaves students a body without a head, and our stripper refuses it; a magic is no
Python, so that no comment can stand behind it. Both get a pair of marks around the whole.
"""

from __future__ import annotations

import ast
import re

from release.markup.source import plain_python

_MARK = re.compile(r"[ \t]*#+[ \t]*SOLUTION(?P<no>[ \t]+NO[ \t]+PROMPT)?[ \t]*$")
_MAGIC = re.compile(r"\s*[%!]")
_PROMPT = "BEGIN PROMPT"


def paired(source: str) -> tuple[str, tuple[int, ...]]:
    """The cell, and the lines (from 1) that got a pair in place of their mark."""
    lines = source.split("\n")
    ends = _blocks(source)
    made: list[str] = []
    changed: list[int] = []
    at = 0
    while at < len(lines):
        mark = _MARK.search(lines[at])
        is_magic = _MAGIC.match(lines[at]) is not None
        end = at if is_magic else ends.get(at, at)
        inside = lines[at : end + 1]
        if mark is None or not (is_magic or end > at) or _has_prompt(inside):
            made.append(lines[at])
            at += 1
            continue
        indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
        made.append(f"{indent}# BEGIN SOLUTION{' NO PROMPT' if mark['no'] else ''}")
        made += [_MARK.sub("", line) for line in inside if not _is_edge(line)]
        made.append(f"{indent}# END SOLUTION")
        changed.append(at + 1)
        at = end + 1
    return "\n".join(made), tuple(changed)


def _blocks(source: str) -> dict[int, int]:
    """The last line of each statement that has a body below its first line, by that one, from 0."""
    python = plain_python(source)
    if python is None:
        return {}
    return {
        node.lineno - 1: (node.end_lineno or node.lineno) - 1
        for node in ast.walk(ast.parse(python))
        if isinstance(node, ast.stmt)
        and isinstance(body := getattr(node, "body", None), list)
        and body[0].lineno > node.lineno
    }


def _has_prompt(lines: list[str]) -> bool:
    return any(_PROMPT in line for line in lines)


def _is_edge(line: str) -> bool:
    return re.fullmatch(r"\s*#+\s*(BEGIN|END) SOLUTION( NO PROMPT)?\s*", line) is not None
