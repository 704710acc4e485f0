"""A notebook of nbgrader's source version comes in; its cells, questions and tests go out."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from release.importing.autotests import autotests_of
from release.importing.cells import (
    check_python,
    holds_answer,
    holds_words,
    own_cell,
    title_of,
)
from release.importing.delimiters import delimiters_of, standardised
from release.importing.model import (
    AUTOTEST,
    BY_HAND,
    ForeignQuestion,
    ImportFailed,
    NotImported,
    PlannedCheck,
    Sheet,
    SourceCell,
    Test,
)
from release.importing.surroundings import statements
from release.markup.cell_roles import Part, Role, parts_of
from release.markup.markers import NBGRADER, Fate, of_tool
from release.markup.model import Location
from release.markup.regions import find_regions
from release.markup.source import read_source

MARKERS = of_tool(NBGRADER, strict=False)
_AUTOTEST = re.compile(r"^(\s*)#+\s*(?:HASHED\s+)?AUTOTEST\b(.*)$")


def is_source(notebook: NotebookNode) -> bool:
    """Whether a cell has nbgrader's metadata."""
    return any(_settings(cell) for cell in notebook.cells)


def read(path: Path) -> Sheet:
    """Read one notebook.

    Raises:
        ImportFailed: it is not nbgrader's.
        SourceError, MarkerError: it cannot be read, or its markers are broken.
    """
    notebook = read_source(path)
    check_python(notebook, path.name)
    if not is_source(notebook):
        raise ImportFailed(
            f"{path}: found no cell with nbgrader's metadata; give the notebook of the source "
            "folder, or import it as otter's if it is that."
        )
    reader = _Reader(path.name)
    delimiters = delimiters_of(path.parent)
    above, below = (_given(each) for each in (delimiters.header, delimiters.footer))
    notebook.cells = [*above, *notebook.cells, *below]
    parts = parts_of(notebook, path.name, MARKERS)
    # Its own cells keep their numbers.
    for number, (cell, part) in enumerate(
        zip(notebook.cells, parts, strict=True), start=1 - len(above)
    ):
        cell.source = standardised(cell.source, delimiters, Location(path.name, number))
        reader.read(cell, part, number)
    return Sheet(
        f"{path.stem}.ipynb",
        notebook,
        tuple(reader.cells),
        tuple(reader.questions),
        tuple(reader.left),
        stub=delimiters.stub,
        text_stub=delimiters.text_stub,
        autotests=autotests_of(path.parent),
    )


def _given(path: Path | None) -> list[NotebookNode]:
    """The cells of a header or a footer, which hold no answers and no tests."""
    cells: list[NotebookNode] = [] if path is None else list(read_source(path).cells)
    for cell in cells:
        cell.metadata.pop("nbgrader", None)
        cell.metadata.update(editable=False, deletable=False)
    return cells


class _Reader:
    """Follows the notebook from cell to cell."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.cells: list[SourceCell] = []
        self.questions: list[ForeignQuestion] = []
        self.left: list[NotImported] = []
        self.words = ""

    def read(self, cell: NotebookNode, part: Part, number: int) -> None:
        """Take in the next cell."""
        settings = _settings(cell)
        name = str(settings.get("grade_id") or f"cell-{number}")
        by_hand = settings.get("task") or (settings.get("grade") and settings.get("solution"))
        if by_hand or (settings.get("grade") and cell.cell_type != "code"):
            self._by_hand(name, settings, number)
        elif settings.get("grade"):
            self._tests(cell, part, number, name)
            return
        if cell.cell_type == "markdown" and part.role is not Role.ANSWER:
            self.words = cell.source
        location = Location(self.file, number)
        code = cell.source if cell.cell_type == "code" else ""
        answer = name if holds_answer(cell, part, location, MARKERS) else ""
        words = holds_words(cell, part, location, MARKERS)
        kept = own_cell(cell, part, location, MARKERS)
        self.cells.append(SourceCell(number, kept, code, answer, words=words))

    def _tests(self, cell: NotebookNode, part: Part, number: int, name: str) -> None:
        """A cell of tests: all of it becomes a hidden check, what students see stays with them."""
        location = Location(self.file, number)
        lines = cell.source.split("\n")
        regions = [r for r in find_regions(cell.source, location, MARKERS) if r.fate is Fate.STAFF]
        marks = {at for r in regions for at in (r.cut.start, r.cut.stop - 1)}
        hidden = {at for r in regions for at in range(*r.cut.indices(len(lines)))}
        automatic = {at for at, line in enumerate(lines) if _AUTOTEST.match(line)}
        seen = "\n".join(t for at, t in enumerate(lines) if at not in hidden | automatic).strip(
            "\n"
        )
        # Blank lines in place of what is left out keep the numbers of the others.
        full = "\n".join("" if at in marks else _automatic(text) for at, text in enumerate(lines))
        public = "\n".join(
            "" if at in hidden | automatic else text for at, text in enumerate(lines)
        )
        points = float(_settings(cell).get("points") or 0)
        words = _docstring(public)
        test = Test(number, 1, full, scores=_may_score(full), automatic=bool(automatic))
        planned = [PlannedCheck((test,), True, points, words)]
        if public.strip() and not _only_comments(public):
            planned.append(PlannedCheck((Test(number, 1, public),), False, 0, words))
        title = title_of(self.words, name)
        self.questions.append(ForeignQuestion(name, title, points, number, tuple(planned)))
        kept = own_cell(cell, part, location, MARKERS)
        kept.source = seen
        self.cells.append(SourceCell(number, kept if seen else None, seen, test=full))

    def _by_hand(self, name: str, settings: Mapping[str, Any], number: int) -> None:
        why = f"{BY_HAND} ({float(settings.get('points') or 0):g} points in the original)"
        remedy = "grade it in Gradescope beside the autograder"
        self.leave(number, 0, f"cell {name}", why, remedy)

    def leave(self, cell: int, line: int, what: str, why: str, remedy: str) -> None:
        """Note what a person has to look at."""
        self.left.append(NotImported(self.file, cell, line, what, why, remedy))


def _settings(cell: NotebookNode) -> Mapping[str, Any]:
    settings = cell.metadata.get("nbgrader", {})
    return settings if isinstance(settings, Mapping) else {}


def _automatic(line: str) -> str:
    """A line that nbgrader turns into asserts, as calls of what stands for them."""
    found = _AUTOTEST.match(line)
    if found is None:
        return line
    parts = (part.strip() for part in found[2].split(";"))
    return found[1] + "; ".join(f"{AUTOTEST}({part})" for part in parts if part)


def _may_score(source: str) -> bool:
    """Whether its last line is a value: if that is a number, nbgrader takes it for the score."""
    body = statements(source)
    last = body[-1].value if body and isinstance(body[-1], ast.Expr) else None
    if isinstance(last, ast.Call):
        return ast.unparse(last.func) in ("round", "min", "max", "sum", "int", "float")
    return isinstance(last, ast.Name | ast.BinOp | ast.Subscript | ast.Attribute)


def _only_comments(source: str) -> bool:
    return all(not line.strip() or line.lstrip().startswith("#") for line in source.split("\n"))


def _docstring(source: str) -> str:
    """The first line of the string at the top of a test, as nbgrader's own examples have it."""
    try:
        text = ast.get_docstring(ast.parse(source)) or ""
    except SyntaxError:
        return ""
    line = text.strip().partition("\n")[0].rstrip(".")
    return line.replace("\\", "").replace('"', "'")[:100]
