"""An assignment comes in; the cells of its solution that hold answers go out."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from autograder.model.manifest import Assignment, NotebookEntry, Question
from release.markup.cell_roles import Role, parts_of
from release.markup.markers import Fate
from release.markup.model import Location
from release.markup.source import plain_python
from release.markup.strip_cell import code_regions
from release.markup.templates import markers_for, solved, source_of
from release.mutants.code import Code, Vocabulary


@dataclass(frozen=True)
class AnswerCell:
    """A cell of the solution that holds answers.

    Attributes:
        entry: its notebook or module.
        location: where it is in the source.
        number: the cell's place in the notebook, from 0.
        id: the cell's.
        questions: those that the answers belong to, as far as the manifest tells.
    """

    entry: NotebookEntry
    location: Location
    number: int
    id: str
    text: str
    code: Code
    questions: tuple[Question, ...]
    solved: bytes = field(repr=False)

    @property
    def file(self) -> str:
        """What students submit."""
        return self.entry.file

    def with_text(self, text: str, data: bytes | None = None) -> bytes:
        """The solved file with other text in the cell.

        Args:
            data: in place of the solved file, one with other texts in other cells.
        """
        if self.entry.is_module:
            return f"{text}\n".encode()
        if data is not None:
            return replace(self, solved=data).with_text(text)
        tree = {**self._tree, "cells": list(self._tree["cells"])}
        tree["cells"][self.number] = {**tree["cells"][self.number], "source": text}
        return json.dumps(tree, indent=1, ensure_ascii=False).encode("utf-8")

    @cached_property
    def _tree(self) -> dict[str, Any]:
        tree: dict[str, Any] = json.loads(self.solved)
        return tree


def answer_cells(assignment: Assignment) -> Iterator[AnswerCell]:
    """The cells with answers in code, from top to bottom of each notebook.

    Cells that the manifest lists as unchecked are left out.

    Raises:
        SourceError, MarkerError, StripError: a source cannot be read.
    """
    files = solved(assignment)
    for entry in assignment.notebooks:
        source = source_of(assignment, entry)
        markers = markers_for(assignment, entry)
        parts = parts_of(source, entry.source, markers)
        pythons = [plain_python(c.source) for c in source.cells if c.cell_type == "code"]
        vocabulary = Vocabulary.of(python for python in pythons if python is not None)
        ids = _ids(entry, files[entry.file])
        for number, (cell, part) in enumerate(zip(source.cells, parts, strict=True)):
            if cell.cell_type != "code" or part.role is Role.STAFF:
                continue
            location = Location(entry.source, 0 if entry.is_module else number + 1)
            regions = code_regions(cell.source, location, markers, whole=part.role is Role.ANSWER)
            regions = tuple(r for r in regions if r.fate in (Fate.STUB, Fate.GONE))
            python = plain_python(cell.source)
            if not regions or python is None or ids[number] in entry.unchecked:
                continue
            code = Code(cell.source, python, regions, vocabulary)
            yield AnswerCell(
                entry,
                location,
                number,
                ids[number],
                cell.source,
                code,
                _questions(assignment, entry, ids, number),
                files[entry.file],
            )


def _ids(entry: NotebookEntry, data: bytes) -> list[str]:
    return ["module"] if entry.is_module else [cell["id"] for cell in json.loads(data)["cells"]]


def _questions(
    assignment: Assignment, entry: NotebookEntry, ids: Sequence[str], number: int
) -> tuple[Question, ...]:
    """The questions of a cell: those anchored there, else those of the next anchor below."""
    own = [q for q in assignment.questions if q.notebook == entry.file]
    for identifier in ids[number:]:
        found = tuple(question for question in own if question.anchor == identifier)
        if found:
            return found
    return tuple(own[-1:])


def questions_at(cell: AnswerCell, line: int) -> tuple[Question, ...]:
    """The questions that an answer's line belongs to: of several, those that ask for what it makes.

    Args:
        line: of the cell, from 1.
    """
    if len(cell.questions) < 2:
        return cell.questions
    made = _made_at(cell.code.tree, line)
    asked = tuple(q for q in cell.questions if made & set(q.names))
    return asked or cell.questions


def _made_at(tree: ast.Module, line: int) -> set[str]:
    """The names that the top-level statement on a line binds."""
    for statement in tree.body:
        if statement.lineno <= line <= (statement.end_lineno or 0):
            if isinstance(statement, ast.FunctionDef | ast.ClassDef):
                return {statement.name}
            return {
                node.id
                for node in ast.walk(statement)
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
            }
    return set()
