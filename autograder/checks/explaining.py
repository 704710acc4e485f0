"""What was to be run for a question and what came of it come in; each line's fate goes out."""

from __future__ import annotations

import ast
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from autograder.checks.process import Ran
from autograder.model.explained import (
    FAILED,
    KEPT,
    LEFT_OUT,
    NOTHING,
    OPTIONAL,
    STOPPED,
    UNREAD,
    Explained,
    ExplainedCell,
    ExplainedName,
    Piece,
)
from autograder.model.findings import clean
from autograder.model.manifest import Question
from autograder.sandbox.requests import StudentException
from autograder.slicing.alignment import Alignment
from autograder.slicing.answers import Answers
from autograder.slicing.edits import first_line
from autograder.slicing.magics import parse_python
from autograder.slicing.notebook import Cell
from autograder.slicing.slicer import LeftOut, Slice
from autograder.wire.protocol import Step

#: Characters of source that are shown at most, and the pieces that they are in.
MAX_SHOWN, MAX_PIECES = 2_000_000, 20_000
#: Of pieces with several steps the one that tells most gives the mark.
_WORST = (FAILED, STOPPED, KEPT, OPTIONAL)
#: As the slicer has them.
_DYNAMIC = frozenset({"exec", "eval", "globals", "locals", "vars"})


def explained(
    answers: Answers,
    question: Question,
    ran: Ran,
    *,
    whole: str,
    seconds: float,
    budget: float,
    notes: Sequence[str],
) -> Explained:
    """The explanation of one question.

    Args:
        whole: why all of the notebook was asked to be run; empty if it was not.
        notes: what is to be said besides the answers' own notes.
    """
    cells: list[ExplainedCell] = []
    cut = 0
    asked = bool(question.notebook)
    plan = answers.slice(question, whole=bool(whole)) if asked else None
    alignment = answers.aligned(question.notebook) if asked else None
    if isinstance(plan, Slice) and isinstance(alignment, Alignment):
        if plan.whole and not whole:
            whole = f"names come and go in a way that no reading can follow{_dynamic(alignment)}"
        found = list(_Fates(plan, ran, budget).cells(alignment, question))
        cells, cut = _bounded(found)
    file = answers.file(question.notebook) if question.notebook else None
    return Explained(
        submission=answers.submission.name,
        assignment=answers.assignment.title,
        question=question.id,
        title=question.title,
        notebook=question.notebook,
        file=str(file or ""),
        notes=(*notes, *answers.notes),
        whole=whole,
        problem=ran.problem,
        names=tuple(
            ExplainedName(name, ran.kinds.get(name, ""), ran.missing.get(name, ""))
            for name in question.names
        ),
        cells=tuple(cells),
        seconds=round(seconds, 3),
        budget=budget,
        cut=cut,
    )


def _dynamic(alignment: Alignment) -> str:
    """Where the notebook speaks of what makes names, in words; empty if that is not found."""
    for cell in alignment.student.cells:
        for node in _statements(cell):
            for inner in ast.walk(node):
                if isinstance(inner, ast.Name) and inner.id in _DYNAMIC:
                    return f" (`{inner.id}` in cell {cell.number}, line {inner.lineno})"
    return ""


def _bounded(cells: Sequence[ExplainedCell]) -> tuple[list[ExplainedCell], int]:
    """The last cells of those that are not too many, and how many there are besides."""
    kept: list[ExplainedCell] = []
    characters = pieces = 0
    for cell in reversed(cells):  # the answer is at the end
        characters += sum(len(piece.text) for piece in cell.pieces)
        pieces += len(cell.pieces)
        if characters > MAX_SHOWN or pieces > MAX_PIECES:
            break
        kept.insert(0, cell)
    return kept, len(cells) - len(kept)


