"""A solution notebook comes in, what each of its cells is to students goes out.

Two tools mark whole cells: nbgrader in their metadata, otter-grader by raw cells around them
(`# BEGIN QUESTION`, `# BEGIN SOLUTION`, `# BEGIN PROMPT`, `# BEGIN TESTS`, their ends, and
`# ASSIGNMENT CONFIG`; a markdown cell that is one fence of the language `otter` counts as raw).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from nbformat import NotebookNode

from release.markup.markers import KNOWN, Markers
from release.markup.model import Location, MarkerError

_BLOCKS = ("QUESTION", "SOLUTION", "PROMPT", "TESTS")
_FENCE = re.compile(r"\s*```\s*otter\s*\n(?P<text>.*?)\n?```\s*", re.DOTALL)
_BOUNDARY = re.compile(
    rf"#+\s*(?:(?P<edge>BEGIN|END)[\s_]+(?P<block>{'|'.join(_BLOCKS)})|ASSIGNMENT[\s_]+CONFIG)\W*$",
    re.IGNORECASE,
)
_IGNORED = re.compile(r"#+\s*ignore\s*#*\s*$", re.IGNORECASE)
_SPELLINGS = (*(f"{edge} {block}" for edge in ("BEGIN", "END") for block in _BLOCKS),)


class Role(Enum):
    """What a cell is to students."""

    GIVEN = "given"  # theirs, but for the regions in it
    ANSWER = "answer"  # an answer as a whole, unless regions in it say what is
    STAFF = "staff"  # not for them


@dataclass(frozen=True)
class Part:
    """One cell's role.

    Attributes:
        locked: students should not edit it.
        question: otter's settings of the question that it belongs to begin in this raw cell.
    """

    role: Role
    locked: bool = False


def parts_of(notebook: NotebookNode, file: str, markers: Markers = KNOWN) -> tuple[Part, ...]:
    """The role of each cell, in order.

    Raises:
        MarkerError: blocks of cells are unmatched, nested or misspelt.
    """
    if not markers.blocks:
        return tuple(map(_nbgrader_part, notebook.cells))
    reader = _Reader(file)
    parts = tuple(reader.read(cell, number) for number, cell in enumerate(notebook.cells, start=1))
    reader.close()
    return parts


def raw_text(cell: NotebookNode) -> str | None:
    """The text of a raw cell, or of a markdown cell that stands for one; None for other cells."""
    if cell.cell_type == "raw":
        return str(cell.source)
    fence = _FENCE.fullmatch(cell.source) if cell.cell_type == "markdown" else None
    return fence["text"] if fence else None


@dataclass
class _Block:
    name: str
    cell: int


class _Reader:
    """Follows the blocks from cell to cell."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.open: list[_Block] = []
        self.has_prompt = False

    def read(self, cell: NotebookNode, number: int) -> Part:
        lines = cell.source.strip().split("\n")
        if _IGNORED.match(lines[0]):
            return Part(Role.STAFF)
        raw = raw_text(cell)
        if raw is not None and self._is_boundary(raw, number):
            return Part(Role.STAFF)
        if raw is None and (found := _BOUNDARY.match(lines[0].strip())) and _is_cells_own(found):
            text = found[0].strip("# ")
            raise self._error(number, f'"{text}" in a {cell.cell_type} cell', "make the cell raw")
        if self.open:
            return self._in_block(cell)
        return _nbgrader_part(cell)

    def close(self) -> None:
        """Raise MarkerError if a block is still open."""
        if self.open:
            block = self.open[-1]
            found = f'"BEGIN {block.name}" without an end'
            raise self._error(block.cell, found, f'put a raw cell "# END {block.name}" below it')

    def _is_boundary(self, raw: str, number: int) -> bool:
        first = raw.strip().split("\n")[0].strip()
        match = _BOUNDARY.match(first)
        if not match:
            self._check_spelling(first, number)
            return False
        if match["edge"] is None:
            return True
        name = match["block"].upper()
        if match["edge"].upper() == "BEGIN":
            self._begin(name, number)
        else:
            self._end(name, number)
        return True

    def _begin(self, name: str, number: int) -> None:
        depth = 0 if name == "QUESTION" else 1
        if len(self.open) > depth:
            outer = self.open[-1]
            found = f'"BEGIN {name}" before the "BEGIN {outer.name}" of cell {outer.cell} has ended'
            raise self._error(number, found, f'put a raw cell "# END {outer.name}" above it')
        if name == "QUESTION":
            self.has_prompt = False
        self.has_prompt |= name == "PROMPT"
        self.open.append(_Block(name, number))

    def _end(self, name: str, number: int) -> None:
        if not self.open or self.open[-1].name != name:
            found = f'"END {name}" without a beginning'
            remedy = f'put a raw cell "# BEGIN {name}" above it'
            if self.open:
                outer = self.open[-1]
                found = f'"END {name}" where "BEGIN {outer.name}" of cell {outer.cell} is open'
                remedy = f'put a raw cell "# END {outer.name}" above it'
            raise self._error(number, found, remedy)
        self.open.pop()

    def _check_spelling(self, first: str, number: int) -> None:
        text = " ".join(re.findall(r"[^\W_]+", first.upper())[:3])
        near = difflib.get_close_matches(text, [*_SPELLINGS, "ASSIGNMENT CONFIG"], cutoff=0.8)
        if first.startswith("#") and near:
            remedy = f'write "# {near[0]}" if that is what it means, or use other words'
            raise self._error(number, f'"{first.strip("# ")[:60]}" in a raw cell', remedy)

    def _in_block(self, cell: NotebookNode) -> Part:
        name = self.open[-1].name
        if name == "TESTS":
            return Part(Role.STAFF)
        if name != "SOLUTION":
            return Part(Role.GIVEN, locked=name == "QUESTION")
        if cell.cell_type != "markdown":
            return Part(Role.ANSWER)
        if self.has_prompt:  # which students get in its place
            return Part(Role.STAFF)
        self.has_prompt = True  # one place to write is enough
        return Part(Role.ANSWER)

    def _error(self, number: int, found: str, remedy: str) -> MarkerError:
        return Location(self.file, number).error(0, found, remedy)


def _is_cells_own(match: re.Match[str]) -> bool:
    """Whether the words mark cells only; the others may mark lines too."""
    return match["block"] is None or match["block"].upper() in ("QUESTION", "TESTS")


def _nbgrader_part(cell: NotebookNode) -> Part:
    settings: Mapping[str, Any] = cell.metadata.get("nbgrader", {})
    if not isinstance(settings, Mapping):
        return Part(Role.GIVEN)
    if settings.get("solution"):
        return Part(Role.ANSWER)
    locked = bool(settings.get("grade") or settings.get("locked"))
    return Part(Role.GIVEN, locked=locked and not settings.get("task"))
