"""An expression and what it once showed come in; an assertion of the same goes out.

otter-grader's tests compare, as doctest does, what the last line shows with what it showed when the
notebook was saved.
"""

from __future__ import annotations

import ast

from release.importing.words import Untranslatable

#: The name of the value in question in a check.
SHOWN = "shown"
_NUMPY = "import numpy as np"
_AGAIN = "write the comparison as an assert, run the cell, save, and import again"


def has_output(node: ast.stmt) -> bool:
    """Whether a line would show something: calls of assertions show nothing."""
    if not isinstance(node, ast.Expr) or isinstance(node.value, ast.Constant):
        return False
    call = node.value
    return not (isinstance(call, ast.Call) and "assert" in ast.unparse(call.func).lower())


def comparison(
    node: ast.Expr, output: str, message: str, *, hidden: bool
) -> tuple[list[ast.stmt], tuple[str, ...]]:
    """Statements that assert that the expression still shows `output`, and imports for them.

    Args:
        message: what a student reads on failure; if empty, public checks name the output.

    Raises:
        Untranslatable: the output is none, or cannot be turned into a value.
    """
    text = output.strip("\n")
    line = node.lineno
    value = node.value
    if not text:
        raise Untranslatable(line, "no output was saved for the last line", _AGAIN)
    if isinstance(value, ast.Call) and ast.unparse(value.func) == "print":
        if value.keywords or any(isinstance(each, ast.Starred) for each in value.args):
            raise Untranslatable(line, "a print with options is compared by its text", _AGAIN)
        parts = ", ".join(f"str({ast.unparse(each)})" for each in value.args)
        source = f'" ".join([{parts}])'
        imports: tuple[str, ...] = ()
        condition = f"{SHOWN} == {text!r}"
    else:
        source = ast.unparse(value)
        condition, imports = _condition(text, line)
    if not message and not hidden:
        message = f"{ast.unparse(value)} does not give {text}"
    words = f", {message!r}" if message else ""
    made = ast.parse(f"{SHOWN} = {source}\nassert {condition}{words}").body
    for statement in made:
        for inner in ast.walk(statement):
            if hasattr(inner, "lineno"):
                inner.lineno = inner.end_lineno = line  # type: ignore[attr-defined]
    return made, imports


def _condition(text: str, line: int) -> tuple[str, tuple[str, ...]]:
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except SyntaxError:
        raise _no_value(text, line) from None
    if isinstance(tree, ast.Call) and ast.unparse(tree.func) in ("array", "tensor"):
        return _array(tree, text, line)
    literal = ast.unparse(_without_numpy(tree))
    try:
        value = ast.literal_eval(literal)
    except (ValueError, TypeError, SyntaxError):
        raise _no_value(text, line) from None
    if isinstance(value, bool):
        # As in the notebook: 1 shows otherwise than True.
        return f"isinstance({SHOWN}, (bool, np.bool_)) and bool({SHOWN}) is {value}", (_NUMPY,)
    # As in the notebook, too: 2 shows otherwise than 2.0.
    if isinstance(value, float):
        close = f"abs({SHOWN} - {literal}) <= {max(1e-9 * abs(value), 1e-12):.3g}"
        return f"isinstance({SHOWN}, (float, np.floating)) and {close}", (_NUMPY,)
    if isinstance(value, int):
        return f"isinstance({SHOWN}, (int, np.integer)) and {SHOWN} == {literal}", (_NUMPY,)
    return f"{SHOWN} == {literal}", ()


def _array(call: ast.Call, text: str, line: int) -> tuple[str, tuple[str, ...]]:
    if "..." in text:  # NumPy leaves out the middle of long ones
        raise _no_value(text, line)
    try:
        values = ast.literal_eval(ast.unparse(call.args[0]))
    except (ValueError, IndexError, SyntaxError):
        raise _no_value(text, line) from None
    expected = f"np.array({values!r})"
    # The text has eight digits, four for a tensor.
    digits = 1e-4 if ast.unparse(call.func) == "tensor" else 1e-7
    shape = f"np.shape({SHOWN}) == {expected}.shape"
    close = f"np.allclose(np.asarray({SHOWN}), {expected}, rtol={digits:g}, atol={digits / 10:g})"
    return f"{shape} and {close}", (_NUMPY,)


def _without_numpy(tree: ast.expr) -> ast.expr:
    """NumPy 2 shows its numbers as `np.float64(2.5)`, `np.True_`."""

    class Plain(ast.NodeTransformer):
        def visit_Call(self, node: ast.Call) -> ast.AST:
            name = ast.unparse(node.func)
            if name.startswith(("np.", "numpy.")) and len(node.args) == 1 and not node.keywords:
                inner: ast.AST = self.visit(node.args[0])
                return inner
            return node

        def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
            truth = {"True_": True, "False_": False}.get(node.attr)
            return node if truth is None else ast.Constant(truth)

    made: ast.expr = Plain().visit(tree)
    return made


def _no_value(text: str, line: int) -> Untranslatable:
    shown = text if len(text) <= 40 else text[:40] + "…"
    return Untranslatable(line, f"the saved output {shown!r} is no plain value", _AGAIN)
