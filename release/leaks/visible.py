"""Templates, public files and solution notebooks come in; what students are given anyway goes out.

A line of an answer that the notebook shows *above* the answer is no secret: students are meant to
read it there. A line that says little and stands elsewhere in a template is a coincidence. A line
that says much and stands elsewhere in a template is a leak.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from release.leaks.hidden import in_row, tokens
from release.leaks.lines import all_bare
from release.leaks.notebooks import notebook_cells, source_of
from release.leaks.texts import decoded
from release.leaks.trees import shapes
from release.markup.model import Answer


def sources(data: bytes) -> list[tuple[str, str]]:
    """The kind and text of each cell of a notebook; a module counts as one cell."""
    cells = [(str(cell.get("cell_type")), source_of(cell)) for cell in notebook_cells(data)]
    text = None if cells else decoded(data)
    return cells if text is None else [("code", text)]


def text_files(folder: Path) -> dict[str, str]:
    """The texts of all text files in a folder, by their path in it."""
    found: dict[str, str] = {}
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        if path.is_file() and "__pycache__" not in path.parts:
            text = decoded(path.read_bytes())
            if text is not None:
                found[path.relative_to(folder).as_posix()] = text
    return found


@dataclass(frozen=True)
class Visible:
    """What students see anyway.

    Attributes:
        lines: the bare text of all template cells and public checks.
        public: the bare text of the public folder.
        trees: the renamed fingerprints of the templates' code.
        rows: the words of templates and public checks, one after the other.
        above: for each answer, the bare text that its notebook shows above it.
    """

    lines: str
    public: str
    trees: frozenset[str]
    rows: str
    above: Mapping[Answer, str]

    @cached_property
    def everything(self) -> str:
        """The bare text of the templates and of the public folder."""
        return self.lines + self.public


def visible(
    templates: Mapping[str, bytes],
    solved: Mapping[str, bytes],
    public: Path,
    public_checks: Path,
    answers: Sequence[Answer],
) -> Visible:
    """Read all that students see anyway."""
    cells = [cell for data in templates.values() for cell in sources(data)]
    shown = [text for _, text in cells] + list(text_files(public_checks).values())
    files = list(text_files(public).values())
    code = [text for kind, text in cells if kind == "code"]
    lines = all_bare(shown)
    return Visible(
        lines=lines,
        public=all_bare(files),
        trees=frozenset(shape.renamed for text in code for shape in shapes(text).all()),
        rows=in_row(tuple(token for text in shown for token in tokens(text))),
        above=_above(solved, answers, lines),
    )


def _above(solved: Mapping[str, bytes], answers: Sequence[Answer], shown: str) -> dict[Answer, str]:
    """What is above each answer in its solution notebook, without the answers that are there."""
    notebooks = [sources(data) for data in solved.values()]
    found: dict[Answer, str] = {}
    for answer in answers:
        cells = next((cells for cells in notebooks if _holds(cells, answer)), [])
        others = [other for other in answers if other.file == answer.file]
        parts = [
            line
            for number, (_, text) in enumerate(cells[: max(answer.cell, 1)], start=1)
            for line in _outside(text, others, number, answer)
        ]
        bare = [all_bare([line]) for line in parts]
        found[answer] = "".join(line for line in bare if line in shown)
    return found


def _holds(cells: Sequence[tuple[str, str]], answer: Answer) -> bool:
    # The cell of a module is its number 0.
    inside = answer.cell <= len(cells) and (answer.cell > 0 or len(cells) == 1)
    return inside and answer.text.strip("\n") in cells[max(answer.cell, 1) - 1][1]


def _outside(text: str, others: Sequence[Answer], number: int, answer: Answer) -> list[str]:
    """The lines of a cell that are in no answer, down to ``answer`` if it is in this cell."""
    lines = text.split("\n")
    inside = {
        line
        for other in others
        if max(other.cell, 1) == number
        for line in range(other.line, other.line + other.text.rstrip("\n").count("\n") + 1)
    }
    end = answer.line - 1 if number == max(answer.cell, 1) else len(lines)
    return [line for n, line in enumerate(lines[:end], start=1) if n not in inside]
