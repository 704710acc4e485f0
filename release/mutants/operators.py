"""An answer's code comes in; the changes that can be made to any code go out."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable, Iterator

from release.mutants.code import Change, Code, Mutation, called, short

Operator = Callable[[Code, ast.AST], Iterator[Mutation]]

_COMPARISONS: dict[type[ast.cmpop], tuple[str, tuple[str, ...]]] = {
    ast.Lt: ("<", ("<=", ">")),
    ast.LtE: ("<=", ("<", ">=")),
    ast.Gt: (">", (">=", "<")),
    ast.GtE: (">=", (">", "<=")),
    ast.Eq: ("==", ("!=",)),
    ast.NotEq: ("!=", ("==",)),
    ast.In: ("in", ("not in",)),
    ast.NotIn: ("not in", ("in",)),
    ast.Is: ("is", ("is not",)),
    ast.IsNot: ("is not", ("is",)),
}
_ARITHMETIC: dict[type[ast.operator], tuple[str, tuple[str, ...]]] = {
    ast.Add: ("+", ("-",)),
    ast.Sub: ("-", ("+",)),
    ast.Mult: ("*", ("/", "+")),
    ast.Div: ("/", ("*", "//")),
    ast.FloorDiv: ("//", ("/", "*")),
    ast.Mod: ("%", ("//",)),
    ast.Pow: ("**", ("*",)),
    ast.MatMult: ("@", ("*",)),
    ast.BitAnd: ("&", ("|",)),
    ast.BitOr: ("|", ("&",)),
}
#: Of more than these nobody counts one too many, as of epochs.
MOST_COUNTED = 500
#: Of what these are given, a number is a bound or a place.
_COUNTED = frozenset(("range", "arange", "linspace", "enumerate", "islice", "roll", "narrow"))


def mutation(
    code: Code, name: str, node: ast.AST, new: str, *changes: Change | None
) -> Iterator[Mutation]:
    """One change of a node, or none where its text is not found."""
    if all(changes):
        done = tuple(change for change in changes if change is not None)
        line = int(getattr(node, "lineno", 1))
        yield Mutation(name, done, line, f"{short(code.cut(node))} → {short(new)}")


def comparisons(code: Code, node: ast.AST) -> Iterator[Mutation]:
    """Another comparison."""
    if not isinstance(node, ast.Compare):
        return
    operands = [node.left, *node.comparators]
    for left, operator, right in zip(operands, node.ops, node.comparators, strict=False):
        old, others = _COMPARISONS[type(operator)]
        for new in others:
            change = code.operator(left, right, old, new)
            yield from mutation(code, "comparison", node, new, change)


def arithmetic(code: Code, node: ast.AST) -> Iterator[Mutation]:
    """Another operator, one operand less, another sign."""
    match node:
        case ast.BinOp(op=op) if type(op) in _ARITHMETIC and not _is_text(node):
            old, others = _ARITHMETIC[type(op)]
            for new in others:
                change = code.operator(node.left, node.right, old, new)
                yield from mutation(code, "arithmetic", node, new, change)
            kind = "normalisation" if isinstance(op, ast.Div) else "arithmetic"
            for kept in (node.left, node.right) if not isinstance(op, ast.Div) else (node.left,):
                text = code.cut(kept)
                yield from mutation(code, kind, node, text, code.put(node, text))
            if isinstance(op, ast.Sub | ast.Div | ast.MatMult):
                both = code.swapped(node.left, node.right)
                yield from mutation(code, "swapped operands", node, "swapped", *both)
        case ast.AugAssign(op=op) if type(op) in _ARITHMETIC:
            old, others = _ARITHMETIC[type(op)]
            for new in (f"{others[0]}=", "="):
                change = code.operator(node.target, node.value, f"{old}=", new)
                yield from mutation(code, "arithmetic", node, new, change)
        case ast.UnaryOp(op=ast.USub()) if not isinstance(node.operand, ast.Constant):
            text = code.cut(node.operand)
            yield from mutation(code, "arithmetic", node, text, code.put(node, text))


def _is_text(node: ast.BinOp) -> bool:
    sides = (node.left, node.right)
    return any(isinstance(s, ast.JoinedStr) or _text_of(s) is not None for s in sides)


def _text_of(node: ast.AST) -> str | None:
    match node:
        case ast.Constant(value=str() as text):
            return text
    return None


def constants(code: Code, node: ast.AST) -> Iterator[Mutation]:
    """Another number, another text."""
    if not isinstance(node, ast.Constant) or _is_docstring(code, node):
        return
    for new in _other_constants(code, node):
        yield from mutation(code, "constant", node, new, code.put(node, new))


def _other_constants(code: Code, node: ast.Constant) -> Iterator[str]:
    value = node.value
    if isinstance(value, bool):
        return
    if isinstance(value, int):
        if value <= MOST_COUNTED:
            yield str(value + 1)
        if 0 < value <= MOST_COUNTED:
            yield str(value - 1)
        if value > 2:
            yield str(value * 2)
        if value > MOST_COUNTED:
            yield str(value // 2)
    elif isinstance(value, float):
        yield repr(value * 10)
        yield repr(value / 10)
        yield repr(value * 1.25)
    elif isinstance(value, str) and value and not isinstance(code.parents.get(node), ast.Expr):
        others = {_text_of(n) for n in _siblings(code, node)} - {value, None}
        for other in sorted(str(o) for o in others)[:2]:
            yield repr(other)
        turned = value[::-1]  # spaces at an end are wrong nowhere, as in a label
        yield repr(turned if turned != value else f"{value}_")


def _siblings(code: Code, node: ast.AST) -> Iterator[ast.AST]:
    """The other items of a list or dict."""
    parent = code.parents.get(node)
    if isinstance(parent, ast.List | ast.Tuple | ast.Set | ast.Compare):
        yield from ast.iter_child_nodes(parent)
    elif isinstance(parent, ast.Dict):
        yield from (key for key in parent.keys if key is not None and node in parent.keys)
        yield from (value for value in parent.values if node in parent.values)


def _is_docstring(code: Code, node: ast.Constant) -> bool:
    return isinstance(code.parents.get(node), ast.Expr)


def booleans(code: Code, node: ast.AST) -> Iterator[Mutation]:
    """True for False, `and` for `or`."""
    match node:
        case ast.Constant(value=bool() as value):
            new = str(not value)
            yield from mutation(code, "boolean", node, new, code.put(node, new))
        case ast.BoolOp(op=op, values=values):
            old, new = ("and", "or") if isinstance(op, ast.And) else ("or", "and")
            change = code.operator(values[0], values[1], old, new)
            yield from mutation(code, "boolean", node, new, change)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            text = code.cut(operand)
            yield from mutation(code, "boolean", node, text, code.put(node, text))


def branches(code: Code, node: ast.AST) -> Iterator[Mutation]:
    """The other branch is taken, or one of them always."""
    match node:
        case ast.If(test=test) | ast.IfExp(test=test):
            for new in (f"not ({code.cut(test)})", "True", "False"):
                yield from mutation(code, "branch", test, new, code.put(test, new))
        case ast.While(test=test):
            yield from mutation(code, "branch", test, "False", code.put(test, "False"))
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            for test in (test for generator in node.generators for test in generator.ifs):
                yield from mutation(code, "branch", test, "True", code.put(test, "True"))
        case ast.Break() | ast.Continue():
            new = "continue" if isinstance(node, ast.Break) else "break"
            yield from mutation(code, "branch", node, new, code.put(node, new))


def statements(code: Code, node: ast.AST) -> Iterator[Mutation]:
    """One statement less."""
    if isinstance(node, ast.stmt) and not isinstance(node, _KEPT) and not _is_text_alone(node):
        if called(getattr(node, "value", node)) in _SLIPS:
            return  # a slip that students make, which has a name of its own
        yield from mutation(code, "dropped statement", node, "nothing", code.drop(node))


_KEPT = (ast.Pass, ast.Import, ast.ImportFrom, ast.Global, ast.Nonlocal, ast.Break, ast.Continue)
_SLIPS = frozenset(("eval", "train", "zero_grad", "step", "backward", "set_seed", "manual_seed"))


def _is_text_alone(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and _text_of(node.value) is not None


def nothing(code: Code, node: ast.AST) -> Iterator[Mutation]:
    """None in place of a value."""
    match node:
        case ast.Return(value=ast.expr() as value) | ast.Assign(value=value):
            if not (isinstance(value, ast.Constant) and value.value is None):
                yield from mutation(code, "None", value, "None", code.put(value, "None"))


def arguments(code: Code, node: ast.AST) -> Iterator[Mutation]:
    """A keyword less, two arguments or items swapped, an item less."""
    match node:
        case ast.Call(args=args, keywords=keywords):
            items = sorted([*args, *keywords], key=code.span)
            for number, item in enumerate(items):
                if isinstance(item, ast.keyword) and item.arg is not None:
                    change = code.without(items, number)
                    what = f"without {item.arg}"
                    yield from mutation(code, "dropped keyword", item, what, change)
            yield from _swaps(code, args, "swapped arguments")
        case ast.Tuple(elts=items) | ast.List(elts=items):
            if isinstance(getattr(node, "ctx", None), ast.Load):
                yield from _swaps(code, items, "swapped items")
                for number, item in enumerate(items if len(items) > 1 else ()):
                    change = code.without(items, number)
                    yield from mutation(code, "dropped item", item, "nothing", change)
        case ast.Dict(keys=keys, values=values) if None not in keys:
            for number, key in enumerate(keys):
                assert key is not None
                start = code.span(key)[0]
                last = number + 1 == len(keys)
                end = code.span(values[number])[1] if last else code.span(keys[number + 1])[0]  # type: ignore[arg-type]
                yield from mutation(code, "dropped item", key, "nothing", Change(start, end, ""))


def _swaps(code: Code, items: list[ast.expr], name: str) -> Iterator[Mutation]:
    for one, other in itertools.pairwise(items):
        starred = isinstance(one, ast.Starred) or isinstance(other, ast.Starred)
        if not starred and ast.dump(one) != ast.dump(other):
            new = f"{code.cut(other)}, {code.cut(one)}"
            yield from mutation(code, name, one, new, *code.swapped(one, other))


def off_by_one(code: Code, node: ast.AST) -> Iterator[Mutation]:
    """A bound or an index that is one too small or too large."""
    match node:
        case ast.Call(args=args) if called(node) in _COUNTED:
            for each in args:
                if not isinstance(each, ast.Constant | ast.Starred):
                    yield from _shifted(code, each)
            if called(node) == "range" and len(args) == 1:
                new = f"1, {code.cut(args[0])}"
                change = Change(*code.span(args[0]), new)
                yield from mutation(code, "off by one", args[0], new, change)
        case ast.Slice(lower=lower, upper=upper):
            for bound in (lower, upper):
                if bound is not None and not isinstance(bound, ast.Constant):
                    yield from _shifted(code, bound)
        case ast.Subscript(slice=ast.Name() | ast.BinOp() as index):
            if isinstance(node.ctx, ast.Load) and isinstance(index, ast.BinOp):
                yield from _shifted(code, index)


def _shifted(code: Code, node: ast.expr) -> Iterator[Mutation]:
    for sign in "+-":
        new = f"{code.cut(node)} {sign} 1"
        yield from mutation(code, "off by one", node, new, code.put(node, new))


def calls(code: Code, node: ast.AST) -> Iterator[Mutation]:
    """What a call was given, in place of what it gives."""
    if not isinstance(node, ast.Call):
        return
    func = node.func
    owner = func.value if isinstance(func, ast.Attribute) else None
    if owner is not None and not _is_module(code, owner):
        if not isinstance(code.parents.get(node), ast.Expr):
            text = code.cut(owner)
            yield from mutation(code, "removed call", node, text, code.put(node, text))
    elif node.args and not isinstance(node.args[0], ast.Starred):
        text = code.cut(node.args[0])
        yield from mutation(code, "removed call", node, text, code.put(node, text))


def _is_module(code: Code, node: ast.expr) -> bool:
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name) and node.id in code.vocabulary.modules


OPERATORS: tuple[Operator, ...] = (
    comparisons,
    arithmetic,
    constants,
    booleans,
    branches,
    statements,
    nothing,
    arguments,
    off_by_one,
    calls,
)
