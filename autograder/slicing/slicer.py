"""A student's cells and the names wanted come in, the few statements that define them go out.

A notebook trains for an hour; a check needs one function. So nothing is run but what the wanted
names depend on: assignments, definitions, imports, blocks that fill a wanted container, mutations
of a wanted object and the seeding calls before them. Training, plotting and shell lines fall away.

Random draws that nothing wanted needs fall away too, so that later ones give other numbers than in
the notebook. A ``try`` whose handlers matter keeps its whole body; where they do not, a statement
in the body that would raise may fall away. The body of a ``while`` is kept whole.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache

from autograder.slicing.alignment import Alignment
from autograder.slicing.edits import Edit, Source, first_line
from autograder.slicing.effects import SideEffects
from autograder.slicing.magics import parse_python
from autograder.slicing.notebook import Cell, Notebook
from autograder.slicing.statements import (
    StatementFacts,
    facts_of,
    import_text,
    jumps,
    seeds,
    with_inner,
)
from autograder.wire.protocol import Step

BUILTINS = frozenset(dir(builtins)) | {"get_ipython", "display", "__name__", "__file__"}

#: Loops in loops beyond this many are taken whole: the work doubles with each.
MAX_LOOPS = 5


@dataclass(frozen=True)
class BrokenCell:
    """A cell that is no Python: the line, and what the parser says."""

    cell: int
    line: int
    message: str


@dataclass(frozen=True)
class Slice:
    """What to run for the wanted names; ``missing`` are those that no statement defines."""

    names: tuple[str, ...]
    steps: tuple[Step, ...]
    missing: tuple[str, ...]
    broken: tuple[BrokenCell, ...]


def slice_question(
    alignment: Alignment, anchor: str, names: Sequence[str], given: Iterable[str] = ()
) -> Slice:
    """The slice that defines ``names`` as they stand at the template cell ``anchor``.

    A name that is not defined down to there is looked for in the whole notebook, so that an answer
    in the wrong place still counts. One that the cell at ``anchor`` would define, were it Python,
    is missing: an older value of that name is no answer to this question. ``given`` names are bound
    before the slice runs.
    """
    region = _Program(alignment.up_to(anchor))
    if not set(names) <= region.knowledge.bound:
        whole = _Program(alignment.student.cells)
        if set(names) & whole.knowledge.bound - region.knowledge.bound:
            region = whole
    found = region.slice(names, alignment.template, frozenset(given))
    lost = region.lost_at(alignment.cell_at(anchor))
    return replace(found, missing=tuple(n for n in names if n in lost or n in found.missing))


def prepare(template: Notebook) -> None:
    """Read a template's statements once: most cells of a submission are the template's own."""
    _imports(template)
    for cell in template.cells:
        if cell.kind == "code":
            with suppress(SyntaxError, RecursionError):
                _statements(cell)


# --- one pass from the end of the cells to their start -------------------------------------------


@dataclass
class _Placed:
    """A top-level statement and where it stands."""

    cell: Cell
    facts: StatementFacts


@lru_cache(maxsize=1024)  # the questions of a notebook share most of its cells
def _statements(cell: Cell) -> tuple[StatementFacts, ...]:
    return tuple(facts_of(node) for node in parse_python(cell.python).body)


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
    """The statements of some cells, read once, sliced for any set of names."""

    def __init__(self, cells: Sequence[Cell]) -> None:
        self.placed: list[_Placed] = []
        self.broken: list[BrokenCell] = []
        for cell in cells:
            if cell.kind != "code":
                continue
            try:
                self.placed += [_Placed(cell, facts) for facts in _statements(cell)]
            except SyntaxError as error:
                self.broken.append(BrokenCell(cell.number, error.lineno or 1, error.msg))
            except RecursionError:
                self.broken.append(BrokenCell(cell.number, 1, "the code is too deeply nested"))
        self.knowledge = SideEffects(placed.facts for placed in self.placed)

    def lost_at(self, cell: Cell | None) -> set[str]:
        """Names that a cell speaks of which is no Python, and that no cell behind it binds."""
        if cell is None or all(broken.cell != cell.number for broken in self.broken):
            return set()
        behind = (p.facts.binds for p in self.placed if p.cell.number > cell.number)
        return set(re.findall(r"\w+", cell.source)) - set().union(*behind)

    def slice(self, names: Sequence[str], template: Notebook, given: frozenset[str]) -> Slice:
        selection = _Selection(self.knowledge, given)
        while True:  # what is kept tells which functions may be called, and those need more names
            before = set(selection.kept)
            needed, chosen = self._pass(selection, names)
            if selection.kept == before:
                break
        steps = [_step(placed, edits, selection, set(names)) for placed, edits in chosen]
        imported = {
            name for placed, _ in chosen if placed.facts.aliases for name in placed.facts.binds
        }
        lost = _template_imports(template, needed - given - BUILTINS - imported - set(names))
        missing = tuple(name for name in names if name not in self.knowledge.bound | given)
        return Slice(tuple(names), (*lost, *steps), missing, tuple(self.broken))

    def _pass(
        self, selection: _Selection, names: Sequence[str]
    ) -> tuple[set[str], list[tuple[_Placed, list[Edit]]]]:
        needed = set(names) | selection.reach(names)
        chosen: list[tuple[_Placed, list[Edit]]] = []
        cell = None
        for placed in reversed(self.placed):
            if placed.cell is not cell:
                cell, selection.engaged = placed.cell, False
            edits = selection.keep(placed.facts, needed)
            if edits is not None:
                selection.engaged = True
                chosen.append((placed, edits))
        return needed, chosen[::-1]


def _step(placed: _Placed, edits: list[Edit], selection: _Selection, names: set[str]) -> Step:
    facts = placed.facts
    binds = set(facts.binds)
    if facts.aliases is not None:
        # `import numpy, not_installed`: a lost neighbour must not take the wanted module along.
        source = selection.import_text(facts)
        binds -= selection.given  # where this fails, the trusted original is still there
    else:
        source = Source(placed.cell.python).segment(facts.node, edits)
        binds |= names & {n for inner in with_inner([facts]) for n in inner.alone.touched}
    return Step(
        placed.cell.number,
        first_line(facts.node),
        source,
        tuple(sorted(binds)),
        tuple(sorted(facts.uses | facts.deferred)),
    )


def _template_imports(template: Notebook, unbound: set[str]) -> list[Step]:
    """Imports of the template for names that the student's notebook uses but never binds."""
    steps = []
    for facts in _imports(template):
        if facts.aliases and facts.binds & unbound:
            text = import_text(facts, unbound)
            binds = tuple(sorted(facts.binds & unbound))
            steps.append(Step(0, first_line(facts.node), text, binds, ()))
    return steps