@dataclass
class _Fates:
    """What became of each line."""

    plan: Slice
    ran: Ran
    budget: float

    def __post_init__(self) -> None:
        index = {_key(step): n for n, step in enumerate(self.ran.steps)}
        same = self.ran.steps == self.plan.steps
        #: By cell and line, the steps that start there, and what became of each.
        self._steps: dict[tuple[int, int], list[tuple[Step, str, str]]] = {}
        for number, step in enumerate(self.plan.steps):
            mark, reason = self._fate(step, number if same else index.get(_key(step)))
            self._steps.setdefault((step.cell, step.line), []).append((step, mark, reason))
        self._left: dict[int, list[LeftOut]] = {}
        for part in self.plan.left_out:
            self._left.setdefault(part.cell, []).append(part)
        for parts in self._left.values():
            parts.sort(key=_line)
        self._broken = {broken.cell: broken for broken in self.plan.broken}

    def cells(self, alignment: Alignment, question: Question) -> Iterator[ExplainedCell]:
        """The template's imports, the cells down to the answer, and those below that are run."""
        if given := [steps for (cell, _), steps in self._steps.items() if cell == 0]:
            pieces = [Piece(s.line, s.source, m, r) for steps in given for s, m, r in steps]
            yield ExplainedCell(0, tuple(pieces))
        last = len(alignment.up_to(question.anchor))
        shown = {cell for cell, _ in self._steps} | self._broken.keys()
        for index, cell in enumerate(alignment.student.cells):
            if (
                cell.kind == "code"
                and cell.source.strip()
                and (index < last or cell.number in shown)
            ):
                below = index >= last
                yield ExplainedCell(cell.number, tuple(self._pieces(cell, below=below)), below)

    def _fate(self, step: Step, index: int | None) -> tuple[str, str]:
        """Mark and reason of one step; ``index`` is None if it was not among those that ran."""
        if self.ran.problem or index is None:
            return self._fate_unrun(step)
        replayed = self.ran.replayed
        if step.optional and (step.cell, step.line) in replayed.stopped:
            return STOPPED, f"{self._why(step)}; {self._budget}"
        if index in replayed.failed:
            return FAILED, self._error(step, replayed.failed[index])
        return OPTIONAL if step.optional else KEPT, self._why(step)

    def _fate_unrun(self, step: Step) -> tuple[str, str]:
        if self.ran.left_out and step.optional:
            return STOPPED, "with what may matter the notebook did not end, or ended its process"
        return OPTIONAL if step.optional else KEPT, self._why(step)

    @property
    def _budget(self) -> str:
        return f"stopped: what may matter has {self.budget:g} s in all"

    def _why(self, step: Step) -> str:
        if step.cell == 0:
            return "an import of the template that is used here and has been lost"
        return clean(step.why, 500) or ("the whole notebook is run" if self.plan.whole else "")

    def _error(self, step: Step, error: StudentException | None) -> str:
        if error is None:
            failures = self.ran.replayed.failures
            lost = [f"`{clean(name, 100)}`" for name in step.uses if name in failures]
            return f"not tried: it uses {', '.join(lost) or 'a name'}, which could not be defined"
        message = clean(error.message, 300).strip()
        text = f"{clean(error.type, 100)}: {message}" if message else clean(error.type, 100)
        where = f"{clean(error.file, 200)}, " if error.file else ""
        if error.cell not in (0, step.cell):
            where = f"cell {error.cell}, "
        return f"{text} ({where}line {error.line})" if error.line else text

    def _pieces(self, cell: Cell, *, below: bool) -> Iterator[Piece]:
        lines = cell.source.split("\n")
        broken = self._broken.get(cell.number)
        if broken is not None:
            reason = f"line {broken.line}: {clean(broken.message, 200)}".replace("\n", " ")
            yield Piece(1, cell.source, UNREAD, reason)
            return
        marks: list[tuple[str, str, int]] = [(NOTHING, "", 0)] * len(lines)
        for number, (begin, end, statements) in enumerate(_blocks(_statements(cell)), start=1):
            mark, reason = self._of_block(cell.number, statements, below=below)
            marks[begin - 1 : end] = [(mark, reason, number)] * (end - begin + 1)
            if mark != LEFT_OUT:
                left = self._left.get(cell.number, [])
                inside = slice(*(bisect_left(left, n, key=_line) for n in (begin, end + 1)))
                for part in _apart(left[inside], statements):
                    fate = LEFT_OUT, "", number
                    marks[part.line - 1 : part.end] = [fate] * (part.end - part.line + 1)
        line, told = 1, set[int]()
        for (mark, reason, number), same in groupby(marks):
            count = len(list(same))
            text = "\n".join(lines[line - 1 : line - 1 + count])
            again = mark != LEFT_OUT and number in told
            yield Piece(line, text, mark, "" if again else reason, rest=again)
            if mark not in (LEFT_OUT, NOTHING):
                told.add(number)
            line += count

    def _why_not(self, statements: Sequence[ast.stmt]) -> str:
        """Why even a run of the whole notebook leaves something out."""
        if any(isinstance(node, ast.Delete) for node in statements):
            return "it deletes what is asked for"
        return "the manifest says that it only reads"

    def _of_block(
        self, cell: int, statements: Sequence[ast.stmt], *, below: bool
    ) -> tuple[str, str]:
        """Mark and reason of statements that share lines."""
        starts = dict.fromkeys(first_line(node) for node in statements)
        steps = [found for line in starts for found in self._steps.get((cell, line), ())]
        if not steps:
            return LEFT_OUT, self._why_not(statements) if self.plan.whole and not below else ""
        mark = min((mark for _, mark, _ in steps), key=_WORST.index)
        reasons = dict.fromkeys(reason for _, each, reason in steps if each == mark and reason)
        return mark, " ".join(_joined(reasons).split())


