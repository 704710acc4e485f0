"""A Python statement comes in, the names that it binds, uses and mutates go out.

Scopes are the compiler's own (``symtable``). What a call does to its arguments is known for the
container methods, for torch's in-place methods, and for the notebook's own functions and classes.
"""

from __future__ import annotations

import ast
import symtable
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

#: Methods that change the object they are called on; torch's in-place ones end with "_".
MUTATING_METHODS = frozenset(
    "append appendleft add clear discard extend extendleft fill insert itemset load_state_dict "
    "add_module move_to_end partition pop popitem popleft put register_buffer register_parameter "
    "remove requires_grad_ resize reverse rotate set setdefault setflags sort symmetric_difference_"
    "update difference_update intersection_update subtract update __setitem__ __setattr__".split()
)
#: Functions that change their first argument.
MUTATING_FUNCTIONS = frozenset({"setattr", "delattr", "shuffle", "heapify", "heappush", "heappop"})

_COMPREHENSIONS = frozenset({"listcomp", "setcomp", "dictcomp", "genexpr"})
_LOOPS = (ast.For, ast.AsyncFor, ast.While)


@dataclass
class StatementFacts:
    """What one statement does to the names of the module's scope, nested blocks included."""

    node: ast.stmt
    binds: frozenset[str]
    uses: frozenset[str]
    #: Names used only when a function defined here is called, which may be much later.
    deferred: frozenset[str]
    #: Names that a function defined here writes to through ``global``.
    writes: frozenset[str]
    #: Binding leaves an older value in use, as in ``x += 1`` or inside a branch.
    weak: bool = False
    blocks: list[list[StatementFacts]] = field(default_factory=list)
    header_binds: frozenset[str] = frozenset()
    header_uses: frozenset[str] = frozenset()

    @property
    def aliases(self) -> list[ast.alias] | None:
        """The parts of an import that binds names, else None."""
        if isinstance(self.node, ast.Import | ast.ImportFrom) and not self.star:
            return self.node.names
        return None

    @property
    def star(self) -> bool:
        """``from module import *``."""
        return isinstance(self.node, ast.ImportFrom) and self.node.names[0].name == "*"

    @property
    def structural(self) -> bool:
        """What a kept block needs to run as written: jumps, imports that may fail, raises."""
        return isinstance(
            self.node, ast.Break | ast.Continue | ast.Import | ast.ImportFrom | ast.Raise
        )

    @property
    def jumps(self) -> bool:
        """Whether a ``break`` or ``continue`` in it belongs to a loop around it."""
        if isinstance(self.node, ast.Break | ast.Continue):
            return True
        if isinstance(self.node, _LOOPS):
            return False
        return any(inner.jumps for block in self.blocks for inner in block)

    @property
    def indivisible(self) -> bool:
        """A block in which leaving something out may change when it ends."""
        return isinstance(self.node, ast.While)

    @property
    def seeds(self) -> bool:
        """A call of a function whose name speaks of a seed, as ``np.random.seed(7)``."""
        if not isinstance(self.node, ast.Expr) or not isinstance(self.node.value, ast.Call):
            return False
        return "seed" in _last_name(self.node.value.func).lower()

    def import_text(self, wanted: Iterable[str]) -> str:
        """This import with only the parts that bind ``wanted`` names."""
        assert isinstance(self.node, ast.Import | ast.ImportFrom)
        wanted = set(wanted)
        names = [alias for alias in self.node.names if bound_name(alias) in wanted]
        copy: ast.stmt
        if isinstance(self.node, ast.Import):
            copy = ast.Import(names)
        else:
            copy = ast.ImportFrom(self.node.module, names, self.node.level)
        return ast.unparse(copy)


def bound_name(alias: ast.alias) -> str:
    """The name that one part of an import binds."""
    return alias.asname or alias.name.split(".")[0]


