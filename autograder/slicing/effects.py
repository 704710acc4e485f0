"""A notebook's statements come in; what each of them changes, calls included, goes out.

A call of something that is not known to only read may change the object it is called on, its
arguments, and all that can be reached through them. What is known stands in ``library``, follows
from the source of a function (the notebook's own, or the assignment's package), or is said by the
assignment. Functions that are defined inside others count as called.

What no reading can tell, and is left to the second look: attributes and operators that do something
when they are used, and names that are made by ``exec`` or ``globals()``.
"""

from __future__ import annotations

import ast
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from autograder.slicing.aliasing.atoms import atoms
from autograder.slicing.aliasing.points_to import PointsTo
from autograder.slicing.aliasing.values import ANY_ARGUMENT, CLASS, Makers, put_into_by
from autograder.slicing.astnodes import (
    FUNCTIONS,
    Function,
    all_nodes,
    attribute_name,
    base_name,
    eager_nodes,
)
from autograder.slicing.calls import Definitions, grouped
from autograder.slicing.library.functions import (
    GENERATOR_ARGUMENTS,
    Known,
    is_library,
    known_function,
    loads_quietly,
    sets_by_import,
    speaks_of_settings,
)
from autograder.slicing.library.methods import (
    BACKWARD_METHODS,
    DRAWING_METHODS,
    DRAWN_ON_METHODS,
    FILLING_METHODS,
    READING_METHODS,
    READS_FILES_METHODS,
    WRITES_FILES_METHODS,
    method_changes_receiver_only,
    method_reads,
    mutates_receiver,
)
from autograder.slicing.library.resources import (
    FIGURE,
    FILES,
    NUMPY_RANDOM,
    RANDOM,
    SETTINGS,
    TORCH_RANDOM,
)
from autograder.slicing.packages import Packages
from autograder.slicing.scope import FunctionNames, Scope, imports_in
from autograder.slicing.statements import StatementFacts, with_inner
from autograder.slicing.summaries import Change, Effect, Shared, Summary, Touch, joined, merged

#: What may change an object, and what may change or read what is shared: most nodes do neither.
_CHANGING = (
    ast.Subscript, ast.Attribute, ast.AugAssign, ast.FunctionDef, ast.AsyncFunctionDef,
    ast.ClassDef, ast.Call, ast.For, ast.AsyncFor, ast.comprehension, ast.Starred, ast.Assign,
    ast.YieldFrom, ast.Compare,
)  # fmt: skip
_SHARING = (
    ast.For, ast.AsyncFor, ast.comprehension, ast.Name, ast.Attribute, ast.Call, ast.Import,
    ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef,
)  # fmt: skip
#: Calls in calls of notebook functions are followed this far at least.
_MAX_ROUNDS = 10


