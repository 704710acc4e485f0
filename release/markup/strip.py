"""A solution notebook comes in, what students receive goes out: a stub for each answer.

The template holds nothing that a run or an editor added: no outputs, no counts, no metadata but
the kernel's name, the cells' ids, tags and locks. The same notebook gives the same bytes, and a
template is its own template.
"""

from __future__ import annotations

import copy
import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import nbformat
from nbformat import NotebookNode

from release.markup.cell_roles import Role, parts_of, raw_text
from release.markup.markers import KNOWN, Markers
from release.markup.model import Answer, Location
from release.markup.strip_cell import (
    StripError,
    StrippedCell,
    blank_each,
    strip_code,
    strip_markdown,
)

_CELL_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")  # as in nbformat's schema
_NOTEBOOK_METADATA = {
    "kernelspec": ("name", "display_name", "language"),
    "language_info": ("name",),
}
_CELL_METADATA = ("id", "tags", "editable", "deletable")
_ATTACHMENT = re.compile(r"attachment:([^)\s\"'>]+)")

#: By the id that a cell has in the source: one stub for all its regions, or one for each.
Stubs = Mapping[str, str | Sequence[str]]
_NO_STUBS: Stubs = MappingProxyType({})


@dataclass(frozen=True)
class Template:
    """A notebook as students get it, and what was taken out."""

    notebook: NotebookNode
    answers: tuple[Answer, ...]


@dataclass
class _Work:
    """A notebook on its way; `numbers` are those that its cells have in the source."""

    notebook: NotebookNode
    file: str
    stubs: Stubs
    numbers: list[int]
    markers: Markers
    answers: list[Answer] = field(default_factory=list)

    def numbered(self) -> Iterator[tuple[int, NotebookNode]]:
        return zip(self.numbers, self.notebook.cells, strict=True)


def strip_notebook(
    solved: NotebookNode,
    *,
    file: str,
    stubs: Stubs = _NO_STUBS,
    module: bool = False,
    markers: Markers = KNOWN,
) -> Template:
    """Make the template of a solution notebook, which is not changed.

    Args:
        solved: a notebook of nbformat 4, as `release.markup.source.read_source` returns it.
        file: what errors call the notebook.
        stubs: what replaces answers, where the default does not serve.
        module: it is a plain Python module, whose one cell errors need not name.
        markers: what marks answers in this assignment.

    Raises:
        MarkerError: a marker is broken.
        StripError: a solved or stripped cell is not Python, an id is invalid or used twice, or a
            stub belongs to no cell with a region.
    """
    numbers = [0] if module else list(range(1, len(solved.cells) + 1))
    work = _Work(copy.deepcopy(solved), file, stubs, numbers, markers)
    for step in _PIPELINE:
        step(work)
    return Template(work.notebook, tuple(work.answers))


def blank_answers(
    solved: NotebookNode,
    *,
    file: str,
    stubs: Stubs = _NO_STUBS,
    module: bool = False,
    markers: Markers = KNOWN,
) -> Iterator[tuple[Answer, NotebookNode, object]]:
    """Each code answer, with the solution notebook in which it alone is blank, and its cell's id.

    Raises:
        MarkerError, StripError: as `strip_notebook` does.
    """
    parts = parts_of(solved, file, markers)
    for at, (cell, part) in enumerate(zip(solved.cells, parts, strict=True)):
        if cell.cell_type != "code" or part.role is Role.STAFF:
            continue
        explicit_id = _explicit_id(cell)
        own = stubs.get(explicit_id) if isinstance(explicit_id, str) else None
        location = Location(file, 0 if module else at + 1)
        whole = part.role is Role.ANSWER
        for answer, source in blank_each(cell.source, location, own, whole=whole, markers=markers):
            notebook = copy.deepcopy(solved)
            notebook.cells[at].source = source
            yield answer, notebook, explicit_id


