"""A master notebook of otter-grader comes in; its cells, questions and tests go out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]
from nbformat import NotebookNode

from release.importing.cells import holds_answer, own_cell, title_of
from release.importing.line_answers import paired
from release.importing.masters import TEXTS, read_master
from release.importing.model import (
    BY_HAND,
    ForeignQuestion,
    ImportFailed,
    NotImported,
    PlannedCheck,
    Sheet,
    SourceCell,
    Test,
)
from release.importing.points import resolve
from release.importing.settings import left_of_settings, shows_hidden
from release.markup.cell_roles import Part, Role, parts_of, raw_text
from release.markup.markers import OTTER, of_tool
from release.markup.model import Location
from release.markup.source import SourceError

MARKERS = of_tool(OTTER, strict=False)
_BOUNDARY = re.compile(
    r"#+\s*(?:(?P<edge>BEGIN|END)[\s_]+(?P<block>QUESTION|SOLUTION|PROMPT|TESTS)"
    r"|(?P<config>ASSIGNMENT[\s_]+CONFIG))\b",
    re.IGNORECASE,
)
_BEGIN_CONFIG = re.compile(r"(?:.\s*=\s*)?\"\"?\"?\s*#\s*BEGIN\s*TEST\s*CONFIG", re.IGNORECASE)
_END_CONFIG = re.compile(r"\"\"?\"?\s*#\s*END\s*TEST\s*CONFIG", re.IGNORECASE)
_HIDDEN = re.compile(r"\s*#.*\bhidden\b", re.IGNORECASE)
_SEED = re.compile(r"#\s*SEED\s*$")
#: What otter leaves in the notebook that students get.
_STUDENTS = re.compile(r"<!--\s*BEGIN QUESTION|^grader\.check\(|otter\.Notebook\(", re.MULTILINE)


def is_master(path: Path) -> bool:
    """Whether a file is a master in Python: it has a raw cell of otter's, or what stood for one.

    Raises:
        SourceError: a notebook cannot be read.
    """
    try:
        return _is_master(read_master(path).notebook)
    except ImportFailed:
        return False
    except SourceError:
        if path.suffix in TEXTS:  # any text, without a cell of code
            return False
        raise


def _is_master(notebook: NotebookNode) -> bool:
    texts = (raw_text(cell) for cell in notebook.cells)
    return any(text is not None and _BOUNDARY.match(text.strip()) for text in texts)


@dataclass
class _Case:
    test: Test
    hidden: bool
    points: float | None


@dataclass
class _Open:
    """A question on its way."""

    settings: Mapping[str, Any]
    cell: int
    text: str = ""
    cases: list[_Case] = field(default_factory=list)
    last_test: int = 0

    @property
    def name(self) -> str:
        return str(self.settings["name"])


def read(path: Path) -> Sheet:
    """Read a master notebook.

    Raises:
        ImportFailed: it is not otter's, or its settings are wrong.
        SourceError, MarkerError: it cannot be read, or its blocks or markers are broken.
    """
    master = read_master(path)
    notebook = master.notebook
    if not _is_master(notebook):
        raise ImportFailed(f"{path}: {_no_master(notebook)}")
    reader = _Reader(path)
    for number, line in master.unmarked:
        why = "otter takes a marker behind a statement for none: students get the line, as there"
        reader.left.append(
            NotImported(path.name, number, line, "BEGIN SOLUTION", why, "see that it may")
        )
    parts = parts_of(notebook, path.name, MARKERS)
    for number, cell, part in zip(master.numbers, notebook.cells, parts, strict=True):
        reader.read(cell, part, number)
    return Sheet(
        f"{path.stem}.ipynb",
        notebook,
        tuple(reader.cells),
        tuple(reader.questions),
        tuple(reader.left),
        tuple(str(file) for file in reader.settings.get("files") or ()),
        shows_hidden=shows_hidden(reader.settings),
    )


def _no_master(notebook: NotebookNode) -> str:
    if any(_STUDENTS.search(cell.source) for cell in notebook.cells):
        return (
            "found what otter-grader gives to students, without solutions and tests; give the "
            "master notebook that it was made of."
        )
    return (
        "found no raw cell of otter-grader (# BEGIN QUESTION); give the master notebook, or import "
        "it as nbgrader's if it is that."
    )


class _Reader:
    """Follows the notebook from cell to cell."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file = path.name
        self.cells: list[SourceCell] = []
        self.questions: list[ForeignQuestion] = []
        self.left: list[NotImported] = []
        self.settings: Mapping[str, Any] = {}
        self.open: _Open | None = None
        self.block = ""

    def read(self, cell: NotebookNode, part: Part, number: int) -> None:
        """Take in the next cell."""
        raw = raw_text(cell)
        boundary = _BOUNDARY.match(raw.strip()) if raw is not None else None
        if boundary and raw is not None:
            self._boundary(boundary, raw, number)
            self.cells.append(SourceCell(number, None))
        elif self.block == "TESTS":
            self.cells.append(SourceCell(number, None, test=self._test(cell, number)))
        else:
            self._keep(cell, part, number)

    def _keep(self, cell: NotebookNode, part: Part, number: int) -> None:
        location = Location(self.file, number)
        if cell.cell_type == "code":
            cell.source = self._paired(cell.source, number)
        code = cell.source if cell.cell_type == "code" and part.role is not Role.STAFF else ""
        answer = ""
        if holds_answer(cell, part, location, MARKERS) or (code and self.block == "PROMPT"):
            answer = self.open.name if self.open else f"answer-{number}"
        kept = own_cell(cell, part, location, MARKERS)
        if code and not answer:
            kept.source = code = self._seeded(code, number)
        self.cells.append(SourceCell(number, kept, code, answer))
        if self.open and cell.cell_type == "markdown" and not self.block:
            self.open.text += f"{cell.source}\n"

    def _paired(self, source: str, number: int) -> str:
        source, lines = paired(source)
        for line in lines:
            why = "it marks the head of a block, or a magic: all of that is the answer now"
            remedy = "nothing, or give students more of it in a prompt"
            self._leave(number, line, "# SOLUTION", why, remedy)
        return source

    def _boundary(self, match: re.Match[str], raw: str, number: int) -> None:
        if match["config"]:
            self.settings = self._settings(raw, number)
            self.left += left_of_settings(self.settings, self.path, number)
            return
        block, begins = match["block"].upper(), match["edge"].upper() == "BEGIN"
        if block != "QUESTION":
            self.block = block if begins else ""
        elif begins:
            self.open = _Open(self._settings(raw, number), number)
            if not self.open.settings.get("name"):
                raise ImportFailed(
                    f"{self.file}, cell {number}: found a question without a name; "
                    "add the line `name: q1` to the raw cell."
                )
        elif self.open:
            self._close(self.open)
            self.open = None

    def _settings(self, raw: str, number: int) -> Mapping[str, Any]:
        location = f"{self.file}, cell {number}"
        try:
            settings = yaml.safe_load(raw)
        except yaml.YAMLError as error:
            finding = " ".join(str(error).split())
            raise ImportFailed(
                f"{location}: found settings that are no YAML ({finding})."
            ) from None
        if not isinstance(settings or {}, dict):
            raise ImportFailed(f"{location}: found settings that are no `key: value` lines.")
        return settings or {}

    # --- tests ---

    def _test(self, cell: NotebookNode, number: int) -> str:
        """Take in a cell of tests; its code."""
        assert self.open is not None
        if cell.cell_type != "code":
            self._leave(number, 0, "a cell of words among the tests", "it is no test", "nothing")
            return ""
        lines = cell.source.split("\n")
        settings: Mapping[str, Any] = {}
        start = 0
        if _BEGIN_CONFIG.match(lines[0]):
            end = next((n for n, line in enumerate(lines[1:], 1) if _END_CONFIG.match(line)), 0)
            settings = self._settings("\n".join(lines[1:end]), number)
            start = end + 1
        hidden = bool(settings.get("hidden", _HIDDEN.match(lines[0]) is not None))
        message = str(settings.get("failure_message") or "")
        if settings.get("success_message"):
            what, why = "success_message", "a passed check has no message of its own here"
            self._leave(number, 1, what, why, "put it into the handout, if it matters")
        asserts_only = (self.settings.get("tests") or {}).get("ok_format") is False
        output = None if asserts_only else _shown(cell)
        source = "\n".join(lines[start:])
        test = Test(number, start + 1, source, output, message, called=asserts_only)
        self.open.cases.append(_Case(test, hidden, settings.get("points")))
        self.open.last_test = number
        return source

    def _close(self, question: _Open) -> None:
        settings, cases, name = question.settings, question.cases, question.name
        where = f"{self.file}, cell {question.cell}, question {name}"
        if settings.get("manual"):
            self._by_hand(question)
            return
        points = resolve(settings.get("points"), [case.points for case in cases], where)
        if not cases:
            total = settings.get("points") or 1
            why = f"it has no tests ({total} points in the original)"
            self._leave(question.cell, 0, f"question {name}", why, "write checks of it")
            return
        planned = tuple(
            PlannedCheck((case.test,), case.hidden, weight)
            for case, weight in zip(cases, points, strict=True)
        )
        if settings.get("all_or_nothing"):
            public = [PlannedCheck(p.tests, False, 0) for p in planned if not p.hidden]
            everything = tuple(case.test for case in cases)
            planned = (PlannedCheck(everything, True, sum(points)), *public)
            why = "its public tests alone earn nothing"
            what = f"all_or_nothing of question {name}"
            remedy = "nothing: one hidden check holds all tests, the public ones are worth 0"
            self._leave(question.cell, 0, what, why, remedy)
        title = title_of(question.text, name)
        cell = question.last_test or question.cell
        self.questions.append(ForeignQuestion(name, title, sum(points), cell, planned))

    def _by_hand(self, question: _Open) -> None:
        points = question.settings.get("points") or 0
        why = f"{BY_HAND} ({points} points in the original)"
        remedy = "grade it in Gradescope beside the autograder"
        if question.cases:
            remedy += f"; its {len(question.cases)} tests were left out"
        self._leave(question.cell, 0, f"question {question.name}", why, remedy)

    def _seeded(self, source: str, number: int) -> str:
        """A given cell with the seed that otter gives students; grading sets no other."""
        seed = self.settings.get("seed") or {}
        variable = re.compile(rf"(\s*{re.escape(str(seed.get('variable')))}\s*=\s*)[^#]*")
        lines = source.split("\n")
        for at, text in enumerate(lines):
            if variable.match(text) and seed.get("student_value") is not None:
                lines[at] = variable.sub(rf"\g<1>{seed['student_value']}  ", text)
            elif not _SEED.search(text):
                continue
            lines[at] = _SEED.sub("", lines[at]).rstrip()
            why = f"grading sets no other seed, and students keep `{lines[at].strip()}`"
            remedy = "let an answer that draws numbers take a seeded generator as an argument"
            self._leave(number, at + 1, text.strip(), why, remedy)
        return "\n".join(lines)

    def _leave(self, cell: int, line: int, what: str, why: str, remedy: str) -> None:
        self.left.append(NotImported(self.file, cell, line, what, why, remedy))


def _shown(cell: NotebookNode) -> str:
    """What a test cell showed when the notebook was saved, as otter joins it."""
    texts = []
    for output in cell.outputs:
        texts += [output.get("text", ""), output.get("data", {}).get("text/plain", "")]
    return "".join("".join(text) if isinstance(text, list) else text for text in texts)
