"""Syntax-tree nodes come in; which of their names may stand for the same object goes out."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field

from autograder.slicing.astnodes import attribute_name
from autograder.slicing.library.functions import Known, known_function
from autograder.slicing.library.methods import (
    DRAWN_SETTERS,
    READING_METHODS,
    method_reads,
    mutates_receiver,
)
from autograder.slicing.library.resources import FIGURE, SETTINGS
from autograder.slicing.scope import Scope

#: Methods and functions whose result shares memory with the object.
VIEWS = frozenset(
    "asarray as_tensor from_numpy ravel reshape squeeze unsqueeze transpose view".split()
)
#: Those that give one part of it, those that give the parts, and those that give them in pairs.
GETTERS = frozenset({"get", "setdefault", "pop", "popitem", "popleft"})
PARTS = frozenset("reversed sorted list tuple set dict values copy".split())
PAIRS = frozenset({"zip", "enumerate", "items"})
#: Methods that only read, and whose result is or holds what the object is made of.
HOLDERS = frozenset(
    "parameters named_parameters buffers named_buffers modules named_modules children "
    "named_children state_dict get_parameter get_lines get_legend get_figure get_texts get items "
    "values keys copy iterrows itertuples groupby rolling resample expanding pipe get_params "
    "staged_predict elements transform".split()
)
ANY_ARGUMENT = "*"
#: The kind of what a class of the notebook makes begins so.
CLASS = "class:"


#: Functions that give a number or a text of whatever they get; and of numbers and texts alone.
_ALWAYS_ATOMS = frozenset("int float str bool len repr ord chr id hash isinstance print".split())
_BUILTIN_ATOMS = frozenset("round range sum abs max min pow divmod".split())


@dataclass(frozen=True)
class Makers:
    """The notebook's own classes and functions, by name; ``generators`` are among the latter.

    ``gives_nothing_back`` tells of a function from outside, by its path, whether its result is
    known to hold nothing of what it was given; ``kind`` what sort of objects a class makes.
    """

    classes: frozenset[str] = frozenset()
    functions: frozenset[str] = frozenset()
    generators: frozenset[str] = frozenset()
    gives_nothing_back: Callable[[str], bool] = field(default=lambda _path: False)
    kind: Callable[[str], str] = field(default=lambda _path: "")


#: What tells anything of which objects are one; most nodes are others.
_TELLING = (
    ast.Assign, ast.AnnAssign, ast.NamedExpr, ast.AugAssign, ast.For, ast.AsyncFor,
    ast.comprehension, ast.withitem, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Call,
    ast.arguments,
)  # fmt: skip


class PointsTo:
    """Classes of objects that may be one, each with the class of all that may be inside.

    This is Steensgaard's analysis (POPL 1996): each assignment makes two classes one, in no order.
    Names that only ever hold numbers and text take no part, as nothing can change those in place.

    Args:
        owned: the names that take part; not modules, nor what others define.
        results: what the result of a function of the notebook may be, by name.
        scope: what names from outside stand for.
        makers: the notebook's classes, and its functions that are generators.
        numbers: the `atoms` of the nodes.
    """

    def __init__(
        self,
        nodes: Sequence[ast.AST],
        owned: Set[str],
        results: Mapping[str, Set[str]],
        scope: Scope,
        makers: Makers,
        numbers: Set[str],
    ) -> None:
        self._parents: list[int] = []
        #: What a class may be, or hold, beside its own; unlike ``_inside``, never made one.
        self._holds: dict[int, set[int]] = {}
        #: What a value was computed from: a gradient goes back there.
        self._from: dict[int, set[int]] = {}
        self._inside: dict[int, int] = {}
        self._outside: dict[int, set[int]] = {}
        self._kinds: dict[int, set[str]] = {}
        #: Classes of numbers and text all through; what is inside is such too.
        self._plain: set[int] = set()
        self._iterators: set[int] = set()
        self._names: dict[str, int] = {}
        self._results = results
        self._scope = scope
        self._makers = makers
        self._owned = (owned - numbers - _thrown_away(nodes)) | {FIGURE, SETTINGS}
        for node in nodes:
            if isinstance(node, _TELLING):
                self._learn(node)

    def reach(self, names: Iterable[str]) -> set[int]:
        """The classes of the names' objects and of all that may be inside them."""
        return self.within(self.of_names(names))

    def within(self, classes: Iterable[int], *, computed_from: bool = False) -> set[int]:
        """These classes and all that may be inside, or be the same.

        Args:
            computed_from: what the values were computed from, too.
        """
        found: set[int] = set()
        pending = list(classes)
        while pending:
            at = self.find(pending.pop())
            if at not in found:
                found.add(at)
                pending += [self._inside[at]] if at in self._inside else []
                for whole in self._wholes(at):
                    pending += self._holds.get(whole, ())
                    pending += self._sources(whole) if computed_from else ()
        return found

    def _sources(self, at: int) -> list[int]:
        """What a value was computed from, but for batches of data, to which no gradient goes."""
        found = self._from.get(at, ())
        return [source for source in found if not self._is_batch(source)]

    def _is_batch(self, at: int) -> bool:
        wholes = self._wholes(at) - {self.find(at)}
        return any("loader" in self._kinds.get(whole, ()) for whole in wholes)

    def same(self, at: int) -> set[int]:
        """The classes that an object of the class may belong to: its own, and what it may be."""
        held = {part for whole in self._wholes(at) for part in self._holds.get(whole, ())}
        return {self.find(at)} | self.within(held)

    def _wholes(self, at: int) -> set[int]:
        """The class and all that it may be inside of: what those hold, it may be."""
        found: set[int] = set()
        pending = [at]
        while pending:
            at = self.find(pending.pop())
            if at not in found:
                found.add(at)
                pending += self._outside.get(at, ())
        return found

    def kinds(self, at: int | None) -> frozenset[str]:
        """What sorts of objects are in a class; empty if nothing is known."""
        if at is None:
            return frozenset({"data"})
        at = self.find(at)
        known = self._kinds.get(at, set())
        if not known and any(whole in self._plain for whole in self._wholes(at)):
            return frozenset({"data"})
        return frozenset(known)

    def used_up(self, at: int | None) -> bool:
        """Whether going through an object of the class may leave less of it."""
        return at is not None and self.find(at) in self._iterators

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
            case ast.GeneratorExp():
                made = self._holder([self.value(node.elt)])
                self._iterators.add(made)
                return made
            case ast.ListComp() | ast.SetComp():
                return self._holder([self.value(node.elt)])
            case ast.DictComp():
                return self._holder([self.value(node.value)])
            case ast.BinOp():
                return self._computed(node)
            case ast.UnaryOp() | ast.Compare():
                return self._fresh([self.value(n) for n in ast.iter_child_nodes(node)])
            case ast.Call():
                return self._result(node)
        return None

    def _computed(self, node: ast.BinOp) -> int:
        sides = [self.value(node.left), self.value(node.right)]
        made = self._holder([self.part(side) for side in sides])
        self._from[made] = {side for side in sides if side is not None}
        return made

    def _fresh(self, sources: Iterable[int | None]) -> int:
        """A value of numbers or text that was computed from others."""
        made = self._new()
        self._kinds[made] = {"data"}
        self._plain.add(made)
        self._from[made] = {at for at in sources if at is not None}
        return made

    def _result(self, call: ast.Call) -> int | None:
        path = self._scope.path(call.func)
        known = known_function(path) if path is not None else None
        put_into = [self.value(target) for target in put_into_by(call, known)]
        if known is not None:
            return self._one([*put_into, self._known_result(call, known)])
        return self._one([*put_into, self._unknown_result(call, path)])

    def _unknown_result(self, call: ast.Call, path: str | None) -> int | None:
        arguments = [self._spread(argument) for argument in call.args]
        keywords = [self.value(keyword.value) for keyword in call.keywords]
        name = attribute_name(call.func)
        owner = self.value(call.func.value) if isinstance(call.func, ast.Attribute) else None
        if isinstance(call.func, ast.Attribute) and path is None:
            shape = self._method_shape(name, self.kinds(owner))
            if shape == "self":
                return owner if owner is None else self.find(owner)
            if shape == "data":
                return self._fresh([owner, *arguments, *keywords])
            if shape == "figure":
                return self._drawn([owner])
        if path is None and self.kinds(self.value(call.func)) == {"module"}:
            return self._fresh([self.value(call.func), *arguments, *keywords])
        result = self._new()
        shared = self._results.get(name, frozenset())
        held = arguments[name in GETTERS :]  # not the key
        given = {at for at in (*held, *keywords, owner) if at is not None}
        called = self.value(call.func)  # a closure shares what its maker keeps
        self._holds[result] = {called} if called is not None else set()
        if self._made_anew(name, path, owner, shared):
            self._from[result] = given
        else:
            self._holds[result] |= given
            self._iterators.update({result} if self._may_iterate(name, owner) else ())
        kind = CLASS + name if name in self._makers.classes else self._makers.kind(path or "")
        if kind:
            self._kinds[result] = {kind}
        self._shape(result, name, owner, arguments)
        self._one([result, *(self._name(n) for n in shared & self._owned)])
        return self.find(result)

    def _made_anew(self, name: str, path: str | None, owner: int | None, shared: Set[str]) -> bool:
        """Whether a function is known to give nothing of its arguments back."""
        if path is not None or self._makers.gives_nothing_back(name):
            return self._makers.gives_nothing_back(path or name)
        own = name in self._makers.functions - self._makers.classes - self._makers.generators
        return owner is None and own and ANY_ARGUMENT not in shared

    def _may_iterate(self, name: str, owner: int | None) -> bool:
        """Whether the result of a call that is not known may be used up by going through it."""
        if name in self._makers.classes or name in HOLDERS:
            return False
        if name in self._makers.functions:
            return name in self._makers.generators
        return owner is None or not self.kinds(owner)

    def _method_shape(self, name: str, kinds: frozenset[str]) -> str:
        """What the result of a method is: ``self``, ``data``, ``figure`` or not known."""
        if kinds == {"estimator"}:
            learns = name.startswith(("fit", "partial_fit", "set_"))
            return "self" if learns and "_" not in name.removeprefix("partial_")[3:] else "data"
        if name in {"plot", "hist", "boxplot"} and kinds <= {"data"}:
            return "figure"
        if name in VIEWS | GETTERS | PARTS | PAIRS | HOLDERS:
            return ""
        if name in READING_METHODS or (kinds and method_reads(name, kinds)):
            return "data"
        return ""

    def _shape(
        self, result: int, name: str, owner: int | None, arguments: list[int | None]
    ) -> None:
        sources = [owner] if owner is not None else arguments
        parts = [self.part(source) for source in sources]
        if name in VIEWS:
            self._one([result, *sources])
        elif name in GETTERS:
            self._one([result, *parts, *arguments[1:]])
        elif name in PARTS:
            self._one([self.part(result), *parts])
            self._kinds.setdefault(self.find(result), set()).add("data")
        elif name in PAIRS and len(sources) == 1:
            self._one([self.part(self.part(result)), *parts])
        elif name in PAIRS:  # not made one with them: that would make them one with each other
            pair = self.part(self.part(result))
            assert pair is not None
            self._holds.setdefault(pair, set()).update(at for at in parts if at is not None)

    def _known_result(self, call: ast.Call, known: Known) -> int | None:
        arguments = [self._spread(argument) for argument in call.args]
        keywords = [self.value(keyword.value) for keyword in call.keywords]
        given = [at for at in (*arguments, *keywords) if at is not None]
        name = attribute_name(call.func)
        parts = [self.part(at) for at in arguments]
        match known.result:
            case "data":
                return self._fresh(given)
            case "view":
                return self._one([self._new(), *arguments[:1]])
            case "figure":
                return self._drawn(given)
            case "settings":
                return self._name(SETTINGS)
        result = self._new()
        if known.kind != "object":
            self._kinds[result] = {known.kind}
        match known.result:
            case "part":
                self._one([result, *parts[:1], *arguments[1:]])
            case "parts":
                self._one([self.part(result), *parts, *map(self.value, _defaults(call))])
                if name in {"max", "min", "sum"}:
                    self._one([result, *parts, *arguments[1:]])
            case "copy":
                self._kinds[result] = set(self.kinds(arguments[0])) if arguments else set()
                self._from[result] = set(given)
            case _:
                self._holds[result] = set(given)
                self._iterators.update({result} if known.result == "iterator" else ())
                if name == "iter" and "loader" in self.kinds(arguments[0] if arguments else None):
                    self._kinds[result] = {"loader"}
                self._shape(result, name, None, arguments)
        return self.find(result)

    def _drawn(self, given: Iterable[int | None]) -> int:
        """Something on the figure: an object that is inside what all drawing changes."""
        result = self._new()
        self._kinds[result] = {"figure"}
        self._from[result] = {at for at in given if at is not None}
        part = self._one([self.part(self._name(FIGURE)), result])
        inside = self._one([part, self.part(part)])  # an axes of a figure, and a line of an axes
        assert inside is not None
        return inside

    def _learn(self, node: ast.AST) -> None:
        match node:
            case ast.arguments():  # `*args` is a tuple and `**options` a dict
                for argument in filter(None, (node.vararg, node.kwarg)):
                    self._kinds.setdefault(self._name(argument.arg), set()).add("data")
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
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() if (
                node.decorator_list and node.name in self._owned
            ):  # what a decorator makes of it may hold anything
                self._holds.setdefault(self._name(node.name), set()).update(
                    at for at in map(self.value, node.decorator_list) if at is not None
                )
            case ast.ClassDef():
                for part in node.body:
                    if isinstance(part, ast.Assign):
                        self._one([self.part(self._name(node.name)), self.value(part.value)])
            case ast.Call(func=ast.Attribute() as method) if mutates_receiver(method.attr):
                if DRAWN_SETTERS.fullmatch(method.attr):
                    return
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
            self._outside.setdefault(self._inside[whole], set()).add(whole)
        return self.find(self._inside[whole])

    def _spread(self, node: ast.expr) -> int | None:
        value = self.value(node)
        return self.part(value) if isinstance(node, ast.Starred) else value

    def _holder(self, parts: list[int | None]) -> int:
        holder = self._new()
        self._kinds[holder] = {"data"}
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
            for edges in (self._holds, self._from, self._outside):
                if other in edges:
                    edges.setdefault(one, set()).update(edges.pop(other))
            if other in self._kinds:
                self._kinds.setdefault(one, set()).update(self._kinds.pop(other))
            for marks in (self._plain, self._iterators):
                if other in marks:
                    marks.add(one)
            inside = self._inside.pop(other, None)
            if inside is not None:
                pairs.append((self._inside.setdefault(one, inside), inside))
        return None if first is None else self.find(first)


