"""A file of checks comes in; the checks that its text defines go out, whatever Python keeps of it.

Of two functions of one name Python keeps the second, and pytest never hears of the first; a name
that a wrong decorator has turned into something else pytest passes over.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Defined:
    """A check that a file defines: its name, behind that of its class, and the ``def``'s line."""

    name: str
    line: int
    is_async: bool = False


@cache
def defined(file: Path) -> tuple[Defined, ...]:
    """The checks in a file, in order; none of a file that cannot be read as Python."""
    try:
        tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return ()
    return tuple(_in_body(tree.body, ""))


def twice(checks: Sequence[Defined]) -> dict[str, list[int]]:
    """The lines of each name that is defined more than once."""
    lines = defaultdict(list)
    for check in checks:
        lines[check.name].append(check.line)
    return {name: found for name, found in lines.items() if len(found) > 1}


def line_of(file: Path, name: str) -> int:
    """The line of a check, the last one of that name; 0 if the text does not say."""
    return max((check.line for check in defined(file) if check.name == name), default=0)


def _in_body(body: Sequence[ast.stmt], prefix: str) -> Iterator[Defined]:
    """Those of one block: what an ``if`` chooses from may have one name."""
    for node in body:
        if isinstance(node, _Function) and node.name.startswith("test"):
            is_async = isinstance(node, ast.AsyncFunctionDef)
            yield Defined(prefix + node.name, node.lineno, is_async)
        elif isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            yield from _in_body(node.body, f"{prefix}{node.name}::")
