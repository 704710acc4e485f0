"""A student's cells and the names wanted come in, the statements that define them go out.

A notebook trains for an hour; a check needs one function. So what is run is what the wanted names
depend on: assignments, definitions, imports, and whatever may change an object that is needed, or
something shared that the kept statements follow from: random states, files, settings. What only
reads falls away: printing, plotting, scores. A statement that is kept because it *may* matter is
marked as optional, and shares a budget of time.

Functions made by ``exec`` and names set through ``globals()`` cannot be followed: a notebook that
uses them is run whole. A ``try`` whose handlers matter keeps its whole body; where they do not, a
statement in the body that would raise may fall away. The body of a ``while`` is kept whole.
"""

from __future__ import annotations

import ast
import builtins
import copy
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from autograder.slicing.alignment import Alignment
from autograder.slicing.astnodes import eager_nodes
from autograder.slicing.edits import Edit, first_line
from autograder.slicing.effects.analysis import SideEffects
from autograder.slicing.library.resources import FIGURE, RANDOM, SETTINGS
from autograder.slicing.magics import parse_python
from autograder.slicing.notebook import Cell, Notebook
from autograder.slicing.packages import Packages
from autograder.slicing.scope import imported_paths
from autograder.slicing.statements import (
    StatementFacts,
    facts_of,
    idle_imports,
    import_text,
    jumps,
    with_inner,
)
from autograder.slicing.versions import explained
from autograder.wire.protocol import Step

BUILTINS = frozenset(dir(builtins)) | {"get_ipython", "display", "__name__", "__file__"}

#: Loops in loops beyond this many are taken whole: the work doubles with each.
MAX_LOOPS = 5
#: Builtins by which names come and go that no reading can tell.
_DYNAMIC = frozenset({"exec", "eval", "globals"})
_DYNAMIC_HERE = frozenset({"locals", "vars"})


@dataclass(frozen=True)
class BrokenCell:
    """A cell that is no Python: the line, and what the parser says."""

    cell: int
    line: int
    message: str


@dataclass(frozen=True)
class LeftOut:
    """Lines of a cell that are not run; ``idle`` if they could not do anything to anything."""

    cell: int
    line: int
    end: int
    idle: bool