class SideEffects:
    """What a whole notebook tells: the names it binds, and what each of its statements changes.

    Args:
        packages: what is known of code from outside the notebook.
        module: the dotted path of these statements, where they are no notebook.
        package: the package that relative imports start from, for a module of one.
        lost: the template's imports, by name, which stand in for those that a notebook has lost.
    """

    def __init__(
        self,
        statements: Iterable[StatementFacts],
        packages: Packages,
        module: str = "",
        package: str = "",
        lost: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        everything = list(with_inner(statements))
        self._module = module
        self._package = package
        written = {name for facts in everything for name in facts.writes}
        self.packages = packages
        self.bound = frozenset(name for facts in everything for name in facts.binds) | written
        imports = imports_in((facts.node for facts in everything), package)
        self.imported = {name for facts in everything if facts.aliases for name in facts.binds}
        otherwise = {n for f in everything if not f.aliases for n in f.binds} | written
        stars = [facts.node for facts in everything if facts.star]
        modules = (star.module or "" for star in stars if isinstance(star, ast.ImportFrom))
        self._stars = frozenset(module.split(".")[0] for module in modules)
        for star in stars:
            for name, path in packages.star(star, package).items():
                imports.setdefault(name, {path})
        for name, path in {**lost, **packages.given}.items():
            if name not in self.bound:
                imports[name] = {path}
        self.scope = Scope(imports, otherwise)
        self._functions: dict[str, list[Function]] = {}
        self._methods: dict[str, list[Function]] = {}
        self._classes: dict[str, ast.ClassDef] = {}
        self._acts: dict[str, set[str]] = {}
        self._bound_methods: set[str] = set()
        nodes: list[ast.AST] = [ast.Name(name, ast.Store()) for name in written]
        for facts in everything:
            nodes += facts.alone.nodes
            self._collect(facts.alone.node)
        self._makers = Makers(
            frozenset(self._classes),
            frozenset(self._functions),
            frozenset(n for n, found in self._functions.items() if any(map(_yields, found))),
            packages.gives_nothing_back,
            packages.kind,
        )
        self._atoms = atoms(nodes)
        self._summaries: dict[Function, Summary] = {}
        self._results: dict[str, frozenset[str]] = {}
        self._settle()
        owned = self.bound - self.imported
        self.sharing = PointsTo(nodes, owned, self._results, self.scope, self._makers, self._atoms)
        self._effects = {f.alone.node: self._effect_of(f.alone) for f in everything}

    def effect(self, facts: StatementFacts) -> Effect:
        """What a statement does, blocks in it left out."""
        return self._effects[facts.alone.node]

    def changes(self, facts: StatementFacts, needed: set[str]) -> Touch | None:
        """How a statement, blocks in it left out, changes what a needed name stands for.

        A sure change goes before one that may be.
        """
        touches = self.effect(facts).touches
        reached = self.sharing.reach(needed) if any(touch.classes for touch in touches) else set()
        found = [touch for touch in touches if touch.name in needed or touch.classes & reached]
        return max(found, key=lambda touch: touch.sure, default=None)

    def summary(self, name: str) -> Summary | None:
        """What a call of the function or class of a name does; None if there is none."""
        found = [self._summaries.get(function) for function in self._functions.get(name, ())]
        known = [summary for summary in found if summary is not None]
        if not known:
            return Summary() if name in self._classes else None
        changed: dict[str, Change] = {}
        for summary in known:
            changed = merged(changed, summary.changed)
        parameters = known[0].parameters
        if name in self._classes:  # the object itself is new
            changed.pop(parameters[0] if parameters else "", None)
            parameters = parameters[1:]
        return Summary(
            parameters,
            changed,
            frozenset().union(*(summary.consumed for summary in known)),
            frozenset().union(*(summary.result for summary in known)),
            joined(summary.shared for summary in known),
        )

    def read_by_calls(self, names: Iterable[str]) -> set[str]:
        """What is shared that calls of the names read; whoever calls them seeds what they draw."""
        acting = {other for name in names for other in self._acting(name)}
        summaries = [self.summary(name) for name in acting]
        return {state for found in summaries if found is not None for state in found.shared.reads}

    def defines(self, name: str) -> bool:
        """Whether a function or class of that name is defined here."""
        return name in self._functions or name in self._classes

    def is_fresh(self, name: str) -> bool:
        """Whether it is a function, and its result is made of nothing that it is given."""
        summary = self.summary(name)
        makes = name in self._makers.classes | self._makers.generators
        return not makes and summary is not None and not summary.result

    def bases(self, name: str) -> list[str] | None:
        """The dotted paths of the bases of the class of that name; None if it is no class."""
        node = self._classes.get(name)
        if node is None:
            return None
        own = {base: f"{self._module}.{base}" for base in map(attribute_name, node.bases)}
        return [self.scope.path(base) or own[attribute_name(base)] for base in node.bases]

    def registers(self, name: str) -> bool:
        """Whether the class of that name, or one above it, is told of its subclasses."""
        hooks = self._in_class(name, "__init_subclass__", set())
        node = self._classes.get(name)
        return bool(hooks) or (
            node is not None and any(k.arg == "metaclass" for k in node.keywords)
        )

    @property
    def mutable(self) -> frozenset[str]:
        """The global names whose objects some function here changes."""
        functions = {*self._functions, *self._methods}
        return frozenset(
            name
            for summary in self._summaries.values()
            for name in summary.changed
            if name not in summary.parameters and name[:1] != "<" and name not in functions
        )

    @property
    def uses_files(self) -> bool:
        """Whether anything here may read files."""
        imports = ast.Import | ast.ImportFrom  # ``roots`` tells of what those read
        shared = [e.shared for node, e in self._effects.items() if not isinstance(node, imports)]
        shared += [summary.shared for summary in self._summaries.values()]
        return any(FILES in each.reads for each in shared)

    @property
    def roots(self) -> frozenset[str]:
        """The packages and modules that anything here is imported from."""
        names = (path for paths in self.scope.imports.values() for path in paths)
        return frozenset(name.split(".")[0] for name in names) | self._stars

    # --- one statement ---

    def _effect_of(self, facts: StatementFacts) -> Effect:
        touches: list[Touch] = []
        shared = Shared()
        for node in facts.nodes:
            if isinstance(node, _CHANGING):
                touches += self._changed(node, self.sharing)
            if isinstance(node, _SHARING):
                shared |= self._shared(node, self.sharing)
        named = {touch.name for touch in touches if touch.name}
        classes = frozenset(self.sharing.objects.find(at) for at in self.sharing.of_names(named))
        if classes:
            sure = any(touch.sure for touch in touches if touch.name)
            touches.append(Touch(classes, sure=sure, why=touches[0].why))
        states = {name for name in named if name.startswith("<")}
        return Effect(tuple(touches), shared | Shared(changes=frozenset(states)))

    def _collect(self, statement: ast.stmt) -> None:
        """Note the functions that a statement defines, and the names that act as others do."""
        match statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._functions.setdefault(statement.name, []).append(statement)
                acts = {attribute_name(decorator) for decorator in statement.decorator_list}
                self._acts.setdefault(statement.name, set()).update(acts)
            case ast.ClassDef():
                self._classes[statement.name] = statement
                for part in statement.body:
                    if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef):
                        self._methods.setdefault(part.name, []).append(part)
                        if part.name == "__init__":
                            self._functions.setdefault(statement.name, []).append(part)
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Lambda() as function):
                self._functions.setdefault(name, []).append(function)
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.expr() as value):
                if mutates_receiver(attribute_name(value)):
                    self._bound_methods.add(name)
                called = [value.func, *value.args] if isinstance(value, ast.Call) else [value]
                acts = {part.id for part in called if isinstance(part, ast.Name)}
                self._acts.setdefault(name, set()).update(acts)

    def _settle(self) -> None:
        """Work out the functions' effects, those of callees first."""
        definitions = Definitions(self._functions, self._methods, self._classes, self._acts)
        if self._module:  # whose functions also follow from what any of them changes
            self._go_round(definitions.pairs, _MAX_ROUNDS)
            return
        numbers: list[int] = []
        for group in grouped(definitions):
            below = frozenset(numbers[at] for at in group.below)
            meanings = frozenset(map(self._meaning, group.names))
            key = group.pairs, meanings, below
            known = self.packages.settled.get(key)
            if known is None:
                self._go_round(group.pairs, _MAX_ROUNDS if group.circular else 1)
                found = {function: self._summaries[function] for _name, function in group.pairs}
                known = self.packages.settled.keep(key, found)
            numbers.append(known.number)
            for name, function in group.pairs:
                self._summaries[function] = known.summaries[function]
                result = known.summaries[function].result
                self._results[name] = self._results.get(name, frozenset()) | result

    def _go_round(self, pairs: Sequence[tuple[str, Function]], rounds: int) -> None:
        """Work out what functions do, until what they call has come through."""
        for _ in range(rounds):
            before = {function: self._summaries.get(function) for _name, function in pairs}
            for name, function in pairs:
                old, new = self._summaries.get(function), self._summarise(name, function)
                if old is not None:  # a class's `__init__` stands under two names
                    new = Summary(
                        new.parameters,
                        merged(old.changed, new.changed),
                        old.consumed | new.consumed,
                        old.result | new.result,
                        old.shared | new.shared,
                    )
                self._summaries[function] = new
                self._results[name] = self._results.get(name, frozenset()) | new.result
            if all(self._summaries[function] == known for function, known in before.items()):
                break

    def _meaning(self, name: str) -> Hashable:
        """All that a name stands for here, as far as what a function does may follow from it."""
        return (
            name,
            frozenset(self.scope.imports.get(name, ())),
            name in self.scope.bound,
            name in self.bound,
            name in self.imported,
            name in self._atoms,
            name in self._bound_methods,
            tuple(self._functions.get(name, ())),
            tuple(self._methods.get(name, ())),
            self._classes.get(name),
            frozenset(self._acts.get(name, ())),
        )

    def _summarise(self, name: str, function: Function) -> Summary:
        code = _code_of(function, self._package)
        nodes, local, inside = code.nodes, code.names, code.imports
        scope = Scope(
            {**{n: p for n, p in self.scope.imports.items() if n not in local.names}, **inside},
            (self.scope.bound - local.names) | (local.names - inside.keys()),
        )
        owned = local.names | (self.bound - self.imported - self._atoms)
        sharing = PointsTo(code.with_head, owned, self._results, scope, self._makers, code.numbers)
        changing = [node for node in nodes if isinstance(node, _CHANGING)]
        by_node: dict[ast.AST, list[Touch]]
        by_node = {node: list(self._changed(node, sharing)) for node in changing}
        touches = [touch for found in by_node.values() for touch in found]
        telling = [node for node in nodes if isinstance(node, _SHARING)]
        shared = joined(self._shared(node, sharing) for node in telling)
        used = code.used
        outside = (used - local.names - self.imported) | local.parameters | {FIGURE}
        changed = self._changed_outside(touches, outside, local, sharing)
        inner = (part for node in nodes if isinstance(node, FUNCTIONS) for part in ast.walk(node))
        if (
            any(by_node.get(part) for part in inner)
            or changed.keys() & local.kept
            or local.nonlocals
        ):
            changed[name] = Change(sure=True, deep=True)  # it keeps state from call to call
        shared |= self._own_state(changed, used - local.names)
        states = {n for n in changed if n.startswith("<")}
        return Summary(
            local.positional,
            changed,
            frozenset(self._consumed(nodes, local.parameters, sharing)),
            self._returned(function, nodes, outside, local, sharing),
            shared | Shared(changes=frozenset(states)),
        )

    def _own_state(self, changed: dict[str, Change], used: set[str]) -> Shared:
        """What a function of a package keeps in its module, by names that all code knows."""
        if not self._module:
            return Shared()
        own = self.mutable
        for name in own & changed.keys():
            changed[self.packages.state(self._module, name)] = changed[name]
        return Shared(reads=frozenset(self.packages.state(self._module, n) for n in own & used))

    @staticmethod
    def _changed_outside(
        touches: list[Touch], outside: set[str], local: FunctionNames, sharing: PointsTo
    ) -> dict[str, Change]:
        """The parameters and global names that are changed."""
        changed: dict[str, Change] = {}
        for touch in touches:
            if touch.name and touch.name not in local.names:
                more = {touch.name: Change(touch.sure, deep=True)}
                changed = merged(changed, more)
        for name in outside if any(touch.classes for touch in touches) else ():
            own, reached = sharing.of_names([name]), sharing.reach([name])
            for touch in touches:
                if hit := touch.classes & reached:
                    own = {sharing.objects.find(at) for at in own}
                    change = Change(touch.sure, deep=touch.deep or bool(hit - own))
                    changed = merged(changed, {name: change})
        stored = dict.fromkeys(local.stored & local.declared, Change(sure=True, deep=True))
        return merged(changed, stored)

    def _consumed(
        self, nodes: Sequence[ast.AST], parameters: set[str], sharing: PointsTo
    ) -> Iterator[str]:
        found = [sharing.value(source) for node in nodes for source in self._gone_through(node)]
        classes = {sharing.objects.find(at) for at in found if at is not None}
        for name in parameters:
            if classes & sharing.of_names([name]):
                yield name

    def _returned(
        self,
        function: Function,
        nodes: Sequence[ast.AST],
        outside: set[str],
        local: FunctionNames,
        sharing: PointsTo,
    ) -> frozenset[str]:
        """What the result may be or hold."""
        gives = (ast.Return, ast.Yield, ast.YieldFrom)
        returned: list[ast.AST | None] = [n.value for n in nodes if isinstance(n, gives)]
        returned += [function.body] if isinstance(function, ast.Lambda) else []
        values = {sharing.value(value) for value in returned} - {None}
        given = {at for value in values if value is not None for at in sharing.objects.same(value)}
        result = {n for n in outside if given & sharing.reach([n])}
        some = {ANY_ARGUMENT} if result & local.parameters else set()
        return frozenset((result - local.parameters) | some)

    # --- one node: what it changes ---

    def _changed(self, node: ast.AST, sharing: PointsTo) -> Iterator[Touch]:
        """What one node of a syntax tree changes: classes of objects, and names."""
        match node:
            case ast.Subscript() | ast.Attribute() if not isinstance(node.ctx, ast.Load):
                yield from self._stored_into(node, sharing)
            case ast.AugAssign():
                yield from _touch(sharing, node.target)
            case ast.Attribute() if mutates_receiver(node.attr):
                kinds = sharing.objects.kinds(sharing.value(node.value))
                deep = bool(kinds - {"data", "generator"}) or node.attr.endswith("_")
                yield from _touch(sharing, node.value, deep=deep, why=node.attr)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield from self._registered(node, sharing)
            case ast.Call():
                yield from self._changed_by_call(node, sharing)
            case _:
                for source in self._gone_through(node):
                    at = sharing.value(source)
                    if sharing.objects.used_up(at):
                        yield from _touch(sharing, source, deep=True, sure=False, why="for")

    def _stored_into(
        self, node: ast.Subscript | ast.Attribute, sharing: PointsTo
    ) -> Iterator[Touch]:
        yield from _touch(sharing, node.value)
        root = base_name(node.value)
        for package in self.scope.roots({root}):
            stored = self.scope.path(node) or self.scope.path(node.value) or package
            state = SETTINGS if is_library(package) else self.packages.state_at(stored)
            yield Touch(frozenset(), state or self.packages.state(stored))
        path = self.scope.path(node.value)
        if root in self.imported and path is None:
            yield Touch(frozenset(), root)

    @staticmethod
    def _gone_through(node: ast.AST) -> Iterator[ast.expr]:
        match node:
            case ast.For() | ast.AsyncFor() | ast.comprehension():
                yield node.iter
            case ast.Starred(ctx=ast.Load()):
                yield node.value
            case ast.Assign(targets=[ast.Tuple() | ast.List()]) if not isinstance(
                node.value, ast.Tuple | ast.List
            ):
                yield node.value
            case ast.YieldFrom():
                yield node.value
            case ast.Compare():
                pairs = zip(node.ops, node.comparators, strict=True)
                yield from (held for op, held in pairs if isinstance(op, ast.In | ast.NotIn))

    def _registered(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, sharing: PointsTo
    ) -> Iterator[Touch]:
        """What decorators and base classes may do when a function or a class is defined."""
        for decorator in node.decorator_list:
            call = ast.copy_location(
                ast.Call(decorator, [ast.Name(node.name, ast.Load())], []), decorator
            )
            yield from self._changed_by_call(call, sharing, defined=node.name)
        if not isinstance(node, ast.ClassDef):
            return
        for base in node.bases:
            for hook in self._methods.get("__init_subclass__", ()):
                if attribute_name(base) in self._classes:
                    yield from self._passed_on(hook, None, ast.Call(base, [], []), sharing)
            path = self.scope.path(base)
            if path is not None and self.packages.registers(path):
                state = self.packages.state_at(path) or self.packages.state(path)
                yield Touch(frozenset(), state, sure=False, why=attribute_name(base))

    def _changed_by_call(
        self, call: ast.Call, sharing: PointsTo, defined: str = ""
    ) -> Iterator[Touch]:
        """What a call changes.

        Args:
            defined: the name of what is being defined, where the call is a decorator's: it is new.
        """
        name = attribute_name(call.func)
        path = self.scope.path(call.func)
        if self.packages.only_reads(path or name):
            return
        yield from self._by_keywords(call, sharing)
        known = known_function(path) if path is not None else None
        for target in put_into_by(call, known):
            yield from _touch(sharing, target, why="out=")
        if known is not None:
            yield from self._by_known(call, known, sharing)
        elif path is not None and (outside := self.packages.summary(path)) is not None:
            yield from self._by_summary(outside, list(call.args), call, sharing, path)
        elif path is not None:
            yield from self._by_unknown_function(call, path, sharing)
        elif isinstance(call.func, ast.Attribute):
            yield from self._by_method(call, call.func, sharing)
        else:
            yield from self._by_name(call, name, sharing, defined)
        yield from self._by_arguments(call, sharing)

    def _by_keywords(self, call: ast.Call, sharing: PointsTo) -> Iterator[Touch]:
        for keyword in call.keywords:
            if keyword.arg == "file" and attribute_name(call.func) == "print":
                yield from _touch(sharing, keyword.value, deep=True, why="print(file=)")
            elif keyword.arg == "inplace" and isinstance(call.func, ast.Attribute):
                constant = isinstance(keyword.value, ast.Constant)
                if not constant or keyword.value.value:  # type: ignore[attr-defined]
                    yield from _touch(sharing, call.func.value, deep=True, why="inplace=")

    def _by_known(self, call: ast.Call, known: Known, sharing: PointsTo) -> Iterator[Touch]:
        why = attribute_name(call.func)
        positions = range(len(call.args)) if -1 in known.mutates else known.mutates
        backward = why in BACKWARD_METHODS
        for position in positions:
            if position < len(call.args):
                deep = -1 in known.mutates or why in {"next", "shuffle"}
                yield from _touch(sharing, call.args[position], deep=deep, back=backward, why=why)
        if known.mutates:  # an argument of those may be given by its name
            for keyword in call.keywords:
                yield from _touch(sharing, keyword.value, deep=True, sure=False, why=why)
        if known.consumes:
            for argument in call.args:
                if sharing.objects.used_up(sharing.value(argument)):
                    yield from _touch(sharing, argument, deep=True, sure=False, why=why)
        if known.result not in {"holds", "iterator"}:
            for generator in self._generators(call, sharing):
                yield from _touch(sharing, generator, deep=True, sure=False, why=why)
        if known.result == "figure":
            yield from _touch(sharing, ast.Name(FIGURE), deep=True, why=why)

    @staticmethod
    def _generators(call: ast.Call, sharing: PointsTo) -> Iterator[ast.expr]:
        """The generators of random numbers that a call is given, and may draw from."""
        for argument in call.args:
            if sharing.objects.kinds(sharing.value(argument)) == {"generator"}:
                yield argument
        for keyword in call.keywords:
            drawn_from = keyword.arg in GENERATOR_ARGUMENTS
            if drawn_from or sharing.objects.kinds(sharing.value(keyword.value)) == {"generator"}:
                yield keyword.value

    def _by_unknown_function(self, call: ast.Call, path: str, sharing: PointsTo) -> Iterator[Touch]:
        name = attribute_name(call.func)
        yield from self._everything(call, call.args, sharing, name)
        yield from _touch(sharing, ast.Name(FIGURE), deep=True, sure=False, why=name)
        yield Touch(frozenset(), self.packages.state(path), sure=False, why=name)

    def _by_method(
        self, call: ast.Call, method: ast.Attribute, sharing: PointsTo
    ) -> Iterator[Touch]:
        name, receiver = method.attr, method.value
        at = sharing.value(receiver)
        kinds = sharing.objects.kinds(at)
        own = self._own_methods(name, kinds)
        for function in own:
            yield from self._passed_on(function, [receiver, *call.args], call, sharing)
        if own and all(kind.startswith(CLASS) for kind in kinds) and kinds:
            return
        for argument in call.args:
            if name in FILLING_METHODS:
                yield from _touch(sharing, argument, why=name)
            elif sharing.objects.used_up(sharing.value(argument)):
                yield from _touch(sharing, argument, deep=True, sure=False, why=name)
        if name in DRAWING_METHODS and kinds <= {"data"}:
            yield from _touch(sharing, ast.Name(FIGURE), deep=True, why=name)
        elif name in BACKWARD_METHODS:
            yield from _touch(sharing, receiver, deep=True, back=True, why=name)
            yield from self._everything(call, call.args, sharing, name)
        elif mutates_receiver(name) or (own and not kinds) or method_reads(name, kinds):
            # The mention of a mutating method is a change already.
            if sharing.objects.used_up(at):
                yield from _touch(sharing, receiver, deep=True, sure=False, why=name)
        else:
            yield from _touch(sharing, receiver, deep=True, sure=False, why=name)
            if not method_changes_receiver_only(name, kinds):
                yield from self._everything(call, call.args, sharing, name)

    def _own_methods(self, name: str, kinds: frozenset[str]) -> list[Function]:
        """The notebook's methods that a method call may mean."""
        found = self._methods.get(name, [])
        classes = {kind.removeprefix(CLASS) for kind in kinds if kind.startswith(CLASS)}
        if not kinds or not found:
            return found
        if not classes:
            return []
        own = [f for c in classes for f in self._in_class(c, name, set())]
        return own or found

    def _in_class(self, name: str, method: str, above: set[str]) -> list[Function]:
        node = self._classes.get(name)
        if node is None or name in above:
            return []
        here: list[Function] = [
            part
            for part in node.body
            if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef) and part.name == method
        ]
        bases = map(attribute_name, node.bases)
        return here or [f for b in bases for f in self._in_class(b, method, above | {name})]

    def _by_name(
        self, call: ast.Call, name: str, sharing: PointsTo, defined: str
    ) -> Iterator[Touch]:
        """A call of a name of the notebook's, or of any value."""
        known = False
        for acting in self._acting(name):
            known |= acting in self._classes
            for function in self._functions.get(acting, ()):
                known = True
                arguments = list(call.args)
                if getattr(function, "name", "") == "__init__":
                    arguments.insert(0, ast.Constant(None))
                yield from self._passed_on(function, arguments, call, sharing)
        for called in (call.func, *call.args):
            if self._bound_methods & self._acting(attribute_name(called)):
                yield from _touch(sharing, called, why=name)
        made = self._acting(name) & self._classes.keys() - {name}  # perhaps an object of theirs
        if (known and not made) or (name and name == defined):
            return
        at = sharing.value(call.func)
        kinds = sharing.objects.kinds(at)
        own = [f for kind in kinds for f in self._called(kind)] or self._methods.get("__call__", [])
        for function in own:
            yield from self._passed_on(function, [call.func, *call.args], call, sharing)
        yield from _touch(sharing, call.func, deep=True, sure=False, why=name)
        if (not own and not kinds <= {"module"}) or not kinds:
            yield from self._everything(call, call.args, sharing, name)
            yield from _touch(sharing, ast.Name(FIGURE), deep=True, sure=False, why=name)

    def _called(self, kind: str) -> list[Function]:
        """What a call of an object of a notebook's class runs."""
        name = kind.removeprefix(CLASS)
        if name == kind:
            return []
        return self._in_class(name, "__call__", set()) or self._in_class(name, "forward", set())

    def _everything(
        self, call: ast.Call, arguments: Iterable[ast.expr], sharing: PointsTo, why: str
    ) -> Iterator[Touch]:
        """All arguments of a call, and what they hold."""
        for argument in (*arguments, *(keyword.value for keyword in call.keywords)):
            yield from _touch(sharing, argument, deep=True, sure=False, why=why)

    def _by_arguments(self, call: ast.Call, sharing: PointsTo) -> Iterator[Touch]:
        """What functions of the notebook do that a call is given, and may call."""
        for argument in (*call.args, *(keyword.value for keyword in call.keywords)):
            for function in self._functions.get(attribute_name(argument), ()):
                yield from self._passed_on(function, None, call, sharing)

    def _passed_on(
        self,
        function: Function,
        arguments: list[ast.expr] | None,
        call: ast.Call,
        sharing: PointsTo,
    ) -> Iterator[Touch]:
        """The effects of a function of the notebook in terms of a call's arguments."""
        summary = self._summaries.get(function)
        if summary is not None:
            name = getattr(function, "name", "lambda")
            yield from self._by_summary(summary, arguments, call, sharing, name)

    def _by_summary(
        self,
        summary: Summary,
        arguments: list[ast.expr] | None,
        call: ast.Call,
        sharing: PointsTo,
        why: str,
    ) -> Iterator[Touch]:
        """The effects of a function in terms of a call's arguments; None: they are not known."""
        for name in sorted(summary.changed.keys() - set(summary.parameters)):
            yield Touch(frozenset(), name, summary.changed[name].sure, why)
            if summary.changed[name].deep:
                yield Touch(frozenset(sharing.reach([name])), sure=False, why=why, deep=True)
        plain = arguments is not None and not any(isinstance(a, ast.Starred) for a in call.args)
        for position, name in enumerate(summary.parameters):
            change = summary.changed.get(name)
            if plain and arguments is not None and position < len(arguments):
                argument = arguments[position]
                if change is not None:
                    deep, sure = change.deep, change.sure
                    yield from _touch(sharing, argument, deep=deep, sure=sure, why=why)
                elif name in summary.consumed and sharing.objects.used_up(sharing.value(argument)):
                    yield from _touch(sharing, argument, deep=True, sure=False, why=why)
        if not plain and set(summary.parameters) & summary.changed.keys():
            for argument in call.args:
                yield from _touch(sharing, argument, deep=True, sure=False, why=why)
        for keyword in call.keywords:
            if keyword.arg is None or keyword.arg in summary.changed:
                yield from _touch(sharing, keyword.value, deep=True, why=why)

    def _acting(self, name: str) -> set[str]:
        found: set[str] = set()
        pending = [name]
        while pending:
            name = pending.pop()
            if name not in found:
                found.add(name)
                pending += self._acts.get(name, ())
        return found

    # --- one node: what it does to what is shared ---

    def _shared(self, node: ast.AST, sharing: PointsTo) -> Shared:
        match node:
            case ast.For() | ast.AsyncFor() | ast.comprehension():
                return self._shared_by_loop(node.iter, sharing)
            case ast.Name(id=name) | ast.Attribute(value=ast.Name(id=name)) if (
                name in self.scope.imports
            ):
                path = self.scope.path(node)
                state = self.packages.state_at(path) if path is not None else None
                return Shared(reads=frozenset({state} if state is not None else ()))
            case ast.Call():
                return self._shared_by_call(node, sharing)
            case ast.Import() | ast.ImportFrom():
                return self._shared_by_import(node)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                calls = [ast.Call(decorator, [], []) for decorator in node.decorator_list]
                return joined(self._shared_by_call(call, sharing) for call in calls)
        return Shared()

    @staticmethod
    def _shared_by_loop(source: ast.expr, sharing: PointsTo) -> Shared:
        """A loader draws the order of its batches, and a data set may draw as it goes."""
        kinds = sharing.objects.kinds(sharing.value(source))
        known = isinstance(source, ast.Call) and attribute_name(source.func) in READING_METHODS
        variable = isinstance(source, ast.Name | ast.Call | ast.Attribute)
        drawn = ("loader" in kinds or not kinds) and variable and not known
        return Shared(draws=frozenset({TORCH_RANDOM} if drawn else ()))

    def _shared_by_import(self, node: ast.Import | ast.ImportFrom) -> Shared:
        """A module that is loaded for the first time may do anything but, as a rule, settings."""
        if isinstance(node, ast.ImportFrom) and node.level:
            return Shared()  # a module of the package that is read
        named = [alias.name for alias in node.names]
        modules = named if isinstance(node, ast.Import) else [node.module or ""]
        roots = {module.split(".")[0] for module in modules}
        if any(map(sets_by_import, modules)):
            return Shared(changes=frozenset({SETTINGS}))
        quiet = all(loads_quietly(r) or self.packages.module(r) is not None for r in roots)
        return Shared() if quiet else _of_unknown("")

    def _shared_by_call(self, call: ast.Call, sharing: PointsTo) -> Shared:
        name = attribute_name(call.func)
        path = self.scope.path(call.func)
        if self.packages.only_reads(path or name):
            return Shared()
        given = (*call.args, *(keyword.value for keyword in call.keywords))
        called = [f for a in given for f in self._functions.get(attribute_name(a), ())]
        passed = joined(self._summaries.get(f, Summary()).shared for f in called)
        known = known_function(path) if path is not None else None
        if known is not None:
            return passed | _of_known(known) | _by_file(call)
        if path is not None:
            outside = self.packages.summary(path)
            return passed | (outside.shared if outside is not None else _of_unknown(name))
        if isinstance(call.func, ast.Attribute):
            return passed | self._shared_by_method(call.func, sharing)
        own = [f for acting in self._acting(name) for f in self._functions.get(acting, ())]
        made = self._acting(name) & self._classes.keys() - {name}
        by_class = {acting: self._called(CLASS + acting) for acting in made}
        own += [f for functions in by_class.values() for f in functions]
        if all(by_class.values()) and (own or name in self._classes):
            return passed | joined(self._summaries.get(f, Summary()).shared for f in own)
        foreign = name not in self.bound and not sharing.of_names([name])
        return passed | (_of_unknown(name) if foreign else Shared(draws=RANDOM))

    def _shared_by_method(self, method: ast.Attribute, sharing: PointsTo) -> Shared:
        name = method.attr
        kinds = sharing.objects.kinds(sharing.value(method.value))
        own = self._own_methods(name, kinds)
        shared = joined(self._summaries.get(f, Summary()).shared for f in own)
        reads = {FILES} if name in READS_FILES_METHODS else set()
        changes = {FILES} if name in WRITES_FILES_METHODS else set()
        if name in DRAWING_METHODS and kinds <= {"data"}:
            changes |= {FIGURE}
        draws: frozenset[str] = frozenset()
        if name == "sample" or kinds == {"estimator"}:
            draws = frozenset({NUMPY_RANDOM})
        elif not (own or mutates_receiver(name) or method_reads(name, kinds)) and (
            name not in DRAWN_ON_METHODS
        ):
            draws = frozenset() if kinds <= {"figure", "generator", "data"} and kinds else RANDOM
        return shared | Shared(draws, frozenset(), frozenset(reads), frozenset(changes))


