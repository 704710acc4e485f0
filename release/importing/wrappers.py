"""A test's statements come in; those of a test function in it go out, on the notebook's own names.

otter-grader's exception-based tests are functions whose parameters are names of the notebook (`env`
is all of it); it calls them itself. A cell that defines one and calls it means the same.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

from release.importing.words import REWRITE, Untranslatable

ENVIRONMENT = "env"


def unwrapped(body: Sequence[ast.stmt], *, called: bool) -> tuple[list[ast.stmt], bool]:
    """The statements of the test, and whether they stood in a function; one that returns stays one.

    Args:
        called: the tool calls the function, so that the test need not.

    Raises:
        Untranslatable: the function's parameters are no plain names.
    """
    if not body or not isinstance(body[0], ast.FunctionDef) or len(body) > 2:
        return list(body), False
    function = body[0]
    names = _parameters(function)
    if len(body) == 1 and not called:
        return list(body), False
    if len(body) == 2:
        given = _arguments(body[1], function.name)
        if given is None:
            return list(body), False
        if len(given) != len(names):
            raise Untranslatable(body[1].lineno, "it is called with other arguments", REWRITE)
        names = dict(zip(names, given, strict=True))
    inner = function.body
    if isinstance(inner[0], ast.Expr) and isinstance(inner[0].value, ast.Constant):
        inner = inner[1:]  # its docstring
    renamed = _Renamed(names)
    made = [renamed.visit(node) for node in inner]
    if any(isinstance(node, ast.Return) for node in _own_nodes(function)):
        # It ends the function and no more: what stands below it in the check runs all the same.
        function.args.args, function.body, function.decorator_list = [], made, []
        call = ast.Expr(ast.Call(ast.Name(function.name, ast.Load()), [], []))
        return [function, ast.fix_missing_locations(ast.copy_location(call, function))], True
    return made, True


def _own_nodes(function: ast.FunctionDef) -> Iterator[ast.AST]:
    """All in a function but for what is in functions inside it."""
    todo: list[ast.AST] = list(function.body)
    while todo:
        node = todo.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            todo += ast.iter_child_nodes(node)


def _parameters(function: ast.FunctionDef) -> dict[str, str]:
    arguments = function.args
    others = [arguments.vararg, arguments.kwarg, *arguments.posonlyargs, *arguments.kwonlyargs]
    if any(others) or arguments.defaults:
        raise Untranslatable(function.lineno, "its parameters are no plain names", REWRITE)
    return {argument.arg: argument.arg for argument in arguments.args}


def _arguments(node: ast.stmt, function: str) -> list[str] | None:
    """The names with which a statement calls the function, or None if it does something else."""
    call = node.value if isinstance(node, ast.Expr) else None
    if not isinstance(call, ast.Call) or ast.unparse(call.func) != function or call.keywords:
        return None
    if not all(isinstance(each, ast.Name) for each in call.args):
        return None
    return [ast.unparse(each) for each in call.args]


class _Renamed(ast.NodeTransformer):
    """Parameters become what they stand for in the notebook."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """A parameter is the notebook's name."""
        node.id = self.names.get(node.id, node.id)
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        """`env["name"]` is the notebook's name, too."""
        of_all = isinstance(node.value, ast.Name) and node.value.id == ENVIRONMENT
        key = node.slice
        if ENVIRONMENT in self.names and of_all and isinstance(key, ast.Constant):
            return ast.copy_location(ast.Name(str(key.value), node.ctx), node)
        self.generic_visit(node)
        return node
