"""A Python statement comes in; the names that it binds and uses go out.

Nothing is run: scopes are the compiler's own (``symtable``).
"""

from __future__ import annotations

import ast
import copy
import re
import symtable
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from importlib.util import find_spec

from autograder.slicing.astnodes import attribute_name, base_name, bound_name, eager_nodes
from autograder.slicing.library.methods import NAMING_BY_SIGN, NAMING_BY_WORD, mutates_receiver

_COMPREHENSIONS = frozenset({"listcomp", "setcomp", "dictcomp", "genexpr"})
_LOOPS = (ast.For, ast.AsyncFor, ast.While)


@dataclass
class StatementFacts:
    """What one statement does to the names of the module's scope, nested blocks included."""

    node: ast.stmt
    binds: frozenset[str]
    #: Names used while the statement runs.
    uses: frozenset[str]
    #: Names used only when a function defined here is called, which may be much later.
    deferred: frozenset[str]
    #: Names that a function defined here writes to through ``global``.
    writes: frozenset[str]
    #: Binding leaves an older value in use, as in ``x += 1`` or inside a branch.
    weak: bool = False
    blocks: list[list[StatementFacts]] = field(default_factory=list)
    #: Names that it deletes.
    deletes: frozenset[str] = frozenset()
    #: The same for the head of a compound statement alone.
    header: StatementFacts | None = None

    @property
    def alone(self) -> StatementFacts:
        """The statement without the blocks in it."""
        return self.header or self

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Its ``eager_nodes``."""
        return tuple(eager_nodes(self.node))

    @cached_property
    def touched(self) -> set[str]:
        """The names through which it changes objects, as ``a`` in ``a.b[0] = c``."""
        return {
            base_name(node)
            for node in self.nodes
            if isinstance(node, ast.Subscript | ast.Attribute)
            and (not isinstance(node.ctx, ast.Load) or mutates_receiver(attribute_name(node)))
        } - {""}

    @property
    def defines(self) -> bool:
        """A definition that runs none of the code in it."""
        if isinstance(self.node, ast.Assign):
            return isinstance(self.node.value, ast.Lambda)
        definition = isinstance(self.node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        return definition and not getattr(self.node, "decorator_list", ())

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
    def future(self) -> bool:
        """``from __future__ import ...``, which says how code is compiled."""
        return isinstance(self.node, ast.ImportFrom) and self.node.module == "__future__"

    @property
    def catches(self) -> bool:
        """A ``try`` that has handlers."""
        return bool(getattr(self.node, "handlers", ()))

    @property
    def finals(self) -> list[ast.stmt]:
        """What stands under ``finally``."""
        return list(getattr(self.node, "finalbody", ()))

    @property
    def set_by_head(self) -> frozenset[str]:
        """Names that the head of a ``for`` or ``with`` binds each time before the body runs."""
        match self.node:
            case ast.For(target=target) | ast.AsyncFor(target=target):
                targets = [target]
            case ast.With(items=items) | ast.AsyncWith(items=items):
                targets = [item.optional_vars for item in items if item.optional_vars]
            case _:
                targets = []
        stored = (node for target in targets for node in ast.walk(target))
        return frozenset(
            node.id
            for node in stored
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        )

    @property
    def loop(self) -> bool:
        """Whether its end may lead back to its start."""
        return isinstance(self.node, _LOOPS)

    @property
    def indivisible(self) -> bool:
        """A block in which leaving something out may change when it ends."""
        return isinstance(self.node, ast.While)


def facts_of(node: ast.stmt) -> StatementFacts:
    """The facts of one statement of the module's top level, or of a block in it."""
    facts = _own_facts(node)
    match node:
        case ast.AugAssign():
            facts.uses |= facts.binds
            facts.weak = True
        case ast.Delete():  # a name deleted to save memory was an answer all the same
            facts.deletes, facts.binds = facts.binds, frozenset()
        case ast.AnnAssign(value=None):
            facts.binds = frozenset()
        case ast.Import():  # `import a` leaves what `import a.b` before it did
            facts.weak = any(alias.asname is None for alias in node.names)
        case _:  # `ready and (x := 1)` may bind nothing
            facts.weak = any(isinstance(part, ast.NamedExpr) for part in eager_nodes(node))
    blocks = list(_blocks(node))
    if blocks:
        facts.weak = True
        facts.blocks = [[facts_of(inner) for inner in block] for block in blocks]
        facts.header = _own_facts(_header(node))
    return facts


