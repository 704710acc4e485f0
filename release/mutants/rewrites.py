"""A right answer's cell comes in; the same answer in other words goes out.

Each rewrite keeps what the cell does. Where that cannot be told from the text alone, the rewrite is
not made.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import chain

from release.mutants.cell_edits import (
    INDENT,
    Rewrite,
    above_answers,
    begins_line,
    changed,
    column,
    on_top,
    outermost,
    wrapped,
)
from release.mutants.code import Change, Code, called, inner

#: What has names of its own, functions and classes aside.
_SCOPES = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp | ast.Lambda


def _plain_assignments(code: Code) -> Iterator[tuple[ast.Assign, ast.Name]]:
    """Assignments to one name, but those that make a class's attributes."""
    for node in code.nodes:
        match node:
            case ast.Assign(targets=[ast.Name() as target]):
                if not isinstance(code.parents.get(node), ast.ClassDef):
                    yield node, target


def _is_shared(code: Code, node: ast.AST, name: str) -> bool:
    """Whether a function says that a name is not its own."""
    for parent in inner(node, code):
        for part in ast.walk(parent):
            if isinstance(part, ast.Global | ast.Nonlocal) and name in part.names:
                return True
    return False


# --- names ---------------------------------------------------------------------------------------


def local_names(code: Code) -> str | None:
    """Local variables under other names."""
    changes: dict[tuple[int, int], Change] = {}
    for function in ast.walk(code.tree):
        if isinstance(function, ast.FunctionDef) and _holds_answer(code, function):
            for name in _own_names(function):
                for node in ast.walk(function):
                    if isinstance(node, ast.Name) and node.id == name:
                        changes[code.span(node)] = Change(*code.span(node), f"{name}_mine")
    return changed(code, changes.values())


def _holds_answer(code: Code, node: ast.stmt) -> bool:
    last = node.end_lineno or 0
    return any(node.lineno <= r.end and r.start < last for r in code.regions)