def facts_of(node: ast.stmt) -> StatementFacts:
    """The facts of one statement of the module's top level, or of a block in it."""
    facts = _own_facts(node)
    if isinstance(node, ast.AugAssign):
        facts.uses |= facts.binds
        facts.weak = True
    if isinstance(node, ast.Delete):
        facts.binds = frozenset()  # a name deleted to save memory was an answer all the same
    blocks = list(_blocks(node))
    if blocks:
        facts.weak = True
        facts.blocks = [[facts_of(inner) for inner in block] for block in blocks]
        header = _own_facts(_header(node))
        facts.header_binds, facts.header_uses = header.binds, header.uses
    return facts


def _own_facts(node: ast.stmt) -> StatementFacts:
    table = symtable.symtable(ast.unparse(node), "<statement>", "exec")
    binds: set[str] = set()
    uses: set[str] = set()
    deferred: set[str] = set()
    writes: set[str] = set()
    for symbol in table.get_symbols():
        if symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace():
            binds.add(symbol.get_name())
        if symbol.is_referenced():
            uses.add(symbol.get_name())
    for scope, later in _scopes(table, later=False):
        for symbol in scope.get_symbols():
            if not symbol.is_global():
                continue
            name = symbol.get_name()
            if symbol.is_referenced():
                (deferred if later else uses).add(name)
            if symbol.is_assigned():
                (writes if later else binds).add(name)
    uses |= deferred
    return StatementFacts(
        node, frozenset(binds), frozenset(uses), frozenset(deferred), frozenset(writes)
    )


def _scopes(
    table: symtable.SymbolTable, *, later: bool
) -> Iterator[tuple[symtable.SymbolTable, bool]]:
    """Every scope inside ``table``, and whether its code runs only when a function is called."""
    for child in table.get_children():
        called = child.get_type() == "function" and child.get_name() not in _COMPREHENSIONS
        yield child, later or called
        yield from _scopes(child, later=later or called)