def _touch(
    sharing: PointsTo,
    node: ast.expr,
    *,
    deep: bool = False,
    back: bool = False,
    sure: bool = True,
    why: str = "",
) -> Iterator[Touch]:
    """A change of an expression's value.

    Args:
        deep: and of all that can be reached through it.
        back: and of what it was computed from.
    """
    at = sharing.value(node)
    if at is None:
        return
    classes = sharing.objects.within([at], computed_from=back) if deep else sharing.objects.same(at)
    # Of what can be reached it is not known which part changes.
    yield Touch(frozenset(classes), sure=sure and not deep, why=why, deep=deep)


def _of_known(known: Known) -> Shared:
    return Shared(known.draws, known.seeds, known.reads, known.changes)


def _of_unknown(name: str) -> Shared:
    settings = frozenset({SETTINGS} if speaks_of_settings(name) else ())
    changes = frozenset({FILES, FIGURE}) | settings
    return Shared(draws=RANDOM, reads=frozenset({FILES}), changes=changes)


def _by_file(call: ast.Call) -> Shared:
    """What a known function does to files, as its arguments tell."""
    name = attribute_name(call.func)
    if name == "print" and any(keyword.arg == "file" for keyword in call.keywords):
        return Shared(changes=frozenset({FILES}))
    return _opened(call) if name == "open" else Shared()


