"""The cells of an otter-grader master before 3.0 come in; the same in today's form go out.

There a fence in a text cell opens a question (```` ``` BEGIN QUESTION ... ``` ````), the cell below
it is the answer, cells that begin with `## Test ##` or `## Hidden Test ##` are its tests, and any
other cell ends it. `## Solution ##` marks a cell as the answer, and the cell above as what students
get in its place. otter's own `otter assign` of 2021 says so (`otter/assign/v0`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml  # type: ignore[import-untyped]
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell, new_raw_cell

from release.importing.model import ImportFailed

_FENCE = re.compile(
    r"^```[ \t]*\n[ \t]*BEGIN (?P<kind>ASSIGNMENT|QUESTION)[ \t]*\n(?P<settings>.*?)^```[ \t]*$\n?",
    re.MULTILINE | re.DOTALL,
)
_TEST = re.compile(
    r"##\s*(?P<hidden>hidden\s*)?test\s*##|#\s*(?P<secret>hidden\s*)?test\b"
    r'|(?P<config>"""\s*#\s*BEGIN\s*TEST\s*CONFIG)',
    re.IGNORECASE,
)
_SOLUTION = re.compile(r"##\s*solution\s*##\s*$", re.IGNORECASE)
_WORDS = re.compile(r"\s*(?:<strong>|\*{2})solution:?(?:</strong>|\*{2})", re.IGNORECASE)
_IGNORED = re.compile(r"#+\s*ignore\b", re.IGNORECASE)

Numbered = tuple[int, NotebookNode]


def has_fences(cell: NotebookNode) -> bool:
    """Whether a question, or an assignment, begins in a fence of it."""
    return cell.cell_type == "markdown" and _FENCE.search(cell.source) is not None


def rewritten_old(cells: Sequence[Numbered], file: str) -> list[Numbered]:
    """The cells with raw cells around what is a question, an answer, or a test.

    Raises:
        ImportFailed: the settings of a question are no YAML.
    """
    reader = _Reader(file)
    for at, (number, cell) in enumerate(cells):
        below = cells[at + 1][1] if at + 1 < len(cells) else None
        reader.read(number, cell, below)
    reader.close()
    return reader.made


@dataclass
class _Reader:
    """Follows the cells; knows the question that is open, and how far it has come."""

    file: str
    made: list[Numbered] = field(default_factory=list)
    by_hand: bool = False
    is_open: bool = False
    prompted: bool = False
    answered: bool = False
    in_tests: bool = False
    number: int = 0

    def read(self, number: int, cell: NotebookNode, below: NotebookNode | None) -> None:
        """Take in the next cell."""
        self.number = number
        first = cell.source.lstrip().partition("\n")[0]
        if _IGNORED.match(first):
            self._put(cell)
        elif has_fences(cell):
            self.close()
            self._fences(cell)
        elif self.is_open and cell.cell_type == "code" and _TEST.match(first):
            self._test(cell)
        elif cell.cell_type == "code" and _SOLUTION.match(first):
            self._answer(_without_first(cell))
        elif self.is_open and not self.in_tests and not self.answered:
            self._response(cell, below)
        elif self.is_open and not self.in_tests and self.prompted and _is_words(cell):
            self._answer(cell)
        else:
            self.close()
            self._put(cell)

    def close(self) -> None:
        """End the question that is open."""
        if self.in_tests:
            self._edge("END TESTS")
        if self.is_open:
            self._edge("END QUESTION")
        self.is_open = self.in_tests = self.prompted = self.answered = self.by_hand = False

    def _fences(self, cell: NotebookNode) -> None:
        for match in _FENCE.finditer(cell.source):
            if match["kind"] == "ASSIGNMENT":
                self._edge(f"ASSIGNMENT CONFIG\n{match['settings']}")
                continue
            settings = self._settings(match["settings"])
            self.is_open, self.by_hand = True, bool(settings.get("manual"))
            self._edge(f"BEGIN QUESTION\n{match['settings']}")
        if words := _FENCE.sub("", cell.source).strip("\n"):
            self._put(new_markdown_cell(words, metadata=cell.metadata))  # type: ignore[no-untyped-call]

    def _settings(self, text: str) -> dict[str, Any]:
        try:
            found = yaml.safe_load(text)
        except yaml.YAMLError as error:
            finding = " ".join(str(error).split())
            raise ImportFailed(
                f"{self.file}, cell {self.number}: found settings that are no YAML ({finding})."
            ) from None
        return found if isinstance(found, dict) else {}

    def _test(self, cell: NotebookNode) -> None:
        if not self.in_tests:
            self._edge("BEGIN TESTS")
            self.in_tests = True
        match = _TEST.match(cell.source.lstrip())
        if match and not match["config"]:
            hidden = match["hidden"] or match["secret"]
            lines = cell.source.lstrip().split("\n")
            cell.source = "\n".join(["# HIDDEN" if hidden else "", *lines[1:]])
        self._put(cell)

    def _response(self, cell: NotebookNode, below: NotebookNode | None) -> None:
        """The first cell of a question: its answer, or what students get in place of that."""
        if cell.cell_type == "markdown" and not self.by_hand:
            self.close()
            self._put(cell)
        elif cell.cell_type == "markdown" and not _is_words(cell):
            if self.prompted:  # one is enough; this one is no part of the question
                self.close()
                self._put(cell)
                return
            self.prompted = True
            self._around("PROMPT", cell)
        elif cell.cell_type == "code" and _is_solution(below):
            self._around("PROMPT", cell)
        else:
            self._answer(cell)

    def _answer(self, cell: NotebookNode) -> None:
        self._around("SOLUTION", cell)
        self.answered = self.is_open

    def _around(self, block: str, cell: NotebookNode) -> None:
        self._edge(f"BEGIN {block}")
        self._put(cell)
        self._edge(f"END {block}")

    def _edge(self, text: str) -> None:
        self.made.append((self.number, new_raw_cell(f"# {text}")))  # type: ignore[no-untyped-call]

    def _put(self, cell: NotebookNode) -> None:
        self.made.append((self.number, cell))


def _is_words(cell: NotebookNode) -> bool:
    """Whether a text cell says that it is the solution."""
    return cell.cell_type == "markdown" and any(map(_WORDS.match, cell.source.split("\n")))


def _is_solution(cell: NotebookNode | None) -> bool:
    if cell is None or cell.cell_type != "code":
        return False
    return _SOLUTION.match(cell.source.lstrip().partition("\n")[0]) is not None


def _without_first(cell: NotebookNode) -> NotebookNode:
    cell.source = "\n" + cell.source.lstrip().partition("\n")[2]
    return cell