def with_inner(statements: Iterable[StatementFacts]) -> Iterator[StatementFacts]:
    """The statements and all that stand in their blocks."""
    for facts in statements:
        yield facts
        for block in facts.blocks:
            yield from with_inner(block)


def _own_facts(node: ast.stmt) -> StatementFacts:
    table = symbols(node)
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
        # In a class body `lr = lr` reads the module's name although it binds its own.
        reads_past = scope.get_type() == "class"
        for symbol in scope.get_symbols():
            name = symbol.get_name()
            if symbol.is_referenced() and (
                symbol.is_global() or (reads_past and not symbol.is_free())
            ):
                (deferred if later else uses).add(name)
            if symbol.is_assigned() and symbol.is_global():
                (writes if later else binds).add(name)
    for part in ast.walk(node):
        if isinstance(part, ast.Call) and (named := _named_in_text(part)):
            (uses if part in set(eager_nodes(node)) else deferred).update(named)
    return StatementFacts(
        node, frozenset(binds), frozenset(uses), frozenset(deferred), frozenset(writes)
    )


def symbols(node: ast.stmt) -> symtable.SymbolTable:
    """The compiler's own table of a statement's scopes, as of a module that holds it alone.

    Raises:
        SyntaxError: the statement cannot stand there, or is nested too deeply.
    """
    try:
        text = ast.unparse(_plain(node))
    except (ValueError, MemoryError) as error:
        raise SyntaxError(f"the code cannot be read: {error}") from None
    return symtable.symtable(text, "<statement>", "exec")


def _named_in_text(call: ast.Call) -> set[str]:
    """The words in a call's texts that are looked up as names of the caller's, if it does that."""
    name = attribute_name(call.func)
    if name not in NAMING_BY_SIGN | NAMING_BY_WORD or not isinstance(call.func, ast.Attribute):
        return set()
    given = (*call.args, *(keyword.value for keyword in call.keywords))
    parts = [part for argument in given for part in ast.walk(argument)]
    texts = [p.value for p in parts if isinstance(p, ast.Constant) and isinstance(p.value, str)]
    words = re.compile(r"@\s*([^\W\d]\w*)" if name in NAMING_BY_SIGN else r"(?<![\w.])([^\W\d]\w*)")
    return {word for text in texts for word in words.findall(text)}


class _Plain(ast.NodeTransformer):
    """Writes a statement so that ``symtable`` takes it, with the same names in the same scopes.

    Texts and numbers are left out: the standard library cannot write all of them, no emoji in an
    f-string and no number of five thousand digits. ``await`` at the top level, which notebooks
    allow, is written as the plain form.
    """

    def __init__(self) -> None:
        self._functions = 0

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        if isinstance(node.value, str | bytes):
            return ast.Constant("s")
        # Of the same kind, as a pattern may be a sum: `case 1 + 2j`.
        for kind in (int, float, complex):
            if type(node.value) is kind:
                return ast.Constant(kind())
        return node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.expr:
        parts = [part for value in node.values for part in _formatted(value)]
        return ast.Tuple([self.visit(part) for part in parts], ast.Load())

    def _function(self, node: ast.AST) -> ast.AST:
        self._functions += 1
        try:
            return self.generic_visit(node)
        finally:
            self._functions -= 1

    visit_FunctionDef = visit_Lambda = visit_AsyncFunctionDef = _function

    def visit_Await(self, node: ast.Await) -> ast.AST:
        return self.generic_visit(node) if self._functions else self.visit(node.value)

    def visit_AsyncFor(self, node: ast.AsyncFor) -> ast.AST:
        self.generic_visit(node)
        parts = (node.target, node.iter, node.body, node.orelse)
        return node if self._functions else ast.For(*parts)

    def visit_AsyncWith(self, node: ast.AsyncWith) -> ast.AST:
        self.generic_visit(node)
        return node if self._functions else ast.With(node.items, node.body)

    def visit_comprehension(self, node: ast.comprehension) -> ast.AST:
        self.generic_visit(node)
        if not self._functions:
            node.is_async = 0
        return node


