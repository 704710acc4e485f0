"""A submission and the templates come in; for each question, what to run for it goes out."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Protocol

from autograder.model.errors import HarnessFault
from autograder.model.findings import Finding, clean, code_line
from autograder.model.manifest import Assignment, Question
from autograder.model.submission import Submission
from autograder.slicing.alignment import Alignment
from autograder.slicing.candidates import Choice, Wanted, choose
from autograder.slicing.notebook import Notebook
from autograder.slicing.slicer import Slice, slice_question


class AnswerSource(Protocol):
    """Where a question's answer is: in submitted notebooks, or live in a running one."""

    def slice(self, question: Question) -> Slice | Finding:
        """What to run for a question, or why there is nothing to run."""

    def line(self, question: Question, cell: int, line: int) -> str:
        """The student's own line, quoted; empty if there is none, or a blank one, at that place."""

    def undefined(self, question: Question, name: str, plan: Slice) -> Finding:
        """What to say of a name that the plan does not define."""


@dataclass
class Answers:
    """The submission's notebooks, each found, read and aligned once, when first asked for."""

    assignment: Assignment
    templates: dict[str, Notebook]
    submission: Submission
    given: frozenset[str]
    notes: list[str] = field(default_factory=list)
    _chosen: dict[str, Choice] = field(default_factory=dict)
    _slices: dict[str, Slice | Finding] = field(default_factory=dict)

    def slice(self, question: Question) -> Slice | Finding:
        """What to run for a question, or why there is nothing to run."""
        if question.id not in self._slices:
            self._slices[question.id] = self._make_slice(question)
        return self._slices[question.id]

    def sources(self, question: Question, cells: set[int]) -> list[tuple[int, str]]:
        """The text of the student's cells of those numbers, in order."""
        alignment = self._alignment(question)
        if alignment is None:
            return []
        return [(c.number, c.source) for c in alignment.student.cells if c.number in cells]

    def line(self, question: Question, cell: int, line: int) -> str:
        """The student's own line, quoted; empty if there is none, or a blank one, at that place."""
        alignment = self._alignment(question)
        if alignment is None:
            return ""
        source = next((c.source for c in alignment.student.cells if c.number == cell), "")
        lines = source.split("\n")
        text = lines[line - 1].strip() if 0 < line <= len(lines) else ""
        return code_line(text) if text else ""

    def undefined(self, question: Question, name: str, plan: Slice) -> Finding:
        """What to say of a name that the notebook does not define."""
        text = f"`{name}` is not defined in {question.notebook}."
        if plan.broken:
            broken = plan.broken[-1]  # the one nearest to where the answer belongs
            line = self.line(question, broken.cell, broken.line)
            text += (
                f" Cell {broken.cell} cannot be read as Python at line {broken.line}, {line}: "
                f"{clean(broken.message, 200)}."
            )
        return Finding(text, f"Define `{name}` in the cell of question {question.id}.")

    def aligned(self, notebook: str) -> Alignment | Finding:
        """The submitted notebook beside its template, or why there is none."""
        return self._choose(notebook).aligned

    def file(self, notebook: str) -> PurePosixPath | None:
        """The file of the submission that was taken for a notebook, if any was."""
        return self._choose(notebook).file

    def _alignment(self, question: Question) -> Alignment | None:
        """The alignment of a question's notebook, if it was asked for before and is there."""
        choice = self._chosen.get(question.notebook)
        aligned = choice.aligned if choice else None
        return aligned if isinstance(aligned, Alignment) else None

    def _make_slice(self, question: Question) -> Slice | Finding:
        alignment = self.aligned(question.notebook)
        if isinstance(alignment, Finding):
            return alignment
        try:
            return slice_question(alignment, question.anchor, question.names, self.given)
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
