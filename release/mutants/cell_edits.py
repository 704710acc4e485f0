"""Changes of a cell's text come in; the text with them made goes out, if it is still Python."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence

from release.mutants.code import Change, Code

#: The cell's text in other words; None where it has nothing of the kind.
Rewrite = Callable[[Code], str | None]
INDENT = "    "


def changed(code: Code, changes: Iterable[Change]) -> str | None:
    """The text with the changes made, if there are any and it is still Python."""
    made = list(changes)
    return code.applied(made) if made and is_python(code.as_python(made)) else None


def is_python(text: str) -> bool:
    """Whether a text can be read."""
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return False
    return True


def outermost(changes: Iterable[Change]) -> list[Change]:
    """Those that stand in no other one."""
    kept: list[Change] = []
    for change in sorted(changes, key=lambda c: (c.start, -c.end)):
        if not kept or change.start >= kept[-1].end:
            kept.append(change)
    return kept


# --- lines ---------------------------------------------------------------------------------------


def on_top(line: str) -> Change:
    """A line above all others."""
    return Change(0, 0, f"{line}\n")


def above_answers(code: Code, added: Sequence[str]) -> str | None:
    """Lines above each answer."""
    lines = code.text.split("\n")
    for region in reversed(code.regions):
        body = lines[region.start : region.end]
        indent = _indent_of(next((line for line in body if line.strip()), ""))
        lines[region.start : region.start] = [f"{indent}{line}" for line in added]
    text = "\n".join(lines)
    return text if is_python(without_magics(code, text)) else None


def wrapped(code: Code, head: str, foot: str = "") -> str | None:
    """The answers indented once more, under a line and above another."""
    if has_long_texts(code):
        return None
    lines = code.text.split("\n")
    for region in reversed(code.regions):
        body = lines[region.start : region.end]
        indent = _indent_of(next(filter(_does_something, body), ""))
        inside = [f"{INDENT}{line}" if line.strip() else line for line in body]
        around = [[f"{indent}{each}" for each in part.split("\n") if each] for part in (head, foot)]
        lines[region.start : region.end] = [*around[0], *inside, *around[1]]
    text = "\n".join(lines)
    return text if code.regions and is_python(without_magics(code, text)) else None


def _does_something(line: str) -> bool:
    return bool(line.strip()) and not line.strip().startswith("#")


def _indent_of(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def without_magics(code: Code, text: str) -> str:
    """The text as far as it can be read; magics stand outside of the answers."""
    changed = set(code.text.split("\n")) - set(code.python.split("\n"))
    return "\n".join("" if line in changed else line for line in text.split("\n"))


def has_long_texts(code: Code) -> bool:
    """Whether a text goes on over lines, whose spaces count."""
    return any(
        isinstance(node, ast.Constant | ast.JoinedStr) and (node.end_lineno or 0) > node.lineno
        for node in code.nodes
    )


# --- the line of a statement ---------------------------------------------------------------------


def column(code: Code, node: ast.AST) -> str:
    """What a statement's line is indented by."""
    start = code.span(node)[0]
    return _indent_of(code.data[_line_start(code, start) : start].decode("utf-8"))


def begins_line(code: Code, node: ast.AST) -> bool:
    """Whether nothing stands before a statement on its line."""
    start = code.span(node)[0]
    return not code.data[_line_start(code, start) : start].strip()


def _line_start(code: Code, place: int) -> int:
    return code.data.rfind(b"\n", 0, place) + 1