@dataclass(frozen=True)
class Slice:
    """What to run for the wanted names; ``missing`` are those that no statement defines.

    Attributes:
        sure: what is left of the steps without all that only may matter; none if that is all.
        left_out: what is not run of the cells above.
        whole: all of the notebook is run, not what the names need.
        files: something above may read files.
        imports: the packages and modules that anything above is imported from.
        shown: the cells of which all is run, to be seen what they print and draw.
    """

    names: tuple[str, ...]
    steps: tuple[Step, ...]
    missing: tuple[str, ...]
    broken: tuple[BrokenCell, ...]
    sure: tuple[Step, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    whole: bool = False
    files: bool = False
    imports: frozenset[str] = frozenset()
    shown: tuple[int, ...] = ()

    @property
    def partial(self) -> bool:
        """Whether anything was left out that does something."""
        return not self.whole and any(not part.idle for part in self.left_out)


NO_PACKAGES = Packages()


def slice_question(
    alignment: Alignment,
    anchor: str,
    names: Sequence[str],
    packages: Packages = NO_PACKAGES,
    *,
    whole: bool = False,
    cell: bool = False,
    end: int | None = None,
) -> Slice:
    """The slice that defines ``names`` as they stand at the template cell ``anchor``.

    A name that is not defined down to there is looked for in the whole notebook, so that an answer
    in the wrong place still counts; so are the names that functions use, which are looked up when
    the functions are called. A name that the cell at ``anchor`` would define, were it Python, is
    missing: an older value of that name is no answer to this question.

    Args:
        packages: what is known of code from outside, and the names that are bound before.
        whole: run everything down to the anchor.
        cell: run all of the cells that the answer may be in.
        end: how many of the student's cells there are down to where the answer was corrected, if
            that is below the cells at ``anchor``.
    """
    cells = alignment.up_to(anchor) if end is None else alignment.student.cells[:end]
    shown = tuple(c.number for c in alignment.answer(anchor) if c.kind == "code") if cell else ()
    region = _program(cells, packages, alignment.template, shown)
    if not set(names) <= region.effects.bound:
        everything = _program(alignment.student.cells, packages, alignment.template)
        if set(names) & everything.effects.bound - region.effects.bound:
            cells, region = alignment.student.cells, everything
            region.shown = frozenset(shown)
    found = region.whole(names) if whole else region.slice(names)
    below = alignment.student.cells[len(cells) :]
    if region.unresolved and below:
        found = _with_below(found, region, _program(below, packages, alignment.template), whole)
    lost = region.lost_at(alignment.cell_at(anchor)) if end is None else frozenset()
    missing = tuple(n for n in names if n in lost or n in found.missing)
    files = region.dynamic or region.effects.uses_files
    return replace(found, missing=missing, files=files, imports=region.effects.roots, shown=shown)


def slice_cells(
    cells: Sequence[Cell], names: Sequence[str], packages: Packages = NO_PACKAGES
) -> Slice:
    """The slice that defines ``names`` as they stand at the end of some cells."""
    return _Program(cells, packages, Notebook("", ())).slice(names)


def _with_below(found: Slice, region: _Program, rest: _Program, whole: bool) -> Slice:
    """The slice with what functions in it use and only cells below define."""
    wanted = sorted(region.unresolved & rest.effects.bound)
    if not wanted:
        return found
    more = rest.slice(wanted)
    if not whole:
        found = replace(region.slice([*found.names, *rest.unresolved]), names=found.names)
    missing = tuple(name for name in found.missing if name in found.names)
    return replace(found, steps=(*found.steps, *more.steps), missing=missing)


def prepare(template: Notebook, packages: Packages) -> None:
    """Read a template's statements, and the packages that it imports, once.

    Most cells of a submission are the template's own, and what they import is the same.
    """
    with suppress(RecursionError):
        _Program(template.cells, packages, template)


def _program(
    cells: tuple[Cell, ...], packages: Packages, template: Notebook, shown: Iterable[int] = ()
) -> _Program:
    """The statements of some cells, which may have been read just before for another slice."""
    program = copy.copy(_read(cells, packages, template))
    program.shown = frozenset(shown)
    return program


@lru_cache(maxsize=4)  # for a question's slice, and for all of its notebook
def _read(cells: tuple[Cell, ...], packages: Packages, template: Notebook) -> _Program:
    return _Program(cells, packages, template)


# --- one pass from the end of the cells to their start -------------------------------------------


@dataclass
class _Placed:
    """A top-level statement and where it stands."""

    cell: Cell
    facts: StatementFacts
    index: int = 0


@dataclass(frozen=True)
class Reason:
    """Why a statement is kept; ``sure`` unless it only may matter."""

    sure: bool
    text: str


@lru_cache(maxsize=1024)  # the questions of a notebook share most of its cells
def _statements(cell: Cell) -> tuple[StatementFacts, ...]:
    return tuple(facts_of(node) for node in parse_python(cell.python).body)


@lru_cache(maxsize=4096)
def _dynamic_names(node: ast.stmt) -> frozenset[str]:
    """The builtins in a statement by which names come and go that no reading can tell."""
    anywhere = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    calls = [n.func for n in eager_nodes(node) if isinstance(n, ast.Call) and not n.args]
    here = {called.id for called in calls if isinstance(called, ast.Name)}
    return frozenset((anywhere & _DYNAMIC) | (here & _DYNAMIC_HERE))


@lru_cache(maxsize=64)
def _imports(template: Notebook) -> tuple[StatementFacts, ...]:
    """The import statements of the template's top level."""
    found = []
    for cell in template.cells:
        with suppress(SyntaxError, RecursionError):
            nodes = parse_python(cell.python).body if cell.kind == "code" else []
            found += [facts_of(n) for n in nodes if isinstance(n, ast.Import | ast.ImportFrom)]
    return tuple(found)


class _Program:
    """The statements of some cells, read once, sliced for any set of names.

    Attributes:
        shown: the cells of which every statement is kept.
        unresolved: after slicing, the names that are needed and that nothing here defines.
    """

    def __init__(
        self,
        cells: Sequence[Cell],
        packages: Packages,
        template: Notebook,
    ) -> None:
        self.shown: frozenset[int] = frozenset()
        self.placed: list[_Placed] = []
        self.broken: list[BrokenCell] = []
        self.packages = packages
        self.template = template
        self.given = frozenset(packages.given)
        self.unresolved: frozenset[str] = frozenset()
        for cell in cells:
            if cell.kind != "code":
                continue
            try:
                self.placed += [_Placed(cell, facts) for facts in _statements(cell)]
            except SyntaxError as error:
                message = explained(error.msg, cell.source)
                self.broken.append(BrokenCell(cell.number, error.lineno or 1, message))
            except RecursionError:
                self.broken.append(BrokenCell(cell.number, 1, "the code is too deeply nested"))
        for index, placed in enumerate(self.placed):
            placed.index = index
        lost = {n: p for f in _imports(template) for n, p in imported_paths(f.node).items()}
        self.effects = SideEffects((p.facts for p in self.placed), packages, lost=lost)
        self.first_seed = self._first_seeds()

    def _first_seeds(self) -> dict[str, int]:
        """By random state, the first statement that may seed it: before it, draws do not count."""
        first: dict[str, int] = {}
        for placed in self.placed:
            for inner in with_inner([placed.facts]):
                for state in self.effects.effect(inner.alone).shared.seeds & RANDOM:
                    first.setdefault(state, placed.index)
        return first

    @cached_property
    def dynamic(self) -> bool:
        """Whether names come and go in ways that no reading can tell."""
        return any(self._is_dynamic(placed.facts.node) for placed in self.placed)

    def _is_dynamic(self, node: ast.stmt) -> bool:
        return not _dynamic_names(node) <= self.effects.bound

    def lost_at(self, cell: Cell | None) -> set[str]:
        """Names that a cell speaks of which is no Python, and that no cell behind it binds."""
        if cell is None or all(broken.cell != cell.number for broken in self.broken):
            return set()
        behind = (p.facts.binds for p in self.placed if p.cell.number > cell.number)
        return set(re.findall(r"\w+", cell.source)) - set().union(*behind)

    def slice(self, names: Sequence[str]) -> Slice:
        """What the names depend on; the whole where that cannot be told."""
        if self.dynamic:
            return self.whole(names)
        _, chosen, _ = surely = self._selected(names, sure=True)
        lines = {placed.index: _lines(edits) for placed, edits in chosen}
        sure = self._steps(names, *surely, lines)
        everything = self._selected(names)
        steps = self._steps(names, *everything, lines)
        return Slice(
            tuple(names),
            steps,
            self._missing(names),
            tuple(self.broken),
            sure if [s.source for s in sure] != [s.source for s in steps] else (),
            tuple(self._left_out(everything[1])),
        )

    def _steps(
        self,
        names: Sequence[str],
        needed: set[str],
        chosen: list[tuple[_Placed, list[Edit]]],
        selection: _Selection,
        sure: dict[int, int],
    ) -> tuple[Step, ...]:
        """The steps of what was chosen.

        Args:
            sure: by the index of each statement that is kept for sure, what of it is left out.
        """
        kept = {placed.index for placed, _ in chosen}
        steps = [
            _marked(step, placed.index, edits, sure)
            for placed, edits in chosen
            for step in _steps_of(placed, edits, selection, set(names))
        ]
        return (*self._template_imports(needed, kept, set(names)), *steps)

    def whole(self, names: Sequence[str]) -> Slice:
        """Every statement; those that the names do not need for sure are optional."""
        needed, chosen, selection = surely = self._selected(names, sure=True)
        lines = {placed.index: _lines(edits) for placed, edits in chosen}
        sure = self._steps(names, *surely, lines)
        steps = []
        for placed in self.placed:
            facts = placed.facts
            if facts.deletes & set(names) or self._left_to_staff(facts):
                continue
            if facts.aliases is not None:
                selection.imported[facts.node] = set(facts.binds)
            needed |= (facts.uses | facts.deferred) - self.effects.bound
            made = _steps_of(placed, [], selection, set(names))
            steps += [_marked(step, placed.index, [], lines) for step in made]
        everything = {placed.index for placed in self.placed}
        lost = self._template_imports(needed, everything, set(names))
        missing = () if self.dynamic else self._missing(names)
        broken = tuple(self.broken)
        return Slice(tuple(names), (*lost, *steps), missing, broken, sure, whole=True)

    def _left_to_staff(self, facts: StatementFacts) -> bool:
        """A call that by the assignment's word only reads, and whose result nobody keeps."""
        node = facts.node
        if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Call):
            return False
        path = self.effects.scope.path(node.value.func)
        return path is not None and self.packages.only_reads(path)

    def _missing(self, names: Sequence[str]) -> tuple[str, ...]:
        return tuple(name for name in names if name not in self.effects.bound | self.given)

    def _selected(
        self, names: Sequence[str], *, sure: bool = False
    ) -> tuple[set[str], list[tuple[_Placed, list[Edit]]], _Selection]:
        """What is needed, what is kept for it, and why.

        Args:
            sure: keep nothing that only may matter.
        """
        selection = _Selection(self.effects, self.given, self.first_seed, sure=sure)
        while True:  # what is kept tells which functions may be called, and those need more names
            before = set(selection.kept)
            needed, chosen = self._pass(selection, names)
            if selection.kept == before:
                return needed, chosen, selection

    def _pass(
        self, selection: _Selection, names: Sequence[str]
    ) -> tuple[set[str], list[tuple[_Placed, list[Edit]]]]:
        needed = set(names) | selection.reach(names) | {SETTINGS}
        needed |= self.effects.read_by_calls(names)
        chosen: list[tuple[_Placed, list[Edit]]] = []
        cell = None
        for placed in reversed(self.placed):
            if placed.cell is not cell:
                cell, selection.engaged = placed.cell, False
            selection.index = placed.index
            if placed.cell.number in self.shown:
                selection.keep_whole(placed.facts, needed)
                chosen.append((placed, []))
                continue
            edits = selection.keep(placed.facts, needed)
            if edits is not None:
                selection.engaged = True
                chosen.append((placed, edits))
        return needed, chosen[::-1]

    def _template_imports(self, needed: set[str], chosen: set[int], names: set[str]) -> list[Step]:
        """Imports of the template for names that the student's notebook uses but never binds."""
        kept = (p.facts for p in self.placed if p.index in chosen)
        imported = {name for facts in kept if facts.aliases for name in facts.binds}
        unbound = {n for n in needed if not n.startswith("<")} - self.given - BUILTINS - imported
        steps = []
        for facts in _imports(self.template):
            if facts.aliases and facts.binds & unbound - names:
                binds = tuple(sorted(facts.binds & unbound - names))
                text = import_text(facts, binds)
                steps.append(Step(0, first_line(facts.node), text, binds, (), why="template"))
        found = {name for step in steps for name in step.binds}
        self.unresolved = frozenset(unbound - self.effects.bound - found)
        return steps

    def _left_out(self, chosen: list[tuple[_Placed, list[Edit]]]) -> Iterable[LeftOut]:
        kept = {placed.index: edits for placed, edits in chosen}
        for placed in self.placed:
            if placed.index not in kept:
                yield _left(placed.cell.number, placed.facts.node)
            else:
                edits = kept[placed.index]
                yield from (_left(placed.cell.number, edit.node) for edit in edits)


