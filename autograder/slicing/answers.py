"""A submission and the templates come in; for each question, what to run for it goes out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import PurePosixPath
from typing import Protocol

from autograder.model.errors import HarnessFault
from autograder.model.findings import Finding, clean, code_line
from autograder.model.manifest import Assignment, Question
from autograder.model.submission import Submission
from autograder.slicing.alignment import Alignment
from autograder.slicing.candidates import Choice, Wanted, choose
from autograder.slicing.corrections import corrected_at
from autograder.slicing.notebook import Cell, Notebook
from autograder.slicing.packages import Packages
from autograder.slicing.program import BrokenCell
from autograder.slicing.slicer import Slice, slice_question

#: A line of the student's: in the cell of a number or the file of a path, and its number there.
Spot = tuple[int | str, int]
#: What to run for a question, or why there is nothing to run.
Plan = Slice | Finding
#: Of the lines of one plan, so many at most are quoted.
MAX_QUOTABLE = 20_000


class AnswerSource(Protocol):
    """Where a question's answer is: in submitted notebooks, or live in a running one.

    Attributes:
        assignment: the questions, and how their notebooks are run.
        slow: notebook, cell and line of statements that took too long, by something in them that
            only may matter.
    """

    assignment: Assignment
    slow: set[tuple[str, int, int]]

    def slice(self, question: Question, *, whole: bool = False) -> Slice | Finding:
        """What to run for a question, or why there is nothing to run.

        Args:
            whole: all of the notebook down to the answer, not what the answer needs.
        """

    def corrected(self, question: Question) -> bool:
        """Whether the second look at a question is at a correction in a cell further below."""

    def sources(self, question: Question, cells: set[int]) -> list[tuple[int, str]]:
        """The text of the student's cells of those numbers, as Python, in order."""

    def written(self, question: Question) -> Slice | Finding:
        """What defines the names of a question, to be read and not run."""

    def files(self, question: Question, plan: Slice) -> dict[str, bytes]:
        """What the plan may read of what was submitted, by the path that it has for the student."""

    def line(self, question: Question, plan: Plan, cell: int, line: int, file: str = "") -> str:
        """The student's own line, quoted; empty if nothing that the plan runs is at that place.

        Args:
            file: the path of the file that was submitted; empty for a cell.
        """

    def lines(self, question: Question, plan: Plan) -> int:
        """How many lines `line` has to choose from."""

    def undefined(self, question: Question, name: str, plan: Slice) -> Finding:
        """What to say of a name that the plan does not define."""

    def unreadable(self, question: Question, plan: Slice | Finding, name: str) -> str:
        """A sentence on the cell that speaks of a name and cannot be read, if there is one."""


