"""Syntax-tree nodes come in; which of their names may stand for the same object goes out."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Set

from autograder.slicing.astnodes import attribute_name

#: Methods that change the object they are called on; torch's in-place ones end with "_".
MUTATING_METHODS = frozenset(
    "append appendleft add clear discard extend extendleft fill insert itemset load_state_dict "
    "move_to_end partition pop popitem popleft put read readline readlines remove resize reverse "
    "rotate setdefault setflags sort subtract update write __setitem__ __setattr__ __iadd__".split()
)
#: Functions that change their first argument.
MUTATING_FUNCTIONS = frozenset(
    "setattr delattr shuffle heapify heappush heappop insort insort_left insort_right next "
    "copyto fill_diagonal place putmask".split()
)
_MUTATING_PREFIXES = ("set_", "add_", "register_", "remove_", "update_")
#: Methods and functions whose result shares memory with the object.
VIEWS = frozenset(
    "asarray as_tensor from_numpy ravel reshape squeeze unsqueeze transpose view iter".split()
)
#: Those that give one part of it, those that give the parts, and those that give them in pairs.
GETTERS = frozenset({"get", "setdefault", "pop", "popitem", "popleft"})
PARTS = frozenset("reversed sorted list tuple set dict values copy".split())
PAIRS = frozenset({"zip", "enumerate", "items"})
ANY_ARGUMENT = "*"


def mutates_receiver(method: str) -> bool:
    """Whether a method of this name changes the object it is called on."""
    in_place = method.endswith("_") and not method.endswith("__")
    return method in MUTATING_METHODS or in_place or method.startswith(_MUTATING_PREFIXES)


_BUILTIN_ATOMS = frozenset({"int", "float", "str", "bool", "len", "round", "range", "sum", "print"})
_ATOMIC = (
    ast.Constant, ast.UnaryOp, ast.BinOp, ast.Compare, ast.JoinedStr, ast.FormattedValue, ast.Name,
    ast.Call, ast.operator, ast.unaryop, ast.cmpop, ast.expr_context,
)  # fmt: skip


class PointsTo:
    """Classes of objects that may be one, each with the class of all that may be inside.

    This is Steensgaard's analysis (POPL 1996): each assignment makes two classes one, in no order.
    Names that only ever hold numbers and text take no part, as nothing can change those in place.

    Args:
        owned: the names that take part; not modules, nor what others define.
        results: what the result of a function of the notebook may be, by name.
    """

    def __init__(
        self, nodes: Iterable[ast.AST], owned: Set[str], results: Mapping[str, Set[str]]
    ) -> None:
        self._parents: list[int] = []
        #: What a call made may hold of what it was given; unlike ``_inside``, never made one.
        self._holds: dict[int, set[int]] = {}
        self._inside: dict[int, int] = {}
        self._names: dict[str, int] = {}
        self._results = results
        nodes = list(nodes)
        self._owned = owned - atoms(nodes)
        for node in nodes:
            self._learn(node)

    def reach(self, names: Iterable[str]) -> set[int]:
        """The classes of the names' objects and of all that may be inside them."""
        found: set[int] = set()
        pending = list(self.of_names(names))
        while pending:
            at = self.find(pending.pop())
            if at not in found:
                found.add(at)
                pending += self._holds.get(at, ())
                pending += [self._inside[at]] if at in self._inside else []
        return found

    def of_names(self, names: Iterable[str]) -> set[int]:
        """The classes of the names' own objects."""
        return {self._name(name) for name in names if name in self._owned}

    def find(self, at: int) -> int:
        """The one that stands for the whole class."""
        while self._parents[at] != at:
            self._parents[at] = self._parents[self._parents[at]]
            at = self._parents[at]
        return at

    def value(self, node: ast.AST | None) -> int | None:
        """The class of an expression's value; None for numbers and text."""
        match node:
            case ast.Name():
                return self._name(node.id) if node.id in self._owned else None
            case ast.Attribute() if mutates_receiver(node.attr):
                return self.value(node.value)  # a bound method stands for what it changes
            case ast.Attribute() | ast.Subscript():
                return self.part(self.value(node.value))
            case ast.Starred() | ast.Await() | ast.NamedExpr():
                return self.value(node.value)
            case ast.IfExp():
                return self._one([self.value(node.body), self.value(node.orelse)])
            case ast.BoolOp():
                return self._one([self.value(part) for part in node.values])
            case ast.Tuple() | ast.List() | ast.Set():
                return self._holder([self._spread(part) for part in node.elts])
            case ast.Dict():
                pairs = zip(node.keys, map(self.value, node.values), strict=True)
                return self._holder([value if key else self.part(value) for key, value in pairs])
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
                return self._holder([self.value(node.elt)])
            case ast.DictComp():
                return self._holder([self.value(node.value)])
            case ast.BinOp():
                sides = [self.value(node.left), self.value(node.right)]
                return self._holder([self.part(side) for side in sides])
            case ast.Call():
                return self._result(node)
        return None

    def _result(self, call: ast.Call) -> int:
        name = attribute_name(call.func)
        arguments = [self._spread(argument) for argument in call.args]
        keywords = [self.value(keyword.value) for keyword in call.keywords]
        result = self._new()
        given = [*arguments, *keywords, self.value(call.func)]
        self._holds[result] = {at for at in given if at is not None}
        owner = self.value(call.func.value) if isinstance(call.func, ast.Attribute) else None
        sources = [owner] if owner is not None else arguments
        parts = [self.part(source) for source in sources]
        if name in VIEWS:
            self._one([result, *sources])
        elif name in GETTERS:
            self._one([result, *parts, *arguments[1:]])
        elif name in PARTS:
            self._one([self.part(result), *parts])
        elif name in PAIRS:
            self._one([self.part(self.part(result)), *parts])
        shared = self._results.get(name, frozenset())
        self._one([result, *(self._name(n) for n in shared & self._owned)])
        if ANY_ARGUMENT in shared:
            self._one([result, owner, *arguments, *keywords])
        return self.find(result)

    def _learn(self, node: ast.AST) -> None:
        match node:
            case ast.Assign():
                for target in node.targets:
                    self._assign(target, node.value)
            case ast.AnnAssign(value=ast.expr()) | ast.NamedExpr():
                self._assign(node.target, node.value)
            case ast.AugAssign():
                self._one([self.part(self.value(n)) for n in (node.target, node.value)])
            case ast.For() | ast.AsyncFor() | ast.comprehension():
                self._iterate(node.target, node.iter)
            case ast.withitem(optional_vars=ast.expr() as target):
                self._bind(target, self.value(node.context_expr))
            case ast.ClassDef():
                for part in node.body:
                    if isinstance(part, ast.Assign):
                        self._one([self.part(self._name(node.name)), self.value(part.value)])
            case ast.Call(func=ast.Attribute() as method) if mutates_receiver(method.attr):
                keyed = method.attr in {*GETTERS, "insert"}
                held = [self._spread(argument) for argument in node.args[keyed:]]
                inside = self.part(self.value(method.value))
                self._one([inside, *held])
                if method.attr in {"extend", "update", "extendleft", "__iadd__"}:
                    self._one([inside, *(self.part(part) for part in held)])

    def _iterate(self, target: ast.expr, source: ast.expr) -> None:
        value = self.part(self.value(source))
        if isinstance(target, ast.Tuple) and isinstance(source, ast.Call):
            name = attribute_name(source.func)
            if name in {"items", "enumerate"} and len(target.elts) == 2:
                target, value = target.elts[1], self.part(value)  # keys and numbers do not change
            elif name == "zip" and len(target.elts) == len(source.args):
                for part, argument in zip(target.elts, source.args, strict=True):
                    self._iterate(part, argument)
                return
        self._bind(target, value)

    def _assign(self, target: ast.expr, value: ast.expr | None) -> None:
        pair = (ast.Tuple, ast.List)
        if isinstance(target, pair) and isinstance(value, pair):
            starred = any(isinstance(n, ast.Starred) for n in [*target.elts, *value.elts])
            if not starred and len(target.elts) == len(value.elts):
                for left, right in zip(target.elts, value.elts, strict=True):
                    self._assign(left, right)
                return
        self._bind(target, self.value(value))

    def _bind(self, target: ast.AST, value: int | None) -> None:
        match target:
            case ast.Tuple() | ast.List():
                for part in target.elts:
                    self._bind(part, self.part(value))
            case ast.Starred():
                self._one([self.part(self.value(target.value)), value])
            case ast.Name() | ast.Attribute() | ast.Subscript():
                self._one([self.value(target), value])

    def _name(self, name: str) -> int:
        if name not in self._names:
            self._names[name] = self._new()
        return self.find(self._names[name])

    def _new(self) -> int:
        self._parents.append(len(self._parents))
        return len(self._parents) - 1

    def part(self, whole: int | None) -> int | None:
        """The class of what is inside a class of objects."""
        if whole is None:
            return None
        whole = self.find(whole)
        if whole not in self._inside:
            self._inside[whole] = self._new()
        return self.find(self._inside[whole])

    def _spread(self, node: ast.expr) -> int | None:
        value = self.value(node)
        return self.part(value) if isinstance(node, ast.Starred) else value

    def _holder(self, parts: list[int | None]) -> int:
        holder = self._new()
        self._one([self.part(holder), *parts])
        return self.find(holder)

    def _one(self, classes: Iterable[int | None]) -> int | None:
        """Make the classes one."""
        pending = [at for at in classes if at is not None]
        first = pending[0] if pending else None
        pairs = [(first, other) for other in pending[1:] if first is not None]
        while pairs:
            one, other = (self.find(at) for at in pairs.pop())
            if one == other:
                continue
            self._parents[other] = one
            self._holds.setdefault(one, set()).update(self._holds.pop(other, ()))
            inside = self._inside.pop(other, None)
            if inside is not None:
                pairs.append((self._inside.setdefault(one, inside), inside))
        return None if first is None else self.find(first)