def _key(step: Step) -> tuple[int, int, tuple[str, ...]]:
    """What a step has in common with what is left of it without what only may matter."""
    return step.cell, step.line, step.binds


def _joined(reasons: Iterable[str]) -> str:
    """Reasons as one; of those that bind names, the names."""
    found = list(reasons)
    if all(reason.startswith("binds ") for reason in found):
        names = dict.fromkeys(n for r in found for n in r.removeprefix("binds ").split(", "))
        return f"binds {', '.join(names)}" if names else ""
    return "; ".join(found)


def _statements(cell: Cell) -> list[ast.stmt]:
    try:
        return parse_python(cell.python).body if cell.kind == "code" else []
    except (SyntaxError, RecursionError):
        return []


def _blocks(statements: Sequence[ast.stmt]) -> Iterator[tuple[int, int, list[ast.stmt]]]:
    """First and last lines of statements; those that share a line come together."""
    begin = end = 0
    together: list[ast.stmt] = []
    for node in statements:
        if together and first_line(node) > end:
            yield begin, end, together
            together = []
        begin = begin if together else first_line(node)
        end = max(end, node.end_lineno or node.lineno)
        together.append(node)
    if together:
        yield begin, end, together


def _line(part: LeftOut) -> int:
    return part.line


def _apart(parts: Sequence[LeftOut], statements: Sequence[ast.stmt]) -> Iterator[LeftOut]:
    """Those parts inside statements on whose lines nothing else is: no head, no neighbour."""
    if not parts:
        return
    taken = {first_line(node) for node in statements} | {node.lineno for node in statements}
    left = Counter(part.line for part in parts)
    for begin, end, together in _blocks_inside(statements):
        if len(together) > sum(left[line] for line in range(begin, end + 1)):
            taken |= set(range(begin, end + 1)) if len(together) > 1 else set()
    for part in parts:
        if taken.isdisjoint(range(part.line, part.end + 1)):
            yield part


def _blocks_inside(statements: Sequence[ast.stmt]) -> Iterator[tuple[int, int, list[ast.stmt]]]:
    for statement in statements:
        for node in ast.walk(statement):
            for _, value in ast.iter_fields(node):
                if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
                    yield from _blocks(value)