def put_into_by(call: ast.Call, known: Known | None) -> list[ast.expr]:
    """The arguments that a call puts its result into."""
    named = [keyword.value for keyword in call.keywords if keyword.arg == "out"]
    placed = call.args[known.out : known.out + 1] if known is not None and known.out else []
    return [*named, *placed]


def _defaults(call: ast.Call) -> list[ast.expr]:
    return [keyword.value for keyword in call.keywords if keyword.arg == "default"]


def _thrown_away(nodes: Sequence[ast.AST]) -> set[str]:
    """Those of the names for what nobody wants that nobody reads: else they would link all."""
    read = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    return {"_", "__"} - read


def atoms(nodes: Sequence[ast.AST]) -> set[str]:
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
    match value:
        case ast.Constant() | ast.JoinedStr():
            return True
        case ast.Name(id=name):
            return name in atoms
        case ast.Call(func=ast.Name(id=name)) if name in _ALWAYS_ATOMS:
            return True
        case ast.Call(func=ast.Name(id=name), keywords=[]) if name in _BUILTIN_ATOMS:
            return all(_atomic(argument, atoms) for argument in value.args)
        case ast.Call(func=ast.Attribute(attr="item"), args=[]):
            return True
        case ast.UnaryOp() | ast.BinOp() | ast.Compare() | ast.BoolOp() | ast.IfExp():
            parts = ast.iter_child_nodes(value)
            return all(_atomic(part, atoms) for part in parts if isinstance(part, ast.expr))
    return False
