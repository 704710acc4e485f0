"""A right answer's cell comes in; the same answer in other words goes out.

Each rewrite keeps what the cell does. Where that cannot be told from the text alone, the rewrite is
not made.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain

from release.mutants.code import Change, Code, called, inner

#: The cell's text in other words; None where it has nothing of the kind.
Rewrite = Callable[[Code], str | None]
_INDENT = "    "


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


def _on_top(line: str) -> Change:
    return Change(0, 0, f"{line}\n")


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
    return changed(code, [_on_top("\n".join(lines)), *chain(*used.values())])


def imported_inside(code: Code) -> str | None:
    """Modules imported where they are used."""
    names = {n.id for n in code.nodes if isinstance(n, ast.Name)} & set(code.vocabulary.imports)
    lines = [f"import {code.vocabulary.imports[name]} as {name}" for name in sorted(names)]
    return _before_regions(code, lines) if lines else None


# --- loops ---------------------------------------------------------------------------------------


def loops_for_comprehensions(code: Code) -> str | None:
    """A loop that appends, in place of a list in one expression."""
    changes = []
    for node, target in _plain_assignments(code):
        comprehension = node.value
        if not isinstance(comprehension, ast.ListComp) or len(comprehension.generators) != 1:
            continue
        loop = _as_loop(code, comprehension, target.id, _column(code, node))
        if loop is not None and _begins_line(code, node):
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
    depth = _INDENT
    for test in generator.ifs:
        lines.append(f"{depth}if {code.cut(test)}:")
        depth += _INDENT
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


def outermost(changes: Sequence[Change]) -> list[Change]:
    """Those that stand in no other one."""
    kept: list[Change] = []
    for change in sorted(changes, key=lambda c: (c.start, -c.end)):
        if not kept or change.start >= kept[-1].end:
            kept.append(change)
    return kept


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
    head = f"def answer_():\n{_INDENT}global {', '.join(names)}"
    return _wrapped(code, head, "answer_()")


def _bound_for_all(code: Code, node: ast.AST) -> str:
    """The name that a node binds outside of functions; empty if it binds none."""
    if not isinstance(node, ast.Name) or not isinstance(node.ctx, ast.Store):
        return ""
    scopes = ast.FunctionDef | ast.ClassDef | _SCOPES
    return "" if any(isinstance(parent, scopes) for parent in inner(node, code)) else node.id


_SCOPES = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp | ast.Lambda


# --- statements ----------------------------------------------------------------------------------


def with_temporary(code: Code) -> str | None:
    """A result has a name before it is returned."""
    changes = []
    for node in code.nodes:
        if isinstance(node, ast.Return) and node.value is not None and _begins_line(code, node):
            text = f"result_ = ({code.cut(node.value)})\n{_column(code, node)}return result_"
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


def _between(code: Code, line: str) -> str | None:
    """A line before each statement of the answers."""
    changes = [
        Change(code.span(node)[0], code.span(node)[0], f"{line}\n{_column(code, node)}")
        for node in code.nodes
        if isinstance(node, ast.stmt) and _begins_line(code, node) and not _is_branch(code, node)
    ]
    return changed(code, changes)


def _is_branch(code: Code, node: ast.stmt) -> bool:
    """Whether it is an `elif`, before which nothing can stand."""
    start, end = code.span(node)
    return code.data[start:end].startswith(b"elif")


def in_try(code: Code) -> str | None:
    """Answers in a `try` that hides nothing."""
    return _wrapped(code, "try:", f"except ZeroDivisionError:\n{_INDENT}raise")


def in_if(code: Code) -> str | None:
    """Answers under a condition that holds."""
    return _wrapped(code, "if True:", "")


def in_with(code: Code) -> str | None:
    """Answers in a context that does nothing."""
    return _wrapped(code, 'with __import__("contextlib").nullcontext():', "")


def _wrapped(code: Code, head: str, foot: str) -> str | None:
    """The answers indented once more, under a line."""
    if has_long_texts(code):
        return None
    lines = code.text.split("\n")
    for region in reversed(code.regions):
        body = lines[region.start : region.end]
        first = next(filter(_does_something, body), "")
        indent = first[: len(first) - len(first.lstrip())]
        inside = [f"{_INDENT}{line}" if line.strip() else line for line in body]
        around = [[f"{indent}{each}" for each in part.split("\n") if each] for part in (head, foot)]
        lines[region.start : region.end] = [*around[0], *inside, *around[1]]
    text = "\n".join(lines)
    return text if code.regions and is_python(without_magics(code, text)) else None


def _does_something(line: str) -> bool:
    return bool(line.strip()) and not line.strip().startswith("#")


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


def _before_regions(code: Code, added: Sequence[str]) -> str | None:
    lines = code.text.split("\n")
    for region in reversed(code.regions):
        body = lines[region.start : region.end]
        first = next((line for line in body if line.strip()), "")
        indent = first[: len(first) - len(first.lstrip())]
        lines[region.start : region.start] = [f"{indent}{line}" for line in added]
    text = "\n".join(lines)
    return text if is_python(without_magics(code, text)) else None


def _column(code: Code, node: ast.AST) -> str:
    """What a statement's line is indented by."""
    start = code.span(node)[0]
    line = code.data[code.data.rfind(b"\n", 0, start) + 1 : start].decode("utf-8")
    return line[: len(line) - len(line.lstrip())]


def _begins_line(code: Code, node: ast.AST) -> bool:
    start = code.span(node)[0]
    return not code.data[code.data.rfind(b"\n", 0, start) + 1 : start].strip()


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
    "in try": in_try,
    "in if": in_if,
    "in with": in_with,
}