def _left(cell: int, node: ast.stmt | ast.expr) -> LeftOut:
    return LeftOut(cell, first_line(node), node.end_lineno or node.lineno, _idle(node))


def _idle(node: ast.stmt | ast.expr) -> bool:
    """Whether running it could do nothing at all to anything that is kept."""
    match node:
        case ast.Expr(value=ast.Constant() | ast.Name()) | ast.Pass():
            return True
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return not node.decorator_list
        case ast.Expr(value=ast.Call(func=ast.Name(id="print")) as printed):
            calls = (n for n in ast.walk(printed) if isinstance(n, ast.Call))
            return all(isinstance(c.func, ast.Name) and c.func.id in BUILTINS for c in calls)
        case ast.Assign(value=ast.Constant()):
            return all(isinstance(target, ast.Name) for target in node.targets)
        case ast.Import() | ast.ImportFrom():
            return True
    return False


def _steps_of(
    placed: _Placed, edits: list[Edit], selection: _Selection, names: set[str]
) -> Iterable[Step]:
    """A statement as steps: one, but for an import, of which each name is one.

    Of `import numpy, not_installed` a lost neighbour must not take the wanted module along.
    """
    facts = placed.facts
    reason = selection.reasons.get(facts.node)
    why = reason.text if reason is not None else ""
    code = placed.cell.code
    where = placed.cell.number, code.first_line(facts.node)
    if facts.aliases is not None and not facts.future:
        for name in sorted(selection.imported[facts.node]):
            # Where this fails, the trusted original of a given name is still there.
            binds = () if name in selection.given else (name,)
            yield Step(*where, import_text(facts, [name]), binds, (), why=why)
        return
    idle = [Edit(node) for node in idle_imports(facts.node)]
    source = code.segment(facts.node, [*edits, *_outside(idle, edits)])
    changed = {n for inner in with_inner([facts]) for n in names & inner.alone.touched}
    # What a block binds is no longer what failed before, whatever it uses behind.
    uses = facts.uses - facts.binds if facts.blocks else facts.uses
    star = ("*",) if facts.star else ()
    yield Step(
        *where, source, (*sorted(facts.binds | changed), *star), tuple(sorted(uses)), why=why
    )