def _replace_answers(work: _Work) -> None:
    """Drop the cells that are not for students, and put stubs for the answers in the others."""
    parts = parts_of(work.notebook, work.file, work.markers)
    unused = set(work.stubs)
    kept: list[tuple[int, NotebookNode]] = []
    for (number, cell), part in zip(list(work.numbered()), parts, strict=True):
        location = Location(work.file, number)
        if part.role is Role.STAFF:
            if raw_text(cell) is None:
                work.answers.append(Answer(work.file, number, 1, cell.source, "staff"))
            continue
        explicit_id = _explicit_id(cell)
        stubs = work.stubs.get(explicit_id) if isinstance(explicit_id, str) else None
        whole = part.role is Role.ANSWER
        stripped = _stripped(cell, location, stubs, work.markers, whole=whole)
        if stubs is not None and stripped.answers:
            unused.discard(str(explicit_id))
        cell.source = stripped.source
        work.answers += stripped.answers
        if part.locked:
            cell.metadata.update(editable=False, deletable=False)
        kept.append((number, cell))
    if unused:
        raise StripError(
            f"{work.file}: found stubs for {', '.join(sorted(unused))}, "
            "but no cell with that id and an answer; correct the id or drop the stub."
        )
    work.numbers = [number for number, _cell in kept]
    work.notebook.cells = [cell for _number, cell in kept]


def _stripped(
    cell: NotebookNode,
    location: Location,
    stubs: str | Sequence[str] | None,
    markers: Markers,
    *,
    whole: bool,
) -> StrippedCell:
    if cell.cell_type == "code":
        return strip_code(cell.source, location, stubs, whole=whole, markers=markers)
    if cell.cell_type == "markdown":
        return strip_markdown(cell.source, location, stubs, whole=whole, markers=markers)
    return StrippedCell(cell.source, ())


def _drop_attachments(work: _Work) -> None:
    """Keep only what the text that is left still shows."""
    for cell in work.notebook.cells:
        shown = set(_ATTACHMENT.findall(cell.source))
        held = cell.pop("attachments", {})
        if kept := {name: data for name, data in held.items() if name in shown}:
            cell.attachments = kept


def _clear_outputs(work: _Work) -> None:
    for cell in work.notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = []
            cell.execution_count = None


def _keep_student_metadata(work: _Work) -> None:
    fields = _NOTEBOOK_METADATA.items()
    kept = {key: _only(work.notebook.metadata.get(key, {}), names) for key, names in fields}
    work.notebook.metadata = _only(kept, [key for key, value in kept.items() if value])
    for cell in work.notebook.cells:
        cell.metadata = _only(cell.metadata, _CELL_METADATA)


def _only(mapping: Mapping[str, Any], keys: Sequence[str]) -> NotebookNode:
    kept = {key: mapping[key] for key in keys if key in mapping}
    return NotebookNode(kept)  # type: ignore[no-untyped-call]


def _give_ids(work: _Work) -> None:
    """Give each cell its explicit id, else one made from what students see of the cell anyway."""
    seen: Counter[tuple[str, str]] = Counter()
    owners: dict[str, int] = {}
    for number, cell in work.numbered():
        key = (cell.cell_type, cell.source)
        seen[key] += 1
        explicit_id = _explicit_id(cell)
        cell_id = _derived_id(*key, seen[key]) if explicit_id is None else explicit_id
        found = f"{work.file}, cell {number}: found the id {cell_id!r}"
        if not isinstance(cell_id, str) or not _CELL_ID.fullmatch(cell_id):
            raise StripError(f"{found}; use 1 to 64 letters, digits, - and _.")
        if cell_id in owners:
            raise StripError(f"{found}, as cell {owners[cell_id]} has; give it another one.")
        owners[cell_id] = number
        # Colab drops nbformat's id but keeps the metadata's.
        cell.id = cell.metadata.id = cell_id


def _explicit_id(cell: NotebookNode) -> object:
    return cell.metadata.get("id", cell.get("id"))


def _derived_id(cell_type: str, source: str, occurrence: int) -> str:
    text = f"{cell_type}\0{source}\0{occurrence}"
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _validate(work: _Work) -> None:
    work.notebook.nbformat, work.notebook.nbformat_minor = 4, 5
    try:
        nbformat.validate(work.notebook)
    except nbformat.ValidationError as error:
        finding = str(error).partition("\n")[0]
        raise StripError(
            f"{work.file}: found an invalid notebook ({finding}); correct its cells' metadata."
        ) from error


_PIPELINE: tuple[Callable[[_Work], None], ...] = (
    _replace_answers,
    _drop_attachments,
    _clear_outputs,
    _keep_student_metadata,
    _give_ids,
    _validate,
)
