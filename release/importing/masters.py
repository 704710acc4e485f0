"""An otter-grader master in any of its forms comes in; a notebook in today's form goes out.

Today's form has raw cells around questions, solutions, prompts and tests (otter 3.0 and later).
Texts with code cells (Quarto, R Markdown) hold the same in blocks of the language `otter` or in
comments; older masters have fences in their text cells instead (see `old_masters`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell, new_raw_cell

from release.importing.cells import check_python
from release.importing.model import ImportFailed
from release.importing.old_masters import has_fences, rewritten_old
from release.markup.source import read_source

#: Quarto's and R Markdown's.
TEXTS = (".qmd", ".Rmd")
_R_CHUNK = re.compile(r"^```+\s*\{r\b", re.MULTILINE | re.IGNORECASE)
_PYTHON_CHUNK = re.compile(r"^```+\s*\{python\b", re.MULTILINE | re.IGNORECASE)
_EDGE = r"#+\s*(?:(?:BEGIN|END)[\s_]+(?:QUESTION|SOLUTION|PROMPT|TESTS)|ASSIGNMENT[\s_]+CONFIG)\b"
_BLOCK = re.compile(
    r"^(?P<fence>```+)\s*\{?otter\}?[^\n]*\n(?P<block>.*?)\n(?P=fence)[ \t]*$"
    rf"|^<!--\s*(?P<comment>{_EDGE}.*?)\s*-->[ \t]*$",
    re.MULTILINE | re.DOTALL | re.IGNORECASE,
)
#: How otter's own documentation shows a raw cell.
_RENDERED = re.compile(r"<div\b.*?<pre>\s*(?P<text>.*?)\s*</pre>.*", re.DOTALL)
_BEHIND = re.compile(r"(?P<code>^.*[^\s#].*?)\s*#+\s*BEGIN SOLUTION(?: NO PROMPT)?\s*$")


@dataclass(frozen=True)
class Master:
    """A master in today's form.

    Attributes:
        numbers: of each cell, that of the original cell which it stands in, from 1.
        unmarked: cells and lines (from 1) with a mark that otter takes for none.
    """

    notebook: NotebookNode
    numbers: tuple[int, ...]
    unmarked: tuple[tuple[int, int], ...] = ()


def read_master(path: Path) -> Master:
    """Read a master of otter 1 to 7, a notebook or a text with Python cells.

    Raises:
        ImportFailed: it is in another language, or its blocks are broken.
        SourceError: it cannot be read.
    """
    if path.suffix in TEXTS:
        _check_chunks(path)
    notebook = read_source(path)
    check_python(notebook, path.name)
    cells = list(enumerate(notebook.cells, start=1))
    if path.suffix in TEXTS:
        cells = [(number, part) for number, cell in cells for part in _parts(cell)]
    unmarked = tuple((number, line) for number, cell in cells for line in _unwrapped(cell))
    if any(has_fences(cell) for _number, cell in cells):
        cells = rewritten_old(cells, path.name)
    notebook.cells = [cell for _number, cell in cells]
    return Master(notebook, tuple(number for number, _cell in cells), unmarked)


def _check_chunks(path: Path) -> None:
    text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    if _R_CHUNK.search(text) and not _PYTHON_CHUNK.search(text):
        raise ImportFailed(f"{path.name}: found a text in R; only Python's are imported.")


def _parts(cell: NotebookNode) -> Iterator[NotebookNode]:
    """A cell of words, cut where otter's blocks are."""
    if cell.cell_type != "markdown":
        yield cell
        return
    end = 0
    for match in _BLOCK.finditer(cell.source):
        yield from _words(cell.source[end : match.start()])
        yield new_raw_cell(match["block"] or match["comment"] or "")  # type: ignore[no-untyped-call]
        end = match.end()
    if end == 0:
        yield cell
    else:
        yield from _words(cell.source[end:])


def _words(text: str) -> Iterator[NotebookNode]:
    if text.strip():
        yield new_markdown_cell(text.strip("\n"))  # type: ignore[no-untyped-call]


def _unwrapped(cell: NotebookNode) -> list[int]:
    """Lines (from 1) whose mark is taken off, as otter takes it for none.

    What otter's documentation shows as a raw cell becomes one.
    """
    if cell.cell_type == "raw" and (found := _RENDERED.fullmatch(cell.source.strip())):
        cell.source = found["text"]
    if cell.cell_type != "code" or "END SOLUTION" in cell.source.upper():
        return []
    lines = cell.source.split("\n")
    found_at = {at: match for at, line in enumerate(lines) if (match := _BEHIND.match(line))}
    cell.source = "\n".join(
        found_at[at]["code"] if at in found_at else line for at, line in enumerate(lines)
    )
    return [at + 1 for at in found_at]
