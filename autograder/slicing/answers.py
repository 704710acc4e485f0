"""A submission and the templates come in; for each question, what to run for it goes out."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Protocol

from autograder.model.errors import HarnessFault
from autograder.model.findings import Finding, clean, code_line
from autograder.model.manifest import Assignment, Question
from autograder.model.submission import Submission
from autograder.slicing.alignment import Alignment, align
from autograder.slicing.notebook import Cell, Notebook, NotebookError, parse
from autograder.slicing.packages import Packages
from autograder.slicing.slicer import BrokenCell, Slice, slice_question

#: Below this share of template cells found, a notebook of another name is not taken for the one.
MIN_QUALITY = 0.5


class AnswerSource(Protocol):
    """Where a question's answer is: in submitted notebooks, or live in a running one."""

    def slice(self, question: Question, *, whole: bool = False) -> Slice | Finding:
        """What to run for a question, or why there is nothing to run.

        Args:
            whole: all of the notebook down to the answer, not what the answer needs.
        """

    def sources(self, question: Question, cells: set[int]) -> list[tuple[int, str]]:
        """The text of the student's cells of those numbers, as Python, in order."""

    def files(self, plan: Slice) -> dict[str, bytes]:
        """What the plan may read of what was handed in, by the path that it has for the student."""

    def line(self, question: Question, cell: int, line: int, file: str = "") -> str:
        """The student's own line, quoted; empty if there is none, or a blank one, at that place.

        Args:
            file: the path of the file that was handed in; empty for a cell.
        """

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
    _found: dict[str, Alignment | Finding] = field(default_factory=dict)
    _slices: dict[tuple[str, bool], Slice | Finding] = field(default_factory=dict)

    def slice(self, question: Question, *, whole: bool = False) -> Slice | Finding:
        """What to run for a question, or why there is nothing to run."""
        key = question.id, whole
        if key not in self._slices:
            self._slices[key] = self._make_slice(question, whole=whole)
        return self._slices[key]

    def sources(self, question: Question, cells: set[int]) -> list[tuple[int, str]]:
        """The text of the student's cells of those numbers, as Python, in order."""
        alignment = self._found.get(question.notebook)
        if not isinstance(alignment, Alignment):
            return []
        found = [cell for cell in alignment.student.cells if cell.number in cells]
        return [(cell.number, _as_python(cell)) for cell in found]

    def cells(self, question: Question) -> list[tuple[int, str]]:
        """The text of all of the student's cells that a run of the whole notebook may run."""
        alignment = self._found.get(question.notebook)
        if not isinstance(alignment, Alignment):
            return []
        return [(cell.number, cell.source) for cell in alignment.student.cells]

    def files(self, plan: Slice) -> dict[str, bytes]:
        """What the plan may read of what was handed in, by the path that it has for the student."""
        handed_in = self._files()
        modules = {name.split("/")[0].removesuffix(".py") for name in handed_in}
        return handed_in if plan.files or modules & plan.imports else {}

    def _files(self) -> dict[str, bytes]:
        files = [file for file in self.submission.files if file.suffix.lower() != ".ipynb"]
        return {str(self._at_home(file)): self.submission.read(file) for file in files}

    def _at_home(self, file: PurePosixPath) -> PurePosixPath:
        """The path of a file from the folder that everything was handed in in."""
        files = self.submission.files
        tops = {other.parts[0] for other in files if len(other.parts) > 1}
        shared = len(tops) == 1 and all(len(other.parts) > 1 for other in files)
        notebooks = any(len(other.parts) == 2 for other in self.submission.notebooks)
        return file.relative_to(*tops) if shared and notebooks else file

    def line(self, question: Question, cell: int, line: int, file: str = "") -> str:
        """The student's own line, quoted; empty if there is none, or a blank one, at that place."""
        if file:
            lines = self._files().get(file, b"").decode("utf-8", "replace").split("\n")
        else:
            alignment = self._found.get(question.notebook)
            cells = alignment.student.cells if isinstance(alignment, Alignment) else ()
            lines = next((c.source for c in cells if c.number == cell), "").split("\n")
        text = lines[line - 1].strip() if 0 < line <= len(lines) else ""
        return code_line(text) if text else ""

    def undefined(self, question: Question, name: str, plan: Slice) -> Finding:
        """What to say of a name that the notebook does not define."""
        text = f"`{name}` is not defined in {question.notebook}."
        if plan.broken:  # the one nearest to where the answer belongs
            text += f" {self._said_of(question, plan.broken[-1])}"
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
        line = self.line(question, broken.cell, broken.line)
        return (
            f"Cell {broken.cell} cannot be read as Python at line {broken.line}, {line}: "
            f"{clean(broken.message, 200)}."
        )

    def aligned(self, notebook: str) -> Alignment | Finding:
        """The submitted notebook beside its template, or why there is none."""
        if notebook not in self._found:
            self._found[notebook] = self._find(notebook)
        return self._found[notebook]

    def _make_slice(self, question: Question, *, whole: bool) -> Slice | Finding:
        alignment = self.aligned(question.notebook)
        if isinstance(alignment, Finding):
            return alignment
        try:
            return slice_question(
                alignment, question.anchor, question.names, self.packages, whole=whole
            )
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


def _as_python(cell: Cell) -> str:
    try:
        return cell.python
    except SyntaxError:
        return cell.source
