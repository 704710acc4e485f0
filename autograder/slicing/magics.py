"""A cell's text comes in, plain Python on the same lines goes out; magics come to nothing."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from typing import Any

from autograder.slicing.edits import Edit, Source

#: Cell magics whose body runs as Python in the notebook's own namespace.
BODY_RUNS = {"time", "capture", "prun", "wandb"}
#: Line magics whose argument runs as a statement in the notebook's own namespace.
STATEMENT_RUNS = {"time", "prun"}


def python_source(source: str) -> str:
    """A cell's text as plain Python on the same lines; what only a shell or IPython runs is None.

    Raises:
        SyntaxError: the text is neither Python nor IPython's extension of it.
    """
    try:
        tree = parse_python(source)
    except SyntaxError:
        source = _without_cell_magic(source)
        source = _transformed(source)
        tree = parse_python(source)
    if "get_ipython" not in source:
        return source
    edits = list(_magic_edits(tree))
    return Source(source).whole(edits) if edits else source


def parse_python(source: str) -> ast.Module:
    """``ast.parse`` for text of any origin: every refusal is a SyntaxError, warnings are silent."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(source)
        except (ValueError, RecursionError, MemoryError) as error:
            raise SyntaxError(f"the code is too deeply nested or unreadable: {error}") from None


def _transformed(source: str) -> str:
    if not source.strip():
        return source
    # Imported here: only a cell that is no plain Python needs it.
    from IPython.core.inputtransformer2 import TransformerManager

    manager = TransformerManager()  # type: ignore[no-untyped-call]
    manager.token_transformers = [_keeping_lines(t) for t in manager.token_transformers]
    try:
        transformed = str(manager.transform_cell(source))
    except SyntaxError:
        raise
    except Exception as error:
        raise SyntaxError(f"the code cannot be read: {error}") from None
    # IPython takes leading empty lines away; with them back, line numbers stay the student's.
    transformed = "\n" * _leading_newlines(source) + transformed
    return transformed if source.endswith("\n") else transformed.removesuffix("\n")


def _keeping_lines(transformer: Any) -> Any:
    """IPython's transformer, with the lines that it joins at a backslash made up for behind."""

    def transform(self: Any, lines: list[str]) -> list[str]:
        new: list[str] = transformer.transform(self, lines)
        behind = self.start_line + 1
        return [*new[:behind], *["\n"] * (len(lines) - len(new)), *new[behind:]]

    return type("KeepingLines", (transformer,), {"transform": transform})


def _leading_newlines(source: str) -> int:
    return source[: len(source) - len(source.lstrip())].count("\n")


def _without_cell_magic(source: str) -> str:
    """The body behind cell magics, or empty lines where another program would run it."""
    head = ""
    while magic := re.match(r"(\s*)%%(\w+).*", source):
        if magic[2] not in BODY_RUNS:
            return head + "\n" * source.count("\n")
        head += f"{magic[1]}None"
        source = source[magic.end() :]
    return head + source


def _magic_edits(tree: ast.Module) -> Iterator[Edit]:
    """Edits that take out each call on ``get_ipython()``, the outermost where they are nested."""
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Call) and _is_shell_call(node):
            yield Edit(node, _magic_text(node, alone=False))
        elif isinstance(node, ast.Expr) and _is_shell_call(node.value):
            yield Edit(node, _magic_text(node.value, alone=True))
        else:
            pending.extend(ast.iter_child_nodes(node))


def _is_shell_call(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Call)
        and isinstance(node.func.value.func, ast.Name)
        and node.func.value.func.id == "get_ipython"
    )


def _magic_text(node: ast.AST, *, alone: bool) -> str:
    """What a call on ``get_ipython()`` comes to; ``alone``: as a statement of its own."""
    assert isinstance(node, ast.Call)
    assert isinstance(node.func, ast.Attribute)
    if node.func.attr == "getoutput":
        return "[]"
    arguments = [a.value if isinstance(a, ast.Constant) else None for a in node.args]
    if node.func.attr == "run_line_magic" and len(arguments) == 2:
        name, statement = arguments
        if name in STATEMENT_RUNS and isinstance(statement, str):
            return _one_line(statement, alone=alone) or "None"
    return "None"


def _one_line(statement: str, *, alone: bool) -> str:
    """The statement on one line and without comments; empty where that cannot be."""
    try:
        body = parse_python(statement).body
        simple = all(isinstance(part, ast.Expr) or (alone and _is_simple(part)) for part in body)
        text = "; ".join(ast.unparse(part) for part in body) if simple else ""
    except (SyntaxError, RecursionError):
        return ""
    return text if "\n" not in text and (alone or len(body) == 1) else ""


def _is_simple(node: ast.stmt) -> bool:
    return not isinstance(getattr(node, "body", None), list) and not isinstance(node, ast.Match)
