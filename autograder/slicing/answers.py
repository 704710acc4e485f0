"""A submission and the templates come in; for each question, what to run for it goes out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from autograder.model.errors import HarnessFault
from autograder.model.findings import Finding, clean, code_line
from autograder.model.manifest import Assignment, Question
from autograder.model.submission import Submission
from autograder.slicing.alignment import Alignment, align
from autograder.slicing.notebook import Notebook, NotebookError, parse
from autograder.slicing.slicer import Slice, slice_question

#: Below this share of template cells found, a notebook of another name is not taken for the one.
MIN_QUALITY = 0.5


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
    _found: dict[str, Alignment | Finding] = field(default_factory=dict)
    _slices: dict[str, Slice | Finding] = field(default_factory=dict)

    def slice(self, question: Question) -> Slice | Finding:
        """What to run for a question, or why there is nothing to run."""
        if question.id not in self._slices:
            self._slices[question.id] = self._make_slice(question)
        return self._slices[question.id]

    def sources(self, question: Question, cells: set[int]) -> list[tuple[int, str]]:
        """The text of the student's cells of those numbers, in order."""
        alignment = self._found.get(question.notebook)
        if not isinstance(alignment, Alignment):
            return []
        return [(c.number, c.source) for c in alignment.student.cells if c.number in cells]

    def line(self, question: Question, cell: int, line: int) -> str:
        """The student's own line, quoted; empty if there is none, or a blank one, at that place."""
        alignment = self._found.get(question.notebook)
        if not isinstance(alignment, Alignment):
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
        if notebook not in self._found:
            self._found[notebook] = self._find(notebook)
        return self._found[notebook]

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

    def _find(self, name: str) -> Alignment | Finding:
        template = self.templates[name]
        files = self.submission.notebooks
        named = self.submission.named(name)
        if named:
            try:
                return align(parse(self.submission.read(named[0]), name), template)
            except NotebookError as error:
                return Finding(str(error))
        known = {entry.lower() for entry in self.templates}
        candidates: list[Alignment] = []
        for file in files:
            if file.name.lower() not in known:
                try:
                    notebook = parse(self.submission.read(file), file.name)
                except NotebookError as error:
                    self.notes.append(str(error))
                    continue
                candidates.append(align(notebook, template))
        best = max(candidates, key=lambda alignment: alignment.quality, default=None)
        if best is None or best.quality < MIN_QUALITY:
            return self._not_there(name)
        self.notes.append(f"{best.student.name} was taken for {name}; please keep the name.")
        return best

    def _not_there(self, name: str) -> Finding:
        held = ", ".join(str(file) for file in self.submission.files[:5]) or "no notebook"
        broken = " ".join(self.notes)
        return Finding(
            f"{name} is not in the submission, which holds {held}. {broken}".strip(),
            f"Hand in {name} under that name.",
        )
