"""Cells of other tools come in; cells that carry all that our stripper needs in them go out."""

from __future__ import annotations

import copy
import re

from nbformat import NotebookNode

from release.importing.model import ImportFailed
from release.markup.cell_roles import Part, Role
from release.markup.markers import Fate, Markers
from release.markup.model import Location
from release.markup.regions import find_markdown_regions, find_regions

_KEPT = ("id", "tags", "editable", "deletable")
_CELL_MAGIC = re.compile(r"^\s*%%\w")
_IGNORED = "## ignore ##"


def check_python(notebook: NotebookNode, file: str) -> None:
    """Refuse the notebooks of other languages.

    Raises:
        ImportFailed: its kernel is not Python's.
    """
    kernel = notebook.metadata.get("kernelspec", {})
    language = notebook.metadata.get("language_info", {}).get("name") or kernel.get("language")
    if language and language.lower() not in ("python", "ipython"):
        raise ImportFailed(f"{file}: found a notebook in {language}; only Python's are imported.")


def own_cell(cell: NotebookNode, part: Part, location: Location, markers: Markers) -> NotebookNode:
    """The cell without the other tool's metadata, its answer between marks of its own.

    What students get of it stays the same without the raw cells or metadata around it.

    Raises:
        MarkerError: a marker in it is broken.
    """
    made = copy.deepcopy(cell)
    made.metadata = type(cell)({k: cell.metadata[k] for k in _KEPT if k in cell.metadata})
    made.pop("id", None)
    if made.cell_type == "raw" and part.role is Role.ANSWER:
        made.cell_type = (
            "markdown"  # a raw cell has no marks, and a marked one would be read as them
        )
    if made.cell_type == "code":
        made.outputs, made.execution_count = [], None
    if part.locked:
        made.metadata.update(editable=False, deletable=False)
    if part.role is Role.ANSWER and not _has_regions(cell, location, markers):
        made.source = _marked(made)
    if part.role is Role.STAFF and cell.cell_type == "markdown":
        made.source = f"{_IGNORED}\n\n{cell.source}"
    return made


def holds_answer(cell: NotebookNode, part: Part, location: Location, markers: Markers) -> bool:
    """Whether students get something else in place of a part of a code cell."""
    if cell.cell_type != "code" or part.role is Role.STAFF:
        return False
    regions = find_regions(cell.source, location, markers)
    return part.role is Role.ANSWER or any(r.fate is not Fate.STAFF for r in regions)


def holds_words(cell: NotebookNode, part: Part, location: Location, markers: Markers) -> bool:
    """Whether students get something else in place of a part of a text cell."""
    if cell.cell_type != "markdown" or part.role is Role.STAFF:
        return False
    return part.role is Role.ANSWER or bool(find_markdown_regions(cell.source, location, markers))


def _has_regions(cell: NotebookNode, location: Location, markers: Markers) -> bool:
    if cell.cell_type == "code":
        return bool(find_regions(cell.source, location, markers))
    return cell.cell_type == "markdown" and bool(
        find_markdown_regions(cell.source, location, markers)
    )


def _marked(cell: NotebookNode) -> str:
    if cell.cell_type == "markdown":
        return f"<!-- BEGIN SOLUTION -->\n{cell.source}\n<!-- END SOLUTION -->"
    head: list[str] = []
    lines = cell.source.split("\n")
    while lines and _CELL_MAGIC.match(lines[0]):  # which has to stay at the top
        head.append(lines.pop(0))
    return "\n".join([*head, "# BEGIN SOLUTION", *lines, "# END SOLUTION"])


def title_of(text: str, otherwise: str) -> str:
    """A short title out of markdown: its first heading, else its first words."""
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    headings = [line for line in lines if line.startswith("#")]
    for line in headings or lines:
        plain = re.sub(r"<[^>]*>|[#*_`$]|\[|\]\([^)]*\)", "", line).strip(" :.-")
        if plain:
            return plain if len(plain) <= 70 else plain[:69].rsplit(" ", 1)[0] + " …"
    return otherwise