def _blocks(node: ast.stmt) -> Iterator[list[ast.stmt]]:
    """The statement lists inside a compound statement that run as part of it."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return
    for name in ("body", "orelse", "finalbody"):
        block = getattr(node, name, None)
        if isinstance(block, list) and block:
            yield block
    for part in [*getattr(node, "handlers", ()), *getattr(node, "cases", ())]:
        yield part.body


def _header(node: ast.stmt) -> ast.stmt:
    """A statement that binds and uses just what the head of a compound statement does."""
    parts: list[ast.stmt] = []
    match node:
        case ast.For() | ast.AsyncFor():
            parts.append(ast.For(node.target, node.iter, [ast.Pass()], []))
        case ast.With() | ast.AsyncWith():
            parts.append(ast.With(node.items, [ast.Pass()]))
        case ast.If() | ast.While():
            parts.append(ast.Expr(node.test))
        case ast.Match():
            cases = [ast.match_case(case.pattern, case.guard, [ast.Pass()]) for case in node.cases]
            parts.append(ast.Match(node.subject, cases))
    for handler in getattr(node, "handlers", ()):
        parts += [ast.Expr(handler.type)] if handler.type else []
        parts += [ast.Assign([ast.Name(handler.name, ast.Store())], ast.Constant(None))] * bool(
            handler.name
        )
    whole = ast.If(ast.Constant(True), parts or [ast.Pass()], [])
    return ast.fix_missing_locations(whole)


# --- what calls do to their arguments -------------------------------------------------------------


class Knowledge:
    """What a whole notebook tells: its names, its functions' effects, names for the same object."""

    def __init__(self, statements: Iterable[StatementFacts]) -> None:
        everything = list(_with_inner(statements))
        self.bound = frozenset(name for facts in everything for name in facts.binds)
        self._later: dict[str, set[str]] = {}
        self._same: dict[str, set[str]] = {}
        self._changed_parameters: dict[str, set[int]] = {}
        self._global_writes: dict[str, frozenset[str]] = {}
        self._methods: set[str] = set()
        self._mutated: dict[ast.stmt, frozenset[str]] = {}
        for facts in everything:
            self._learn(facts)
        for facts in everything:
            for name in facts.binds | self.mutated(facts):
                self._later.setdefault(name, set()).update(facts.deferred)

    def reach(self, names: Iterable[str]) -> set[str]:
        """Names that may be used, now or later, by functions that ``names`` lead to."""
        found: set[str] = set()
        pending = list(names)
        while pending:
            new = self._later.get(pending.pop(), set()) - found
            found |= new
            pending += new
        return found

    def with_other_names(self, names: set[str]) -> set[str]:
        """``names`` and every name that a plain ``a = b`` makes stand for the same object."""
        found = set(names)
        pending = list(names)
        while pending:
            new = self._same.get(pending.pop(), set()) - found
            found |= new
            pending += new
        return found

    def mutated(self, facts: StatementFacts) -> frozenset[str]:
        """The names whose objects a statement changes in place; blocks are looked at singly."""
        if facts.blocks:
            return frozenset()
        known = self._mutated.get(facts.node)
        if known is None:
            known = self._mutated[facts.node] = frozenset(self._mutations(facts.node))
        return known

    def _learn(self, facts: StatementFacts) -> None:
        node = facts.node
        if isinstance(node, ast.FunctionDef):
            self._changed_parameters[node.name] = _changed_parameters(node)
            self._global_writes[node.name] = facts.writes
        elif isinstance(node, ast.ClassDef):
            methods = [part for part in node.body if isinstance(part, ast.FunctionDef)]
            self._methods |= {m.name for m in methods if 0 in _changed_parameters(m)}
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Name):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    self._same.setdefault(target.id, set()).add(node.value.id)
                    self._same.setdefault(node.value.id, set()).add(target.id)

    def _mutations(self, node: ast.stmt) -> Iterator[str]:
        for part in _now(node):
            if isinstance(part, ast.Subscript | ast.Attribute):
                if not isinstance(part.ctx, ast.Load):
                    yield from _root(part)
            elif isinstance(part, ast.Call):
                yield from self._changed_by(part)

    def _changed_by(self, call: ast.Call) -> Iterator[str]:
        name = _last_name(call.func)
        if isinstance(call.func, ast.Attribute) and _mutates_receiver(name, self._methods):
            yield from _root(call.func.value)
        if name in MUTATING_FUNCTIONS or (name.endswith("_") and not name.endswith("__")):
            for argument in call.args[:1]:
                yield from _root(argument)
        if isinstance(call.func, ast.Name):
            yield from self._global_writes.get(name, ())
            for position in self._changed_parameters.get(name, ()):
                for argument in call.args[position : position + 1]:
                    yield from _root(argument)


def _mutates_receiver(method: str, of_notebook: set[str]) -> bool:
    in_place = method.endswith("_") and not method.endswith("__")
    return method in MUTATING_METHODS or in_place or method in of_notebook


def _with_inner(statements: Iterable[StatementFacts]) -> Iterator[StatementFacts]:
    for facts in statements:
        yield facts
        for block in facts.blocks:
            yield from _with_inner(block)


def _now(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a statement that run with it: bodies of functions and lambdas left out."""
    pending = [node]
    while pending:
        part = pending.pop()
        yield part
        if not isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            pending.extend(ast.iter_child_nodes(part))


def _changed_parameters(function: ast.FunctionDef) -> set[int]:
    """The positions of the parameters that a function changes in place."""
    positions = {argument.arg: n for n, argument in enumerate(function.args.args)}
    changed: set[str] = set()
    for statement in function.body:
        for part in _now(statement):
            if isinstance(part, ast.Subscript | ast.Attribute) and not isinstance(
                part.ctx, ast.Load
            ):
                changed.update(_root(part))
            elif (
                isinstance(part, ast.Call)
                and isinstance(part.func, ast.Attribute)
                and _mutates_receiver(part.func.attr, set())
            ):
                changed.update(_root(part.func.value))
    return {positions[name] for name in changed if name in positions}


def _root(node: ast.AST) -> Iterator[str]:
    """The name at the root of ``a.b[c].d(e).f``, which is ``a``."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call | ast.Starred):
        node = node.func if isinstance(node, ast.Call) else node.value
    if isinstance(node, ast.Name):
        yield node.id


def _last_name(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
