"""An expression comes in; the class of the objects that it may give goes out.

What calls give follows from the notebook's own functions and classes, from the tables in
``library``, or from names alone: of a call that nothing is known of, the result may be or hold all
that it was given.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass, field

from autograder.slicing.aliasing.object_classes import ObjectClasses
from autograder.slicing.astnodes import attribute_name
from autograder.slicing.library.functions import Known, known_function
from autograder.slicing.library.methods import (
    DRAWING_METHODS,
    GETTERS,
    HOLDERS,
    PAIRS,
    PARTS,
    READING_METHODS,
    VIEWS,
    method_reads,
    mutates_receiver,
)
from autograder.slicing.library.resources import FIGURE, SETTINGS
from autograder.slicing.scope import Scope

ANY_ARGUMENT = "*"
#: The kind of what a class of the notebook makes begins so.
CLASS = "class:"


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


@dataclass(frozen=True)
class _Given:
    """What a call gets.

    Attributes:
        name: the last part of the name of what is called.
        owner: the object whose method is called, if one is.
    """

    name: str
    owner: int | None
    arguments: list[int | None]
    keywords: list[int | None]

    @property
    def all(self) -> list[int | None]:
        """The owner and all arguments."""
        return [self.owner, *self.arguments, *self.keywords]


class Values:
    """Tells the classes of what expressions give; what is computed anew gets one of its own.

    Args:
        objects: the classes, which it adds to.
        owned: the names whose objects take part.
        results: what the result of a function of the notebook may be, by name.
        scope: what names from outside stand for.
        makers: the notebook's own classes and functions.
    """

    def __init__(
        self,
        objects: ObjectClasses,
        owned: Set[str],
        results: Mapping[str, Set[str]],
        scope: Scope,
        makers: Makers,
    ) -> None:
        self._objects = objects
        self._names: dict[str, int] = {}
        self._owned = owned
        self._results = results
        self._scope = scope
        self._makers = makers

    def of_name(self, name: str) -> int:
        """The class of a name's objects."""
        if name not in self._names:
            self._names[name] = self._objects.new()
        return self._objects.find(self._names[name])

    def of_item(self, node: ast.expr) -> int | None:
        """The class of what an item of a list stands for: ``*x`` for what is inside ``x``."""
        value = self.of(node)
        return self._objects.part(value) if isinstance(node, ast.Starred) else value

    def of(self, node: ast.AST | None) -> int | None:
        """The class of an expression's value; None for numbers and text."""
        match node:
            case ast.Name():
                return self.of_name(node.id) if node.id in self._owned else None
            case ast.Attribute() if mutates_receiver(node.attr):
                return self.of(node.value)  # a bound method stands for what it changes
            case ast.Attribute() | ast.Subscript():
                return self._objects.part(self.of(node.value))
            case ast.Starred() | ast.Await() | ast.NamedExpr():
                return self.of(node.value)
            case ast.IfExp():
                return self._objects.unite([self.of(node.body), self.of(node.orelse)])
            case ast.BoolOp():
                return self._objects.unite([self.of(part) for part in node.values])
            case ast.BinOp():
                return self._computed(node)
            case ast.UnaryOp() | ast.Compare():
                return self._fresh([self.of(n) for n in ast.iter_child_nodes(node)])
            case ast.Call():
                return self._result(node)
        return self._container(node)

    def _container(self, node: ast.AST | None) -> int | None:
        match node:
            case ast.Tuple() | ast.List() | ast.Set():
                return self._holder([self.of_item(part) for part in node.elts])
            case ast.Dict():
                pairs = zip(node.keys, map(self.of, node.values), strict=True)
                parts = [at if key else self._objects.part(at) for key, at in pairs]
                return self._holder(parts)
            case ast.GeneratorExp():
                made = self._holder([self.of(node.elt)])
                self._objects.mark_iterator(made)
                return made
            case ast.ListComp() | ast.SetComp():
                return self._holder([self.of(node.elt)])
            case ast.DictComp():
                return self._holder([self.of(node.value)])
        return None

    def _holder(self, parts: list[int | None]) -> int:
        holder = self._objects.new({"data"})
        self._objects.unite([self._objects.part(holder), *parts])
        return self._objects.find(holder)

    def _computed(self, node: ast.BinOp) -> int:
        sides = [self.of(node.left), self.of(node.right)]
        made = self._holder([self._objects.part(side) for side in sides])
        self._objects.add_sources(made, sides)
        return made

    def _fresh(self, sources: Iterable[int | None]) -> int:
        """A value of numbers or text that was computed from others."""
        made = self._objects.new({"data"})
        self._objects.mark_plain(made)
        self._objects.add_sources(made, sources)
        return made

    def _drawn(self, given: Iterable[int | None]) -> int:
        """Something on the figure: an object that is inside what all drawing changes."""
        objects = self._objects
        result = objects.new({"figure"})
        objects.add_sources(result, given)
        part = objects.unite([objects.part(self.of_name(FIGURE)), result])
        inside = objects.unite([part, objects.part(part)])  # an axes of a figure, a line of an axes
        assert inside is not None
        return inside

    # --- calls ---

    def _result(self, call: ast.Call) -> int | None:
        path = self._scope.path(call.func)
        known = known_function(path) if path is not None else None
        put_into = [self.of(target) for target in put_into_by(call, known)]
        if known is not None:
            return self._objects.unite([*put_into, self._known_result(call, known)])
        return self._objects.unite([*put_into, self._unknown_result(call, path)])

    def _known_result(self, call: ast.Call, known: Known) -> int | None:
        objects = self._objects
        arguments = [self.of_item(argument) for argument in call.args]
        keywords = [self.of(keyword.value) for keyword in call.keywords]
        parts = [objects.part(at) for at in arguments]
        match known.result:
            case "data":
                return self._fresh([*arguments, *keywords])
            case "view":
                return objects.unite([objects.new(), *arguments[:1]])
            case "figure":
                return self._drawn([*arguments, *keywords])
            case "settings":
                return self.of_name(SETTINGS)
        given = _Given(attribute_name(call.func), None, arguments, keywords)
        result = objects.new({known.kind} - {"object"})
        match known.result:
            case "part":
                objects.unite([result, *parts[:1], *arguments[1:]])
            case "parts":
                objects.unite([objects.part(result), *parts, *map(self.of, _defaults(call))])
                if given.name in {"max", "min", "sum"}:
                    objects.unite([result, *parts, *arguments[1:]])
            case "copy":
                objects.set_kinds(result, objects.kinds(arguments[0]) if arguments else ())
                objects.add_sources(result, given.all)
            case _:
                self._keep_given(result, given, iterator=known.result == "iterator")
        return objects.find(result)

    def _keep_given(self, result: int, given: _Given, *, iterator: bool) -> None:
        """The result of a known function holds what it gets."""
        objects = self._objects
        objects.add_held(result, given.all)
        if iterator:
            objects.mark_iterator(result)
        first = given.arguments[0] if given.arguments else None
        if given.name == "iter" and "loader" in objects.kinds(first):
            objects.set_kinds(result, {"loader"})
        self._shape(result, given)

    def _unknown_result(self, call: ast.Call, path: str | None) -> int | None:
        given = _Given(
            arguments=[self.of_item(argument) for argument in call.args],
            keywords=[self.of(keyword.value) for keyword in call.keywords],
            name=attribute_name(call.func),
            owner=self.of(call.func.value) if isinstance(call.func, ast.Attribute) else None,
        )
        if isinstance(call.func, ast.Attribute) and path is None:
            shape = self._method_shape(given.name, self._objects.kinds(given.owner))
            if shape == "self":
                return given.owner if given.owner is None else self._objects.find(given.owner)
            if shape == "data":
                return self._fresh(given.all)
            if shape == "figure":
                return self._drawn([given.owner])
        if path is None and self._objects.kinds(self.of(call.func)) == {"module"}:
            return self._fresh([self.of(call.func), *given.arguments, *given.keywords])
        return self._made_of(call, path, given)

    def _made_of(self, call: ast.Call, path: str | None, given: _Given) -> int:
        """What a call that is not known makes of what it gets."""
        objects, name = self._objects, given.name
        result = objects.new()
        shared = self._results.get(name, frozenset())
        held = given.arguments[name in GETTERS :]  # not the key
        kept = [*held, *given.keywords, given.owner]
        objects.add_held(result, [self.of(call.func)])  # a closure shares what its maker keeps
        if self._made_anew(name, path, given.owner, shared):
            objects.add_sources(result, kept)
        else:
            objects.add_held(result, kept)
            if self._may_iterate(name, given.owner):
                objects.mark_iterator(result)
        kind = CLASS + name if name in self._makers.classes else self._makers.kind(path or "")
        if kind:
            objects.set_kinds(result, {kind})
        self._shape(result, given)
        objects.unite([result, *(self.of_name(n) for n in shared & self._owned)])
        return objects.find(result)

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
        return owner is None or not self._objects.kinds(owner)

    @staticmethod
    def _method_shape(name: str, kinds: frozenset[str]) -> str:
        """What the result of a method is: ``self``, ``data``, ``figure`` or not known."""
        if kinds == {"estimator"}:
            learns = name.startswith(("fit", "partial_fit", "set_"))
            return "self" if learns and "_" not in name.removeprefix("partial_")[3:] else "data"
        if name in DRAWING_METHODS and kinds <= {"data"}:
            return "figure"
        if name in VIEWS | GETTERS | PARTS | PAIRS | HOLDERS:
            return ""
        if name in READING_METHODS or (kinds and method_reads(name, kinds)):
            return "data"
        return ""

    def _shape(self, result: int, given: _Given) -> None:
        """What the name of a function or method tells of its result and the parts of it."""
        objects, name = self._objects, given.name
        sources = [given.owner] if given.owner is not None else given.arguments
        parts = [objects.part(source) for source in sources]
        if name in VIEWS:
            objects.unite([result, *sources])
        elif name in GETTERS:
            objects.unite([result, *parts, *given.arguments[1:]])
        elif name in PARTS:
            objects.unite([objects.part(result), *parts])
            objects.add_kind(result, "data")
        elif name in PAIRS:
            pair = objects.part(objects.part(result))
            assert pair is not None
            if len(sources) == 1:
                objects.unite([pair, *parts])
            else:  # not made one with them: that would make them one with each other
                objects.add_held(pair, parts)


def put_into_by(call: ast.Call, known: Known | None) -> list[ast.expr]:
    """The arguments that a call puts its result into."""
    named = [keyword.value for keyword in call.keywords if keyword.arg == "out"]
    placed = call.args[known.out : known.out + 1] if known is not None and known.out else []
    return [*named, *placed]


def _defaults(call: ast.Call) -> list[ast.expr]:
    return [keyword.value for keyword in call.keywords if keyword.arg == "default"]
