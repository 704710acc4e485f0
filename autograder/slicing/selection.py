"""Statements and the names wanted come in; which statements are kept for them, and why, goes out.

One pass goes from the end of the cells to their start, with the names that are needed from there
on. What is kept tells which functions may be called, and those need more names, so it is repeated
until nothing more is kept.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from autograder.slicing.edits import Edit
from autograder.slicing.library.resources import FIGURE, SETTINGS
from autograder.slicing.program import BUILTINS, Placed, Program
from autograder.slicing.statements import StatementFacts, jumps, with_inner

#: Loops in loops beyond this many are taken whole: the work doubles with each.
MAX_LOOPS = 5


@dataclass(frozen=True)
class Reason:
    """Why a statement is kept; ``sure`` unless it only may matter."""

    sure: bool
    text: str


@dataclass(frozen=True)
class Selected:
    """What is kept for some names.

    Attributes:
        needed: all names, and what is shared, that it follows from.
        chosen: the statements, each with the edits that take out what is not needed inside it.
        reasons: why each of them is kept, and each in their blocks.
        imported: by import statement, the names of it that are kept.
    """

    needed: frozenset[str]
    chosen: Sequence[tuple[Placed, Sequence[Edit]]]
    reasons: Mapping[ast.stmt, Reason]
    imported: Mapping[ast.stmt, Collection[str]]


def select(
    program: Program, names: Sequence[str], shown: Collection[int] = (), *, sure: bool = False
) -> Selected:
    """What the names depend on.

    Args:
        shown: the numbers of the cells of which every statement is kept.
        sure: keep nothing that only may matter.
    """
    selection = _Selection(program, sure=sure)
    while True:
        before = set(selection.kept)
        needed, chosen = _one_pass(program, names, shown, selection)
        if selection.kept == before:
            return Selected(frozenset(needed), chosen, selection.reasons, selection.imported)


def _one_pass(
    program: Program, names: Sequence[str], shown: Collection[int], selection: _Selection
) -> tuple[set[str], list[tuple[Placed, list[Edit]]]]:
    needed = set(names) | selection.reach(names) | {SETTINGS}
    needed |= program.effects.read_by_calls(names)
    chosen: list[tuple[Placed, list[Edit]]] = []
    cell = None
    for placed in reversed(program.placed):
        if placed.cell is not cell:
            cell, selection.engaged = placed.cell, False
        selection.index = placed.index
        if placed.cell.number in shown:
            selection.keep_whole(placed.facts, needed)
            chosen.append((placed, []))
            continue
        edits = selection.keep(placed.facts, needed)
        if edits is not None:
            selection.engaged = True
            chosen.append((placed, edits))
    return needed, chosen[::-1]


class _Selection:
    """Decides, statement by statement from the end, what is kept; updates the names needed."""

    def __init__(self, program: Program, *, sure: bool) -> None:
        self._sure = sure
        self._effects = program.effects
        self._prebound = program.prebound
        self._first_seed = program.first_seed
        #: The top-level statement that is looked at.
        self.index = 0
        #: Whether something behind, in the same cell or block, is kept: what a kept block needs to
        #: run as written then counts.
        self.engaged = False
        #: Whether a ``try`` with handlers stands around.
        self._caught = False
        self._loops = 0
        self._depth = 0
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
        if reason is None or (self._sure and not reason.sure):
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

    # --- what is kept ---

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
        shared = self._effects.effect(facts.alone).shared
        if self._depth == 0 and not facts.weak and not facts.blocks:
            needed -= shared.sets
        needed |= uses | self.reach(uses)
        needed |= shared.reads
        needed |= self._seeded(shared.draws)

    def _take_whole(self, facts: StatementFacts, needed: set[str]) -> None:
        for inner in with_inner([facts]):
            self._take(inner.alone, needed)

    def _seeded(self, draws: Iterable[str]) -> set[str]:
        """The random states that may have been seeded before here: others do not count."""
        first = self._first_seed
        return {state for state in draws if first.get(state, self.index + 1) <= self.index}

    # --- simple statements ---

    def _relevant(self, facts: StatementFacts, needed: set[str]) -> Reason | None:
        """Why a statement, blocks in it left out, is needed; None if it is not."""
        if bound := facts.binds & needed:
            return Reason(True, f"binds {', '.join(sorted(bound))}")
        if facts.future:
            return Reason(True, "says how all code behind it is read")
        if facts.deletes & needed & BUILTINS:
            return Reason(True, "gives a built-in name back")
        if (touch := self._effects.changes(facts, needed)) is not None:
            return Reason(touch.sure, _words(touch.why, sure=touch.sure))
        if facts.star:
            unbound = bool({n for n in needed if not n.startswith("<")} - self._prebound - BUILTINS)
            return Reason(True, "may bind any name") if unbound else None
        if (reason := self._shares(facts, needed)) is not None:
            return reason
        jumping = (self._caught and jumps(facts, caught=True)) or jumps(facts, caught=False)
        return Reason(True, "steers the block around it") if self.engaged and jumping else None

    def _shares(self, facts: StatementFacts, needed: set[str]) -> Reason | None:
        """Whether it leaves something shared in another state that is needed."""
        shared = self._effects.effect(facts.alone).shared
        if seeded := shared.seeds & needed - {FIGURE}:
            return Reason(self._depth == 0, f"seeds {_resources(seeded)}")
        changed = (shared.seeds | shared.changes | self._seeded(shared.draws)) & needed
        if not changed:
            return None
        return Reason(changed == {SETTINGS}, f"may change {_resources(changed)}")

    # --- blocks ---

    @contextmanager
    def _inside(self, *, engaged: bool, caught: bool, loop: bool = False) -> Iterator[None]:
        """What holds for the statements of a block."""
        outside = self.engaged, self._caught
        self.engaged, self._caught = engaged, caught
        self._loops += loop
        self._depth += 1
        yield
        self._loops -= loop
        self._depth -= 1
        self.engaged, self._caught = outside

    def _keep_block(self, facts: StatementFacts, needed: set[str]) -> list[Edit] | None:
        reason = self._block_relevant(facts, needed)
        if reason is None or (self._sure and not reason.sure):
            return None
        self._note(facts, reason)
        caught = self._caught or facts.catches
        with self._inside(engaged=True, caught=caught, loop=facts.loop):
            while True:  # a loop's end is its start: go round until nothing new is needed
                before = set(needed)
                self._take(facts.alone, needed)
                edits = self._prune(facts, needed)
                if needed == before or not facts.loop:
                    break
        inner = [self.reasons[i.node] for i in with_inner([facts]) if i.node in self.reasons]
        self._note(facts, max(inner, key=lambda reason: reason.sure))
        return edits

    def _block_relevant(self, facts: StatementFacts, needed: set[str]) -> Reason | None:
        """Why something in a statement with blocks is needed; None if nothing is."""
        if self.engaged and jumps(facts, caught=self._caught):
            return Reason(True, "steers the block around it")
        with self._inside(engaged=False, caught=False):
            found = [self._relevant(inner.alone, needed) for inner in with_inner([facts])]
        reasons = (reason for reason in found if reason is not None)
        return max(reasons, key=lambda reason: reason.sure, default=None)

    def _prune(self, facts: StatementFacts, needed: set[str]) -> list[Edit]:
        """Walk the blocks inside a compound statement; what falls away becomes ``None``."""
        edits: list[Edit] = []
        handled = False
        for block in reversed(facts.blocks):  # the body comes last, when the handlers are known
            first = block is facts.blocks[0]
            whole = facts.indivisible or self._loops > MAX_LOOPS
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


def _words(why: str, *, sure: bool) -> str:
    what = f"`{why}`" if why else "it"
    return f"{what} changes what is needed" if sure else f"{what} may change what is needed"


def _resources(names: Iterable[str]) -> str:
    return ", ".join(sorted(name.strip("<>") for name in names))
