"""The statements that are kept come in; the steps that run them go out."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from autograder.slicing.edits import Edit, first_line
from autograder.slicing.program import BUILTINS, Placed, Program
from autograder.slicing.selection import Selected
from autograder.slicing.statements import idle_imports, import_text, with_inner
from autograder.wire.protocol import Step

#: In place of a cell's number, of steps that no cell of the student's has.
FROM_TEMPLATE = 0


def steps_of(
    program: Program, selected: Selected, names: Iterable[str], sure: Mapping[int, int]
) -> tuple[Step, ...]:
    """The steps, those of the template's imports that are lost first.

    Args:
        names: what is asked for.
        sure: by the index of each statement that is kept for sure, the lines left out of it.
    """
    names = set(names)
    steps = [
        _marked(step, placed.index, edits, sure)
        for placed, edits in selected.chosen
        for step in _steps_of(placed, edits, selected, names, program.prebound)
    ]
    return (*_lost_imports(program, selected, names), *steps)


def lines_left_out(selected: Selected) -> dict[int, int]:
    """By the index of each statement that is kept, how many lines of it are not."""
    return {placed.index: _lines(edits) for placed, edits in selected.chosen}


def unresolved_names(program: Program, selected: Selected, steps: Iterable[Step]) -> frozenset[str]:
    """The names that are needed, and that neither the cells nor the template's imports bind.

    Args:
        steps: of all that is selected.
    """
    lost = {name for step in steps if step.cell == FROM_TEMPLATE for name in step.binds}
    return _not_imported(program, selected) - program.effects.bound - lost


def _not_imported(program: Program, selected: Selected) -> frozenset[str]:
    """The names that are needed, and that nothing which is kept imports."""
    kept = (placed.facts for placed, _edits in selected.chosen)
    imported = {name for facts in kept if facts.aliases for name in facts.binds}
    needed = {name for name in selected.needed if not name.startswith("<")}
    return frozenset(needed - program.prebound - BUILTINS - imported)


def _lost_imports(program: Program, selected: Selected, names: set[str]) -> Iterator[Step]:
    """Imports of the template for names that the student's notebook uses but never binds."""
    wanted = _not_imported(program, selected) - names
    for facts in program.imports:
        if facts.aliases and (binds := tuple(sorted(facts.binds & wanted))):
            text = import_text(facts, binds)
            yield Step(FROM_TEMPLATE, first_line(facts.node), text, binds, (), why="template")


def _steps_of(
    placed: Placed,
    edits: Iterable[Edit],
    selected: Selected,
    names: set[str],
    prebound: frozenset[str],
) -> Iterator[Step]:
    """A statement as steps: one, but for an import, of which each name is one.

    Of `import numpy, not_installed` a lost neighbour must not take the wanted module along.
    """
    facts = placed.facts
    reason = selected.reasons.get(facts.node)
    why = reason.text if reason is not None else ""
    code = placed.cell.code
    where = placed.cell.number, code.first_line(facts.node)
    if facts.aliases is not None and not facts.future:
        for name in sorted(selected.imported[facts.node]):
            # Where this fails, the trusted original of a given name is still there.
            binds = () if name in prebound else (name,)
            yield Step(*where, import_text(facts, [name]), binds, (), why=why)
        return
    idle = [Edit(node) for node in idle_imports(facts.node)]
    source = code.segment(facts.node, [*edits, *_outside(idle, edits)])
    changed = {n for inner in with_inner([facts]) for n in names & inner.alone.touched}
    # What a block binds is no longer what failed before, whatever it uses behind.
    uses = facts.uses - facts.binds if facts.blocks else facts.uses
    star = ("*",) if facts.star else ()
    binds = (*sorted(facts.binds | changed), *star)
    yield Step(*where, source, binds, tuple(sorted(uses)), why=why)


def _outside(inner: Iterable[Edit], edits: Iterable[Edit]) -> list[Edit]:
    """Those of the inner edits that do not stand in what the others take out."""
    gone = {part for edit in edits for part in ast.walk(edit.node)}
    return [edit for edit in inner if edit.node not in gone]


def _lines(edits: Iterable[Edit]) -> int:
    """How many lines are left out."""
    return sum((e.node.end_lineno or e.node.lineno) - e.node.lineno + 1 for e in edits)


def _marked(step: Step, index: int, edits: Iterable[Edit], sure: Mapping[int, int]) -> Step:
    """The step, with what is said of a statement of which all or something only may matter."""
    left = sure.get(index)
    return replace(step, optional=left is None, mixed=left is not None and _lines(edits) < left)