def _own_names(function: ast.FunctionDef) -> set[str]:
    """Names that a function's own statements bind, and no f-string or inner scope speaks of."""
    parts = list(ast.walk(function))[1:]
    bound = {n.id for n in parts if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    kept = {a.arg for n in ast.walk(function) if isinstance(n, ast.arguments) for a in _all_of(n)}
    for node in parts:
        match node:
            case ast.JoinedStr() | ast.Lambda() | ast.FunctionDef() | ast.ClassDef():
                kept |= {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
            case ast.Global() | ast.Nonlocal():
                kept |= set(node.names)
            case ast.Call() if called(node) in ("locals", "eval", "exec", "vars"):
                return set()
    return bound - kept


def _all_of(arguments: ast.arguments) -> list[ast.arg]:
    more = [a for a in (arguments.vararg, arguments.kwarg) if a is not None]
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *more]


def module_aliases(code: Code) -> str | None:
    """Modules under other names, imported once more."""
    used: dict[str, list[Change]] = {}
    for node in code.nodes:
        if isinstance(node, ast.Name) and node.id in code.vocabulary.imports:
            used.setdefault(node.id, []).append(Change(*code.span(node), f"{node.id}_too"))
    lines = [f"import {code.vocabulary.imports[n]} as {n}_too" for n in sorted(used)]
    if not lines:
        return None
    return changed(code, [on_top("\n".join(lines)), *chain(*used.values())])


def imported_inside(code: Code) -> str | None:
    """Modules imported where they are used."""
    names = {n.id for n in code.nodes if isinstance(n, ast.Name)} & set(code.vocabulary.imports)
    lines = [f"import {code.vocabulary.imports[name]} as {name}" for name in sorted(names)]
    return above_answers(code, lines) if lines else None


# --- loops ---------------------------------------------------------------------------------------


def loops_for_comprehensions(code: Code) -> str | None:
    """A loop that appends, in place of a list in one expression."""
    changes = []
    for node, target in _plain_assignments(code):
        comprehension = node.value
        if not isinstance(comprehension, ast.ListComp) or len(comprehension.generators) != 1:
            continue
        loop = _as_loop(code, comprehension, target.id, column(code, node))
        if loop is not None and begins_line(code, node):
            changes.append(Change(*code.span(node), loop))
    return changed(code, changes)


def _as_loop(code: Code, found: ast.ListComp, name: str, indent: str) -> str | None:
    generator = found.generators[0]
    inside = [n.id for n in ast.walk(found) if isinstance(n, ast.Name)]
    bound = {n.id for n in ast.walk(generator.target) if isinstance(n, ast.Name)}
    everywhere = [n.id for n in ast.walk(code.tree) if isinstance(n, ast.Name)]
    # In a loop they outlive it, so that nothing else may be called so.
    alone = all(everywhere.count(each) == inside.count(each) for each in bound)
    if generator.is_async or name in inside or not alone:
        return None
    lines = [f"{name} = []", f"for {code.cut(generator.target)} in {code.cut(generator.iter)}:"]
    depth = INDENT
    for test in generator.ifs:
        lines.append(f"{depth}if {code.cut(test)}:")
        depth += INDENT
    lines.append(f"{depth}{name}.append({code.cut(found.elt)})")
    return f"\n{indent}".join(lines)


def comprehensions_for_loops(code: Code) -> str | None:
    """A list in one expression, in place of a loop that appends."""
    empty = {
        target.id
        for node, target in _plain_assignments(code)
        if isinstance(node.value, ast.List) and not node.value.elts
    }
    changes = []
    for node in code.nodes:
        match node:
            case ast.For(
                target=target,
                iter=iterable,
                body=[
                    ast.Expr(
                        value=ast.Call(
                            func=ast.Attribute(value=ast.Name(id=name), attr="append"),
                            args=[value],
                            keywords=[],
                        )
                    )
                ],
                orelse=[],
            ) if name in empty:
                names = [n.id for n in ast.walk(node) if isinstance(n, ast.Name)]
                if names.count(name) == 1:
                    head = f"for {code.cut(target)} in {code.cut(iterable)}"
                    text = f"{name} += [{code.cut(value)} {head}]"
                    changes.append(Change(*code.span(node), text))
    return changed(code, changes)


# --- helpers -------------------------------------------------------------------------------------

HELPER = "def same_(value):\n    return value\n"


def through_helper(code: Code) -> str | None:
    """Answers go through a function that gives back what it gets; it has to be defined yet."""
    changes = []
    for node in code.nodes:
        match node:
            case ast.Return(value=ast.expr() as value) | ast.Assign(value=value):
                if not any(isinstance(part, ast.Starred) for part in ast.walk(value)):
                    changes.append(Change(*code.span(value), f"same_({code.cut(value)})"))
    return changed(code, outermost(changes))


def only_in_functions(code: Code) -> bool:
    """Whether all answers stand in functions, which run when all cells have."""
    return all(
        any(
            isinstance(node, ast.FunctionDef) and node.lineno <= r.start and r.end <= _last(node)
            for node in ast.walk(code.tree)
        )
        for r in code.regions
    )


def _last(node: ast.stmt) -> int:
    return node.end_lineno or 0


def helper_above(code: Code) -> str | None:
    """The same, with the function on top of the cell."""
    text = through_helper(code)
    return f"{HELPER}\n\n{text}" if text else None


def in_function(code: Code) -> str | None:
    """Statements of the answer in a function that is called at once, and binds for all."""
    if any(r.indent for r in code.regions):
        return None
    names = sorted({name for node in code.nodes if (name := _bound_for_all(code, node))})
    if not names:
        return None
    head = f"def answer_():\n{INDENT}global {', '.join(names)}"
    return wrapped(code, head, "answer_()")


def _bound_for_all(code: Code, node: ast.AST) -> str:
    """The name that a node binds outside of functions; empty if it binds none."""
    if not isinstance(node, ast.Name) or not isinstance(node.ctx, ast.Store):
        return ""
    scopes = ast.FunctionDef | ast.ClassDef | _SCOPES
    return "" if any(isinstance(parent, scopes) for parent in inner(node, code)) else node.id


# --- statements ----------------------------------------------------------------------------------


def with_temporary(code: Code) -> str | None:
    """A result has a name before it is returned."""
    changes = []
    for node in code.nodes:
        if isinstance(node, ast.Return) and node.value is not None and begins_line(code, node):
            text = f"result_ = ({code.cut(node.value)})\n{column(code, node)}return result_"
            changes.append(Change(*code.span(node), text))
    return changed(code, changes)


def with_walrus(code: Code) -> str | None:
    """Assignments as expressions."""
    changes = [
        Change(*code.span(node), f"({target.id} := ({code.cut(node.value)}))")
        for node, target in _plain_assignments(code)
        if not isinstance(node.value, ast.Yield | ast.YieldFrom)
    ]
    return changed(code, changes)


def with_type_hints(code: Code) -> str | None:
    """Types of variables."""
    changes = []
    hinted: set[str] = set()
    for node, target in _plain_assignments(code):
        if target.id not in hinted and not _is_shared(code, node, target.id):
            hinted.add(target.id)
            changes.append(Change(code.span(target)[1], code.span(target)[1], ": object"))
    for function in ast.walk(code.tree):
        if isinstance(function, ast.FunctionDef) and _holds_answer(code, function):
            for argument in _all_of(function.args):
                if argument.annotation is None and argument.arg not in ("self", "cls"):
                    end = code.span(argument)[1]
                    changes.append(Change(end, end, ": object"))
    return changed(code, changes)


def with_asserts(code: Code) -> str | None:
    """Assertions that hold."""
    return _between(code, "assert True, 'never'")


def with_prints(code: Code) -> str | None:
    """Printed remarks."""
    return _between(code, "print('so far so good')")


def with_comments(code: Code) -> str | None:
    """Comments."""
    return _between(code, "# the next step")


def with_remarks(code: Code) -> str | None:
    """Remarks as texts that nobody takes."""
    return _between(code, "'the next step'")


def with_timings(code: Code) -> str | None:
    """The time of each step is taken."""
    return _between(code, "now_ = __import__('time').perf_counter()")


def _between(code: Code, line: str) -> str | None:
    """A line before each statement of the answers."""
    changes = [
        Change(code.span(node)[0], code.span(node)[0], f"{line}\n{column(code, node)}")
        for node in code.nodes
        if isinstance(node, ast.stmt) and begins_line(code, node) and not _is_branch(code, node)
    ]
    return changed(code, changes)


def _is_branch(code: Code, node: ast.stmt) -> bool:
    """Whether it is an `elif`, before which nothing can stand."""
    start, end = code.span(node)
    return code.data[start:end].startswith(b"elif")


def in_try(code: Code) -> str | None:
    """Answers in a `try` that hides nothing."""
    return wrapped(code, "try:", f"except ZeroDivisionError:\n{INDENT}raise")


def in_if(code: Code) -> str | None:
    """Answers under a condition that holds."""
    return wrapped(code, "if True:")


def in_with(code: Code) -> str | None:
    """Answers in a context that does nothing."""
    return wrapped(code, 'with __import__("contextlib").nullcontext():')


#: By name; all of one cell's text.
REWRITES: dict[str, Rewrite] = {
    "local variables renamed": local_names,
    "modules under other names": module_aliases,
    "modules imported inside": imported_inside,
    "loop for comprehension": loops_for_comprehensions,
    "comprehension for loop": comprehensions_for_loops,
    "helper above": helper_above,
    "in a function": in_function,
    "temporary variable": with_temporary,
    "walrus": with_walrus,
    "type hints": with_type_hints,
    "asserts": with_asserts,
    "prints": with_prints,
    "comments": with_comments,
    "remarks": with_remarks,
    "timings": with_timings,
    "in try": in_try,
    "in if": in_if,
    "in with": in_with,
}
