"""A solved cell and one of its regions come in, what students find in its place goes out."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from release.markup.line_markers import YOUR_CODE
from release.markup.model import Region


def default_stub(python: str | None, region: Region, regions: Sequence[Region]) -> str:
    """Give the names that the answer binds and the code below it reads, else an ellipsis.

    Args:
        python: the solved cell as `release.markup.source.plain_python` gives it.
        regions: all regions of the cell; what other answers read does not count.
    """
    names = _names_needed(python, region, regions) if python is not None else []
    return "\n".join(f"{name} = None{YOUR_CODE}" for name in names) or f"...{YOUR_CODE}"


def _names_needed(python: str, region: Region, regions: Sequence[Region]) -> list[str]:
    answers = {line for each in regions for line in range(each.start + 1, each.end + 1)}
    below = frozenset(range(region.end + 1, python.count("\n") + 2)) - answers
    flow = _Flow(range(region.start + 1, region.end + 1), below)
    for statement in _scope_of(region, ast.parse(python)):
        flow.visit(statement)
    return [name for name in flow.bound if name in flow.read]


def _scope_of(region: Region, module: ast.Module) -> list[ast.stmt]:
    """Return the body of the innermost function or class around the region, or the module's."""
    body = module.body
    for node in ast.walk(module):  # from the outside in
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            last = node.end_lineno or node.lineno
            if node.lineno <= region.start < last:
                body = node.body
    return body


class _Flow(ast.NodeVisitor):
    """Follows one scope in order: what the answer binds, what the code below reads from above.

    A name that the code below has bound again is its own from there on; what one branch binds
    may be unbound after it.
    """

    def __init__(self, answer: range, below: frozenset[int]) -> None:
        self.bound: dict[str, None] = {}  # in order of first binding
        self.read: set[str] = set()
        self._answer = answer
        self._below = below
        self._own: frozenset[str] = frozenset()
        self._nested = 0

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Store):
            self._bind(node.id, node)
        elif node.lineno in self._below and node.id not in self._own:
            self.read.add(node.id)

    def visit_Assign(self, node: ast.Assign) -> None:
        self._visit_all([node.value, *node.targets])

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self._visit_all([node.annotation, *([node.value, node.target] if node.value else [])])

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        # It needs a name that is bound already, so that the answer is not what binds it.
        target = node.target
        if isinstance(target, ast.Name):
            target = ast.copy_location(ast.Name(target.id, ast.Load()), target)
        self._visit_all([node.value, target])

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self._visit_all([node.value, node.target])

    def visit_alias(self, node: ast.alias) -> None:
        self._bind(node.asname or node.name.partition(".")[0], node)

    def visit_If(self, node: ast.If | ast.While) -> None:
        self.visit(node.test)
        self._visit_branches(node.body, node.orelse)

    visit_While = visit_If

    def visit_For(self, node: ast.For) -> None:
        self._visit_all([node.iter, node.target])
        self._visit_branches(node.body, node.orelse)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._visit_all([*node.decorator_list, *node.args.defaults])
        self._bind(node.name, node)
        self._visit_nested(node)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._bind(node.name, node)
        self._nested += 1
        self.generic_visit(node)
        self._nested -= 1

    def _visit_nested(self, node: ast.AST) -> None:
        """Visit a scope of its own, whose parameters and variables hide those around it."""
        around, inside = self._own, list(ast.walk(node))
        names = [each for each in inside if isinstance(each, ast.Name)]
        self._own |= {each.id for each in names if isinstance(each.ctx, ast.Store)}
        self._own |= {each.arg for each in inside if isinstance(each, ast.arg)}
        self._nested += 1
        self.generic_visit(node)
        self._nested -= 1
        self._own = around

    visit_Lambda = visit_ListComp = visit_SetComp = _visit_nested
    visit_DictComp = visit_GeneratorExp = _visit_nested

    def _visit_branches(self, *branches: Sequence[ast.AST]) -> None:
        around = self._own
        for branch in branches:
            self._visit_all(branch)
            self._own = around

    def _visit_all(self, nodes: Sequence[ast.AST]) -> None:
        for node in nodes:
            self.visit(node)

    def _bind(self, name: str, node: ast.Name | ast.alias | ast.stmt) -> None:
        if self._nested:
            return
        if node.lineno in self._answer:
            self.bound.setdefault(name)
        elif node.lineno in self._below:
            self._own |= {name}