def atoms(nodes: list[ast.AST]) -> set[str]:
    """Names that are only ever assigned numbers and text."""
    stores: dict[str, int] = {}
    values: dict[str, list[ast.expr]] = {}
    for node in nodes:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            stores[node.id] = stores.get(node.id, 0) + 1
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        for target in targets:
            if isinstance(target, ast.Name) and isinstance(
                value := getattr(node, "value", 0), ast.expr
            ):
                values.setdefault(target.id, []).append(value)
    parameters = {node.arg for node in nodes if isinstance(node, ast.arg)}
    found = {n for n, count in stores.items() if len(values.get(n, ())) == count} - parameters
    wrong = True
    while wrong:
        wrong = False
        for name in [n for n in stores if n in found]:  # in order: most need one round
            if not all(_atomic(value, found) for value in values[name]):
                found.remove(name)
                wrong = True
    return found


def _atomic(value: ast.expr, atoms: set[str]) -> bool:
    """Whether a value is made of numbers, text, ``atoms`` and functions that give such."""
    called = {id(part.func) for part in ast.walk(value) if isinstance(part, ast.Call)}
    for part in ast.walk(value):
        if not isinstance(part, _ATOMIC):
            return False
        if isinstance(part, ast.Name):
            known = _BUILTIN_ATOMS if id(part) in called else atoms
            if part.id not in known:
                return False
    return True