class _Selection:
    """Decides, statement by statement from the end, what is kept; updates the names needed."""

    def __init__(self, knowledge: SideEffects, given: frozenset[str]) -> None:
        self.knowledge = knowledge
        self.given = given
        #: Whether something behind, in the same cell or block, is kept: seeding calls then count,
        #: and what a kept block needs to run as written.
        self.engaged = False
        #: Whether a ``try`` with handlers stands around.
        self.caught = False
        self.loops = 0
        self.imported: dict[ast.stmt, set[str]] = {}
        self.kept: set[ast.stmt] = set()
        self._uses: dict[str, set[str]] = {}
        self._later: dict[str, set[str]] = {}

    def import_text(self, facts: StatementFacts) -> str:
        return import_text(facts, self.imported[facts.node])

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
        if not self._relevant(facts, needed):
            return None
        if facts.aliases is not None:
            self.imported.setdefault(facts.node, set()).update(facts.binds & needed)
        if not facts.weak:
            needed -= facts.binds
        self._take(facts, needed)
        return []

    def _take(self, facts: StatementFacts, needed: set[str]) -> None:
        """Note that a statement is kept, with all it uses."""
        self.kept.add(facts.node)
        for name in facts.binds | facts.touched:
            self._uses.setdefault(name, set()).update(facts.uses)
            if facts.deferred:
                self._later.setdefault(name, set()).update(facts.deferred)
        uses = facts.uses if facts.defines else facts.uses | facts.deferred
        needed |= uses | self.reach(uses)

    def _relevant(self, facts: StatementFacts, needed: set[str]) -> bool:
        if facts.binds & needed or self.knowledge.changes(facts, needed):
            return True
        if facts.star:
            return bool(needed - self.given - BUILTINS)
        if seeds(facts) or (self.caught and jumps(facts, caught=True)):
            return self.engaged
        return self.engaged and jumps(facts, caught=False)

    def _keep_block(self, facts: StatementFacts, needed: set[str]) -> list[Edit] | None:
        if not self._block_relevant(facts, needed):
            return None
        outside = self.engaged, self.caught
        self.engaged, self.caught = True, self.caught or facts.catches
        self.loops += facts.loop
        while True:  # a loop's end is its start: go round until nothing new is needed
            before = set(needed)
            self._take(facts.alone, needed)
            edits = self._prune(facts, needed)
            if needed == before or not facts.loop:
                break
        self.loops -= facts.loop
        self.engaged, self.caught = outside
        return edits

    def _block_relevant(self, facts: StatementFacts, needed: set[str]) -> bool:
        if self.engaged and jumps(facts, caught=self.caught):
            return True
        outside = self.engaged, self.caught
        self.engaged = self.caught = False
        found = any(self._relevant(inner.alone, needed) for inner in with_inner([facts]))
        self.engaged, self.caught = outside
        return found

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
