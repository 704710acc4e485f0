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
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache

from autograder.slicing.alignment import Alignment
from autograder.slicing.edits import first_line
from autograder.slicing.notebook import Cell, Notebook
from autograder.slicing.packages import Packages
from autograder.slicing.program import BUILTINS, BrokenCell, Program, read_program
from autograder.slicing.selection import Selected, select
from autograder.slicing.steps import lines_left_out, steps_of, unresolved_names
from autograder.wire.protocol import Step

NO_PACKAGES = Packages()


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
    cells = alignment.student.cells
    last = len(alignment.up_to(anchor) if end is None else cells[:end])
    shown = tuple(c.number for c in alignment.answer(anchor) if c.kind == "code") if cell else ()
    here = alignment.cell_at(anchor) if end is None else None
    return _sliced(
        cells, last, alignment.template, packages, tuple(names), here, shown, whole=whole
    )


@lru_cache(maxsize=128)  # what staff vary of their solution has most of its cells
def _sliced(
    all_cells: tuple[Cell, ...],
    last: int,
    template: Notebook,
    packages: Packages,
    names: tuple[str, ...],
    here: Cell | None,
    shown: tuple[int, ...],
    *,
    whole: bool,
) -> Slice:
    """The same by value, of the first ``last`` cells; ``here`` is the one at the anchor."""
    cells = all_cells[:last]
    region = _Slicer(read_program(cells, packages, template), shown)
    if not set(names) <= region.bound:
        everything = _Slicer(read_program(all_cells, packages, template), shown)
        if set(names) & everything.bound - region.bound:
            cells, region = all_cells, everything
    found = region.whole(names) if whole else region.slice(names)
    below = all_cells[len(cells) :]
    if region.unresolved and below:
        rest = _Slicer(read_program(below, packages, template))
        found = _with_below(found, region, rest, whole=whole)
    program = region.program
    lost = program.lost_at(here)
    missing = tuple(n for n in names if n in lost or n in found.missing)
    files = program.dynamic or program.effects.uses_files
    return replace(found, missing=missing, files=files, imports=program.effects.roots, shown=shown)


def slice_cells(
    cells: Sequence[Cell], names: Sequence[str], packages: Packages = NO_PACKAGES
) -> Slice:
    """The slice that defines ``names`` as they stand at the end of some cells."""
    return _Slicer(Program(cells, packages, Notebook("", ()))).slice(names)


def prepare(template: Notebook, packages: Packages) -> None:
    """Read a template's statements, and the packages that it imports, once.

    Most cells of a submission are the template's own, and what they import is the same.
    """
    with suppress(RecursionError):
        Program(template.cells, packages, template)


def _with_below(found: Slice, region: _Slicer, rest: _Slicer, *, whole: bool) -> Slice:
    """The slice with what functions in it use and only cells below define."""
    wanted = sorted(region.unresolved & rest.bound)
    if not wanted:
        return found
    more = rest.slice(wanted)
    if not whole:
        found = replace(region.slice([*found.names, *rest.unresolved]), names=found.names)
    missing = tuple(name for name in found.missing if name in found.names)
    return replace(found, steps=(*found.steps, *more.steps), missing=missing)


class _Slicer:
    """Makes slices of one program.

    Args:
        shown: the numbers of the cells of which every statement is kept.

    Attributes:
        unresolved: after slicing, the names that are needed and that nothing here defines.
    """

    def __init__(self, program: Program, shown: Collection[int] = ()) -> None:
        self.program = program
        self.unresolved: frozenset[str] = frozenset()
        self._shown = frozenset(shown)

    @property
    def bound(self) -> frozenset[str]:
        """The names that the cells bind."""
        return self.program.effects.bound

    def slice(self, names: Sequence[str]) -> Slice:
        """What the names depend on; the whole where that cannot be told."""
        if self.program.dynamic:
            return self.whole(names)
        surely = select(self.program, names, self._shown, sure=True)
        everything = select(self.program, names, self._shown)
        sure = self._steps(surely, names, surely)
        steps = self._steps(everything, names, surely)
        return Slice(
            tuple(names),
            steps,
            self.program.missing(names),
            tuple(self.program.broken),
            sure if [s.source for s in sure] != [s.source for s in steps] else (),
            tuple(_left_out(self.program, everything)),
        )

    def whole(self, names: Sequence[str]) -> Slice:
        """Every statement; those that the names do not need for sure are optional."""
        program = self.program
        surely = select(program, names, self._shown, sure=True)
        sure = self._steps(surely, names, surely)
        steps = self._steps(_whole(program, names, surely), names, surely)
        missing = () if program.dynamic else program.missing(names)
        return Slice(tuple(names), steps, missing, tuple(program.broken), sure, whole=True)

    def _steps(
        self, selected: Selected, names: Sequence[str], surely: Selected
    ) -> tuple[Step, ...]:
        steps = steps_of(self.program, selected, names, lines_left_out(surely))
        self.unresolved = unresolved_names(self.program, selected, steps)
        return steps


def _whole(program: Program, names: Sequence[str], surely: Selected) -> Selected:
    """All statements but those that delete what is asked for, or only read.

    Args:
        surely: what is kept for sure, which tells why.
    """
    kept = [
        placed
        for placed in program.placed
        if not placed.facts.deletes & set(names) and not program.only_reads(placed.facts)
    ]
    used = {name for p in kept for name in p.facts.uses | p.facts.deferred}
    imported = {p.facts.node: p.facts.binds for p in kept if p.facts.aliases is not None}
    return Selected(
        surely.needed | (used - program.effects.bound),
        [(placed, []) for placed in kept],
        surely.reasons,
        {**surely.imported, **imported},
    )


# --- what is left out -----------------------------------------------------------------------------


def _left_out(program: Program, selected: Selected) -> Iterator[LeftOut]:
    kept = {placed.index: edits for placed, edits in selected.chosen}
    for placed in program.placed:
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
