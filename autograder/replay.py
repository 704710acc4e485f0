"""A student's cells and the names wanted come in, the few statements that define them go out.

A notebook trains for an hour; a check needs one function. So nothing is run but what the wanted
names depend on: assignments, definitions, imports, blocks that fill a wanted container, mutations
of a wanted object and the seeding calls before them. Training, plotting and shell lines fall away.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from autograder.names import Knowledge, StatementFacts, facts_of
from autograder.notebook import Alignment, Cell, Notebook, parse_python
from autograder.spans import Edit, Source, first_line

BUILTINS = frozenset(dir(builtins)) | {"get_ipython", "display", "__name__", "__file__"}


@dataclass(frozen=True)
class Step:
    """One top-level statement to run: ``source`` starts on ``line`` of the student's ``cell``.

    ``cell`` 0 stands for the template: an import that the student's notebook has lost.
    """

    cell: int
    line: int
    source: str
    binds: tuple[str, ...]
    uses: tuple[str, ...]


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
    in the wrong place still counts. ``given`` names are bound before the slice runs.
    """
    region = _Program(alignment.up_to(anchor))
    if not set(names) <= region.knowledge.bound:
        whole = _Program(alignment.student.cells)
        if set(names) & whole.knowledge.bound - region.knowledge.bound:
            region = whole
    return region.slice(names, alignment.template, frozenset(given))


# --- one pass from the end of the cells to their start -------------------------------------------


@dataclass
class _Placed:
    """A top-level statement and where it stands."""

    cell: Cell
    facts: StatementFacts


class _Program:
    """The statements of some cells, read once, sliced for any set of names."""

    def __init__(self, cells: Sequence[Cell]) -> None:
        self.placed: list[_Placed] = []
        self.broken: list[BrokenCell] = []
        for cell in cells:
            if cell.kind != "code":
                continue
            try:
                tree = parse_python(cell.python)
                self.placed += [_Placed(cell, facts_of(node)) for node in tree.body]
            except SyntaxError as error:
                self.broken.append(BrokenCell(cell.number, error.lineno or 1, error.msg))
            except RecursionError:
                self.broken.append(BrokenCell(cell.number, 1, "the code is too deeply nested"))
        self.knowledge = Knowledge(placed.facts for placed in self.placed)

    def slice(self, names: Sequence[str], template: Notebook, given: frozenset[str]) -> Slice:
        selection = _Selection(self.knowledge, given)
        needed = set(names) | self.knowledge.reach(names)
        kept: list[tuple[_Placed, list[Edit]]] = []
        for cell_statements in _by_cell_from_the_end(self.placed):
            selection.engaged = False
            for placed in cell_statements:
                edits = selection.keep(placed.facts, needed)
                if edits is not None:
                    selection.engaged = True
                    kept.append((placed, edits))
        steps = [_step(placed, edits, selection) for placed, edits in reversed(kept)]
        unbound = needed - given - BUILTINS
        lost = _template_imports(template, unbound - set(names))
        missing = tuple(name for name in names if name not in self.knowledge.bound | given)
        return Slice(tuple(names), (*lost, *steps), missing, tuple(self.broken))


def _by_cell_from_the_end(placed: list[_Placed]) -> Iterable[list[_Placed]]:
    groups: dict[int, list[_Placed]] = {}
    for item in reversed(placed):
        groups.setdefault(item.cell.number, []).append(item)
    return groups.values()


def _step(placed: _Placed, edits: list[Edit], selection: _Selection) -> Step:
    facts = placed.facts
    if facts.aliases is not None:
        # `import numpy, not_installed`: a lost neighbour must not take the wanted module along.
        source = selection.import_text(facts)
    else:
        source = Source(placed.cell.python).segment(facts.node, edits)
    return Step(
        placed.cell.number,
        first_line(facts.node),
        source,
        tuple(sorted(facts.binds)),
        tuple(sorted(facts.uses)),
    )


def _template_imports(template: Notebook, unbound: set[str]) -> list[Step]:
    """Imports of the template for names that the student's notebook uses but never binds."""
    program = _Program(template.cells)
    steps = []
    for placed in program.placed:
        if placed.facts.aliases and placed.facts.binds & unbound:
            text = placed.facts.import_text(unbound)
            binds = tuple(sorted(placed.facts.binds & unbound))
            steps.append(Step(0, first_line(placed.facts.node), text, binds, ()))
    return steps


class _Selection:
    """Decides, statement by statement from the end, what is kept; updates the names needed."""

    def __init__(self, knowledge: Knowledge, given: frozenset[str]) -> None:
        self.knowledge = knowledge
        self.given = given
        #: Whether something behind, in the same cell or block, is kept: seeding calls then count,
        #: and what a kept block needs to run as written.
        self.engaged = False
        self.imported: dict[ast.stmt, set[str]] = {}

    def import_text(self, facts: StatementFacts) -> str:
        return facts.import_text(self.imported[facts.node])

    def keep(self, facts: StatementFacts, needed: set[str]) -> list[Edit] | None:
        """None to drop the statement, else the edits that take out what is not needed inside it."""
        if facts.blocks:
            return self._keep_block(facts, needed)
        if not self._relevant(facts, needed):
            return None
        if facts.aliases is not None:
            self.imported[facts.node] = set(facts.binds & needed)
        if not facts.weak:
            needed -= facts.binds
        self._need(facts.uses, needed)
        return []

    def _need(self, names: Iterable[str], needed: set[str]) -> None:
        needed |= set(names) | self.knowledge.reach(names)

    def _relevant(self, facts: StatementFacts, needed: set[str]) -> bool:
        if facts.binds & needed:
            return True
        if self.knowledge.mutated(facts) & self.knowledge.with_other_names(needed):
            return True
        if facts.star:
            return bool(needed - self.knowledge.bound - self.given - BUILTINS)
        return facts.seeds and self.engaged

    def _keep_block(self, facts: StatementFacts, needed: set[str]) -> list[Edit] | None:
        inner_needed = set(needed)
        edits, kept = self._prune(facts, inner_needed, whole=False)
        if not (kept or facts.header_binds & needed or (self.engaged and facts.jumps)):
            return None
        outside, self.engaged = self.engaged, True
        while True:  # a loop's end is its start: go round until nothing new is needed
            before = set(inner_needed)
            self._need(facts.header_uses, inner_needed)
            edits, _kept = self._prune(facts, inner_needed, whole=facts.indivisible)
            inner_needed |= before
            if inner_needed == before:
                break
        self.engaged = outside
        needed |= inner_needed
        return edits

    def _prune(
        self, facts: StatementFacts, needed: set[str], *, whole: bool
    ) -> tuple[list[Edit], bool]:
        """Walk the blocks inside a compound statement; what falls away becomes ``None``."""
        edits: list[Edit] = []
        any_kept = False
        after = set(needed)
        for block in facts.blocks:
            block_needed = set(after)
            for inner in reversed(block):
                if whole or (self.engaged and inner.structural):
                    self._need(inner.uses, block_needed)
                    continue
                inner_edits = self.keep(inner, block_needed)
                if inner_edits is None:
                    edits.append(Edit(inner.node))
                else:
                    any_kept = True
                    edits += inner_edits
            needed |= block_needed
        return edits, any_kept