@dataclass
class Answers:
    """The submission's notebooks, each found, read and aligned once, when first asked for."""

    assignment: Assignment
    templates: dict[str, Notebook]
    submission: Submission
    packages: Packages = field(default_factory=Packages)
    notes: list[str] = field(default_factory=list)
    slow: set[tuple[str, int, int]] = field(default_factory=set)
    _chosen: dict[str, Choice] = field(default_factory=dict)
    _slices: dict[tuple[str, bool], Slice | Finding] = field(default_factory=dict)
    _corrections: dict[str, int | None] = field(default_factory=dict)
    _quotable: dict[int, tuple[Slice, dict[Spot, str]]] = field(default_factory=dict)

    def slice(self, question: Question, *, whole: bool = False) -> Slice | Finding:
        """What to run for a question, or why there is nothing to run.

        Where the answer was corrected below, ``whole`` is what the names need down to there: all of
        the notebook has too much in between that takes long.
        """
        key = question.id, whole
        if key not in self._slices:
            self._slices[key] = self._make_slice(question, whole=whole)
        return self._slices[key]

    def corrected(self, question: Question) -> bool:
        """Whether the second look at a question is at a correction in a cell further below."""
        return self._corrected_at(question) is not None

    def _corrected_at(self, question: Question) -> int | None:
        alignment = self.aligned(question.notebook)
        if (
            isinstance(alignment, Finding)
            or not question.anchor
            or self.assignment.runs_whole(question)
        ):
            return None
        if question.id not in self._corrections:
            try:
                found = corrected_at(alignment, question.anchor, question.names)
            except KeyError:  # the manifest's fault, which is told where the question is graded
                found = None
            self._corrections[question.id] = found
        return self._corrections[question.id]

    def sources(self, question: Question, cells: set[int]) -> list[tuple[int, str]]:
        """The text of the student's cells of those numbers, as Python, in order."""
        alignment = self._alignment(question)
        if alignment is None:
            return []
        found = [cell for cell in alignment.student.cells if cell.number in cells]
        return [(cell.number, _as_python(cell)) for cell in found]

    def written(self, question: Question) -> Slice | Finding:
        """What defines the names of a question, to be read and not run."""
        return self.slice(question)

    def cells(self, question: Question) -> list[tuple[int, str]]:
        """The text of all of the student's cells that a run of the whole notebook may run."""
        alignment = self._alignment(question)
        cells = alignment.student.cells if alignment is not None else ()
        return [(cell.number, cell.source) for cell in cells]

    def files(self, question: Question, plan: Slice) -> dict[str, bytes]:
        """What the plan may read of what was submitted, by the path that it has for the student."""
        places = self._places(question)
        modules = {name.split("/")[0].removesuffix(".py") for name in places}
        if not (plan.files or modules & plan.imports):
            return {}
        return {name: self.submission.read(file) for name, file in places.items()}

    def _places(self, question: Question) -> dict[str, PurePosixPath]:
        """By the path from the folder of a question's notebook, what was submitted beside it.

        Modules that the assignment asks for lie under the name that they should have.
        """
        taken = self.file(question.notebook)
        home = taken.parent if taken is not None and taken.suffix != ".py" else PurePosixPath()
        files = [file for file in self.submission.files if file.suffix.lower() != ".ipynb"]
        places = {
            str(file.relative_to(home) if file.is_relative_to(home) else file): file
            for file in files
        }
        for entry in self.assignment.notebooks:
            module = self.file(entry.file) if entry.is_module else None
            if module is not None:
                places[entry.file] = module
        return places

    def line(self, question: Question, plan: Plan, cell: int, line: int, file: str = "") -> str:
        """The student's own line, quoted; empty if nothing that the plan runs is at that place."""
        text = self.quotable(question, plan).get((file or cell, line), "")
        return code_line(text) if text else ""

    def lines(self, question: Question, plan: Plan) -> int:
        """How many lines `line` has to choose from."""
        return len(self.quotable(question, plan))

    def quotable(self, question: Question, plan: Plan) -> Mapping[Spot, str]:
        """What messages may quote, by cell or file and line: the lines that the plan runs.

        Where student code says that it stopped is not to be believed. A line that is no part of
        the plan is no part of what verdicts are cached by, and many lines could tell an input.
        """
        if not isinstance(plan, Slice):
            return {}
        known = self._quotable.get(id(plan))
        if known is None or known[0] is not plan:
            found = dict(islice(self._lines_run(question, plan), MAX_QUOTABLE))
            known = self._quotable[id(plan)] = plan, found
        return known[1]

    def _lines_run(self, question: Question, plan: Slice) -> Iterator[tuple[Spot, str]]:
        cells = {number: text.split("\n") for number, text in self.cells(question)}
        for broken in plan.broken:  # which is said, and where
            yield from _spot(broken.cell, broken.line, cells.get(broken.cell, []))
        for step in plan.steps:
            for number, text in enumerate(step.source.split("\n"), start=step.line):
                if _does_something(text):
                    yield from _spot(step.cell, number, cells.get(step.cell, []))
        for name, data in self.files(question, plan).items():
            if name.endswith(".py"):
                lines = data.decode("utf-8", "replace").split("\n")
                for number, text in enumerate(lines, start=1):
                    if _does_something(text):
                        yield from _spot(name, number, lines)

    def undefined(self, question: Question, name: str, plan: Slice) -> Finding:
        """What to say of a name that the notebook does not define."""
        text = f"`{name}` is not defined in {question.notebook}."
        if plan.broken:  # the one nearest to where the answer belongs
            text += f" {self._said_of(question, plan.broken[-1])}"
        if self.unreadable(question, plan, name):
            return Finding(text, "Mend that line; the rest of the cell counts again then.")
        return Finding(text, f"Define `{name}` in the cell of question {question.id}.")

    def unreadable(self, question: Question, plan: Slice | Finding, name: str) -> str:
        """A sentence on the cell that speaks of a name and cannot be read, if there is one."""
        broken = plan.broken if isinstance(plan, Slice) else ()
        texts = dict(self.cells(question))
        for cell in broken:
            if name in re.findall(r"\w+", texts.get(cell.cell, "")):
                return self._said_of(question, cell)
        return ""

    def _said_of(self, question: Question, broken: BrokenCell) -> str:
        lines = dict(self.cells(question)).get(broken.cell, "").split("\n")
        found = [text for _, text in _spot(broken.cell, broken.line, lines)]
        line = code_line(found[0]) if found else ""
        return (
            f"Cell {broken.cell} cannot be read as Python at line {broken.line}, {line}: "
            f"{clean(broken.message, 200)}."
        )

    def aligned(self, notebook: str) -> Alignment | Finding:
        """The submitted notebook beside its template, or why there is none."""
        return self._choose(notebook).aligned

    @property
    def missing(self) -> list[tuple[str, str]]:
        """The notebooks of which no file could be read, and why."""
        found = ((entry.file, self.aligned(entry.file)) for entry in self.assignment.notebooks)
        return [(file, end.public) for file, end in found if isinstance(end, Finding)]

    def file(self, notebook: str) -> PurePosixPath | None:
        """The file of the submission that was taken for a notebook, if any was."""
        return self._choose(notebook).file

    def _alignment(self, question: Question) -> Alignment | None:
        """The alignment of a question's notebook, if it was asked for before and is there."""
        choice = self._chosen.get(question.notebook)
        aligned = choice.aligned if choice else None
        return aligned if isinstance(aligned, Alignment) else None

    def _make_slice(self, question: Question, *, whole: bool) -> Slice | Finding:
        alignment = self.aligned(question.notebook)
        if isinstance(alignment, Finding):
            return alignment
        try:
            end = self._corrected_at(question) if whole else None
            return slice_for(
                self.assignment,
                question,
                alignment,
                self.packages,
                whole=whole and end is None,
                end=end,
            )
        except KeyError:
            raise HarnessFault(
                f"the template {question.notebook} has no cell '{question.anchor}', which the "
                f"manifest names as the anchor of {question.id}"
            ) from None

    def _choose(self, name: str) -> Choice:
        if name not in self._chosen:
            questions = tuple(q for q in self.assignment.questions if q.notebook == name)
            wanted = Wanted(name, self.templates[name], questions)
            choice = choose(wanted, self.templates, self.submission)
            self._chosen[name] = choice
            self.notes += choice.notes
        return self._chosen[name]


def slice_for(
    assignment: Assignment,
    question: Question,
    alignment: Alignment,
    packages: Packages,
    *,
    whole: bool = False,
    end: int | None = None,
) -> Slice:
    """What of a notebook is run for a question; ``whole`` and ``end`` as for ``slice_question``.

    Raises:
        KeyError: the template has no cell of the question's anchor.
    """
    return slice_question(
        alignment,
        question.anchor,
        question.names,
        packages,
        whole=whole,
        cell=assignment.runs_cell(question),
        end=end,
    )


def _spot(where: int | str, line: int, lines: Sequence[str]) -> Iterator[tuple[Spot, str]]:
    """A line with its place, if it is there and not blank."""
    text = lines[line - 1].strip() if 0 < line <= len(lines) else ""
    if text:
        yield (where, line), text


def _does_something(text: str) -> bool:
    """Whether a line of what is run holds code; ``None`` stands where some was left out."""
    bare = text.strip()
    return bool(bare) and not bare.startswith("#") and bare not in {"None", "(None", "(None)", ")"}


def _as_python(cell: Cell) -> str:
    try:
        return cell.python
    except SyntaxError:
        return cell.source