def _opened(call: ast.Call) -> Shared:
    """``open``: a mode that is written out may say that it only reads."""
    modes = [*call.args[1:2], *(k.value for k in call.keywords if k.arg == "mode")]
    mode = modes[0].value if modes and isinstance(modes[0], ast.Constant) else "r" * (not modes)
    writes = not isinstance(mode, str) or not mode or bool(set("wax+") & set(mode))
    files = frozenset({FILES})
    return Shared(reads=files, changes=files if writes else frozenset())


@dataclass(frozen=True)
class _Code:
    """What can be read of a function by itself.

    Attributes:
        nodes: those of its body.
        with_head: and those of its parameters.
        imports: by name, what its body imports.
        numbers: the names in it that only ever hold numbers and text.
        used: all names in its body.
    """

    nodes: tuple[ast.AST, ...]
    with_head: tuple[ast.AST, ...]
    names: FunctionNames
    imports: Mapping[str, set[str]]
    numbers: set[str]
    used: set[str]


@lru_cache(maxsize=4096)  # the questions of a notebook share most of its functions
def _code_of(function: Function, package: str) -> _Code:
    body = function.body if isinstance(function.body, list) else [function.body]
    nodes = tuple(all_nodes(body))
    with_head = (*nodes, *all_nodes([function.args]))
    return _Code(
        nodes,
        with_head,
        FunctionNames.of(function, nodes),
        imports_in(nodes, package),
        atoms(with_head),
        {node.id for node in nodes if isinstance(node, ast.Name)},
    )


@lru_cache(maxsize=4096)
def _yields(function: Function) -> bool:
    body = function.body if isinstance(function.body, list) else [function.body]
    return any(
        isinstance(node, ast.Yield | ast.YieldFrom) for part in body for node in eager_nodes(part)
    )