def _formatted(part: ast.expr) -> list[ast.expr]:
    """The expressions in one part of an f-string."""
    if isinstance(part, ast.FormattedValue):
        return [part.value, *([part.format_spec] if part.format_spec else [])]
    return []


def _plain(node: ast.stmt) -> ast.stmt:
    plain: ast.stmt = _Plain().visit(copy.deepcopy(node))
    return ast.fix_missing_locations(plain)


def _scopes(
    table: symtable.SymbolTable, *, later: bool
) -> Iterator[tuple[symtable.SymbolTable, bool]]:
    """Every scope inside ``table``, and whether its code runs only when a function is called."""
    for child in table.get_children():
        called = child.get_type() == "function" and child.get_name() not in _COMPREHENSIONS
        yield child, later or called
        yield from _scopes(child, later=later or called)


def _blocks(node: ast.stmt) -> Iterator[list[ast.stmt]]:
    """The statement lists inside a compound statement that run as part of it, in order."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return
    parts = [*getattr(node, "handlers", ()), *getattr(node, "cases", ())]
    lists = [getattr(node, "body", None), getattr(node, "orelse", None)]
    lists += [*(part.body for part in parts), getattr(node, "finalbody", None)]
    yield from (block for block in lists if isinstance(block, list) and block)


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


def jumps(facts: StatementFacts, *, caught: bool) -> bool:
    """Whether it may leave the block around it before its end.

    Args:
        caught: a ``try`` stands around it, so that an exception is such a jump too.
    """
    if isinstance(facts.node, ast.Break | ast.Continue):
        return True
    if isinstance(facts.node, ast.Raise | ast.Assert | ast.Import | ast.ImportFrom):
        return caught
    inner = [fact for block in facts.blocks for fact in block]
    if facts.loop:  # a break in a loop ends just that loop
        return caught and any(jumps(fact, caught=True) for fact in inner)
    return any(jumps(fact, caught=caught) for fact in inner)


def import_text(facts: StatementFacts, wanted: Iterable[str]) -> str:
    """This import with only the parts that bind ``wanted`` names."""
    assert isinstance(facts.node, ast.Import | ast.ImportFrom)
    wanted = set(wanted)
    names = [alias for alias in facts.node.names if bound_name(alias) in wanted]
    copy: ast.stmt
    if isinstance(facts.node, ast.Import):
        copy = ast.Import(names)
    else:
        copy = ast.ImportFrom(facts.node.module, names, facts.node.level)
    return ast.unparse(copy)


@lru_cache(maxsize=4096)  # the questions of a notebook share most of its statements
def idle_imports(node: ast.stmt) -> tuple[ast.stmt, ...]:
    """Imports inside functions of modules that are not there, and whose names nothing uses."""
    functions = (n for n in ast.walk(node) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))
    found: dict[ast.stmt, None] = {}  # one in a function in a function is come upon twice
    for function in functions:
        used = {n.id for n in ast.walk(function) if isinstance(n, ast.Name)}
        for part in ast.walk(function):
            if isinstance(part, ast.Import | ast.ImportFrom) and _is_idle(part, used):
                found[part] = None
    return tuple(found)


def _is_idle(node: ast.Import | ast.ImportFrom, used: set[str]) -> bool:
    if isinstance(node, ast.ImportFrom):
        roots = [(node.module or "").split(".")[0]] if not node.level else []
    else:
        roots = [alias.name.split(".")[0] for alias in node.names]
    unused = all(bound_name(alias) not in used | {"*"} for alias in node.names)
    return bool(roots) and unused and not any(_is_there(root) for root in roots)


@lru_cache(maxsize=1024)
def _is_there(root: str) -> bool:
    """Whether a module of that name can be imported where student code runs; nothing is run."""
    with suppress(ImportError, ValueError):
        return root in sys.modules or find_spec(root) is not None
    return False