def _outside(inner: Iterable[Edit], edits: Iterable[Edit]) -> list[Edit]:
    """Those of the inner edits that do not stand in what the others take out."""
    gone = {part for edit in edits for part in ast.walk(edit.node)}
    return [edit for edit in inner if edit.node not in gone]


def _lines(edits: Iterable[Edit]) -> int:
    """How many lines are left out."""
    return sum((e.node.end_lineno or e.node.lineno) - e.node.lineno + 1 for e in edits)


def _marked(step: Step, index: int, edits: Iterable[Edit], sure: Mapping[int, int]) -> Step:
    """The step, with what is said of a statement of which all or something only may matter.

    Args:
        sure: by the index of each statement that is kept for sure, the lines left out of it.
    """
    left = sure.get(index)
    return replace(step, optional=left is None, mixed=left is not None and _lines(edits) < left)


class _Selection:
    """Decides, statement by statement from the end, what is kept; updates the names needed."""

    def __init__(
        self,
        effects: SideEffects,
        given: frozenset[str],
        first_seed: dict[str, int],
        *,
        sure: bool,
    ) -> None:
        self.sure = sure
        self.effects = effects
        self.given = given
        self.first_seed = first_seed
        #: The top-level statement that is looked at.
        self.index = 0
        #: Whether something behind, in the same cell or block, is kept: what a kept block needs to
        #: run as written then counts.
        self.engaged = False
        #: Whether a ``try`` with handlers stands around.
        self.caught = False
        self.loops = 0
        self.depth = 0
        self.imported: dict[ast.stmt, set[str]] = {}
        self.kept: set[ast.stmt] = set()
        self.reasons: dict[ast.stmt, Reason] = {}
        self._uses: dict[str, set[str]] = {}
        self._later: dict[str, set[str]] = {}

    def reach(self, names: Iterable[str]) -> set[str]:
        """Names used by functions that are kept and that ``names`` may lead to."""
        if not self._later:
            return set()
        seen: set[tuple[str, bool]] = set()
        pending = [(name, False) for name in names]
        while pending:
            name, later = pending.pop()
            if (name, later) not in seen:
                seen.add((name, later))
                pending += [(other, False) for other in self._uses.get(name, ())]
                pending += [(other, True) for other in self._later.get(name, ())]
        return {name for name, later in seen if later}

    def keep(self, facts: StatementFacts, needed: set[str]) -> list[Edit] | None:
        """None to drop the statement, else the edits that take out what is not needed inside it."""
        if facts.blocks:
            return self._keep_block(facts, needed)
        reason = self._relevant(facts, needed)
        if reason is None or (self.sure and not reason.sure):
            return None
        self._note(facts, reason)
        if facts.aliases is not None:
            wanted = facts.binds & needed or facts.binds  # all, where it is not kept for a name
            self.imported.setdefault(facts.node, set()).update(wanted)
        if not facts.weak:
            needed -= facts.binds
        needed -= facts.deletes & BUILTINS
        self._take(facts, needed)
        return []

    def keep_whole(self, facts: StatementFacts, needed: set[str]) -> None:
        """Keep a statement with all that is in it, whatever is needed."""
        if facts.aliases is not None:
            self.imported.setdefault(facts.node, set()).update(facts.binds)
        if not facts.weak:
            needed -= facts.binds
        self._take_whole(facts, needed)
        for inner in with_inner([facts]):
            self._note(inner, Reason(True, "stands in the answer's own cell"))

    def _note(self, facts: StatementFacts, reason: Reason) -> None:
        """Remember why a statement is kept; once sure, it stays so."""
        old = self.reasons.get(facts.node)
        if old is None or not old.sure:
            self.reasons[facts.node] = reason

    def _take(self, facts: StatementFacts, needed: set[str]) -> None:
        """Note that a statement is kept, with all it uses."""
        self.kept.add(facts.node)
        for name in facts.binds | facts.touched:
            self._uses.setdefault(name, set()).update(facts.uses)
            if facts.deferred:
                self._later.setdefault(name, set()).update(facts.deferred)
        uses = facts.uses if facts.defines else facts.uses | facts.deferred
        shared = self.effects.effect(facts.alone).shared
        if self.depth == 0 and not facts.weak and not facts.blocks:
            needed -= shared.sets
        needed |= uses | self.reach(uses)
        needed |= shared.reads
        needed |= {s for s in shared.draws if self.first_seed.get(s, self.index + 1) <= self.index}

    def _relevant(self, facts: StatementFacts, needed: set[str]) -> Reason | None:
        if bound := facts.binds & needed:
            return Reason(True, f"binds {', '.join(sorted(bound))}")
        if facts.future:
            return Reason(True, "says how all code behind it is read")
        if facts.deletes & needed & BUILTINS:
            return Reason(True, "gives a built-in name back")
        if (touch := self.effects.changes(facts, needed)) is not None:
            return Reason(touch.sure, _words(touch.why, sure=touch.sure))
        if facts.star:
            unbound = bool({n for n in needed if not n.startswith("<")} - self.given - BUILTINS)
            return Reason(True, "may bind any name") if unbound else None
        if (reason := self._shares(facts, needed)) is not None:
            return reason
        jumping = (self.caught and jumps(facts, caught=True)) or jumps(facts, caught=False)
        return Reason(True, "steers the block around it") if self.engaged and jumping else None

    def _shares(self, facts: StatementFacts, needed: set[str]) -> Reason | None:
        """Whether it leaves something shared in another state that is needed."""
        shared = self.effects.effect(facts.alone).shared
        if seeded := shared.seeds & needed - {FIGURE}:
            return Reason(self.depth == 0, f"seeds {_resources(seeded)}")
        drawn = {s for s in shared.draws if self.first_seed.get(s, self.index + 1) <= self.index}
        changed = (shared.seeds | shared.changes | drawn) & needed
        if not changed:
            return None
        return Reason(changed == {SETTINGS}, f"may change {_resources(changed)}")

    def _keep_block(self, facts: StatementFacts, needed: set[str]) -> list[Edit] | None:
        reason = self._block_relevant(facts, needed)
        if reason is None or (self.sure and not reason.sure):
            return None
        self._note(facts, reason)
        outside = self.engaged, self.caught
        self.engaged, self.caught = True, self.caught or facts.catches
        self.loops += facts.loop
        self.depth += 1
        while True:  # a loop's end is its start: go round until nothing new is needed
            before = set(needed)
            self._take(facts.alone, needed)
            edits = self._prune(facts, needed)
            if needed == before or not facts.loop:
                break
        self.loops -= facts.loop
        self.depth -= 1
        self.engaged, self.caught = outside
        inner = [self.reasons[i.node] for i in with_inner([facts]) if i.node in self.reasons]
        self._note(facts, max(inner, key=lambda reason: reason.sure))
        return edits

    def _block_relevant(self, facts: StatementFacts, needed: set[str]) -> Reason | None:
        if self.engaged and jumps(facts, caught=self.caught):
            return Reason(True, "steers the block around it")
        outside = self.engaged, self.caught
        self.engaged = self.caught = False
        self.depth += 1
        found = [self._relevant(inner.alone, needed) for inner in with_inner([facts])]
        self.depth -= 1
        self.engaged, self.caught = outside
        reasons = (reason for reason in found if reason is not None)
        return max(reasons, key=lambda reason: reason.sure, default=None)

    def _prune(self, facts: StatementFacts, needed: set[str]) -> list[Edit]:
        """Walk the blocks inside a compound statement; what falls away becomes ``None``."""
        edits: list[Edit] = []
        handled = False
        for block in reversed(facts.blocks):  # the body comes last, when the handlers are known
            first = block is facts.blocks[0]
            whole = facts.indivisible or self.loops > MAX_LOOPS
            whole = whole or (facts.catches and first and handled)
            block_needed = set(needed)
            for inner in reversed(block):
                if whole:
                    self._take_whole(inner, block_needed)
                    continue
                inner_edits = self.keep(inner, block_needed)
                if inner_edits is None:
                    edits.append(Edit(inner.node))
                else:
                    handled = handled or block[0].node not in facts.finals
                    edits += inner_edits
            # What the head binds before the body runs is not looked for above.
            needed |= block_needed - facts.set_by_head if first else block_needed
        return edits

    def _take_whole(self, facts: StatementFacts, needed: set[str]) -> None:
        for inner in with_inner([facts]):
            self._take(inner.alone, needed)


def _words(why: str, *, sure: bool) -> str:
    what = f"`{why}`" if why else "it"
    return f"{what} changes what is needed" if sure else f"{what} may change what is needed"


def _resources(names: Iterable[str]) -> str:
    return ", ".join(sorted(name.strip("<>") for name in names))
