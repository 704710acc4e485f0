"""A test's text comes in; its statements, without what only measures or shows, go out."""

from __future__ import annotations

import ast
import re

#: Magics that leave what is computed as it is.
_IDLE = re.compile(
    r"^(\s*)(?:%%(?:time|capture)\b.*|%(?:matplotlib|config|autoreload|precision)\b.*"
    r"|%(?:load|reload)_ext\s+autoreload\b.*)$"
)
#: One before a statement that is run all the same.
_BEFORE = re.compile(r"^(\s*)%time\s+(?=\S)")


def plainer(source: str) -> list[ast.stmt]:
    """The statements of a test; a block for the notebook as the main program is always run.

    Raises:
        SyntaxError: it holds other magics, or is no Python.
        ValueError: a null byte.
    """
    lines = source.split("\n")
    try:
        body = ast.parse(source).body
    except SyntaxError:
        lines = [_IDLE.sub(r"\1pass", _BEFORE.sub(r"\1", line)) for line in lines]
        body = ast.parse("\n".join(lines)).body
    made: list[ast.stmt] = []
    for node in body:
        made += node.body if _is_main(node) and isinstance(node, ast.If) else [node]
    return [node for node in made if not isinstance(node, ast.Pass)]


def _is_main(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.If)
        and not node.orelse
        and ast.unparse(node.test) in ("__name__ == '__main__'", "'__main__' == __name__")
    )
