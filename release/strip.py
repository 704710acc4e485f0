"""A solved notebook comes in, the template that students receive goes out: a stub for each answer.

The template holds nothing that a run or an editor added: no outputs, no counts, no metadata but
the kernel's name, the cells' ids and tags. The same notebook gives the same bytes, and a template
is its own template.
"""

import ast
import copy
import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import nbformat
from nbformat import NotebookNode

from autograder.errors import UserError
from release.cells import Role, parts_of, raw_text
from release.linemarks import YOUR_CODE
from release.markers import REPLACE_PASS, Fate
from release.places import Answer, Place, Region
from release.regions import find_markdown_regions, find_regions
from release.source import plain_python
from release.stubs import default_stub

_CELL_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")  # as in nbformat's schema
_NOTEBOOK_METADATA = {
    "kernelspec": ("name", "display_name", "language"),
    "language_info": ("name",),
}
_CELL_METADATA = ("id", "tags", "editable", "deletable")
_ATTACHMENT = re.compile(r"attachment:([^)\s\"'>]+)")
MARKDOWN_STUB = "*Your answer here.*"

#: By the id that a cell has in the source: one stub for all its regions, or one for each.
Stubs = Mapping[str, str | Sequence[str]]
_NO_STUBS: Stubs = MappingProxyType({})


class StripError(UserError):
    """A notebook that has no template; names the file, the cell, the finding and the remedy."""


@dataclass(frozen=True)
class StrippedCell:
    """A cell's source as students get it, and what was taken out."""

    source: str
    answers: tuple[Answer, ...]


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
    answers: list[Answer] = field(default_factory=list)

    def numbered(self) -> Iterator[tuple[int, NotebookNode]]:
        return zip(self.numbers, self.notebook.cells, strict=True)


def strip_notebook(
    solved: NotebookNode, *, file: str, stubs: Stubs = _NO_STUBS, module: bool = False
) -> Template:
    """Make the template of a solved notebook, which is not changed.

    Args:
        solved: a notebook of nbformat 4, as `release.source.read_source` returns it.
        file: what errors call the notebook.
        stubs: what replaces answers, where the default does not serve.
        module: it is a plain Python module, whose one cell errors need not name.

    Raises:
        MarkerError: a marker is broken.
        StripError: a solved or stripped cell is not Python, an id is invalid or used twice, or a
            stub belongs to no cell with a region.
    """
    numbers = [0] if module else list(range(1, len(solved.cells) + 1))
    work = _Work(copy.deepcopy(solved), file, stubs, numbers)
    for step in _PIPELINE:
        step(work)
    return Template(work.notebook, tuple(work.answers))


def strip_code(
    source: str, place: Place, stubs: str | Sequence[str] | None = None, *, whole: bool = False
) -> StrippedCell:
    """Replace each answer of a code cell, or of a module, by a stub.

    Args:
        stubs: one for all answers, or one for each; None for what the code below needs.
        whole: without any marker, the whole cell is the answer.

    Raises:
        MarkerError: a marker is broken.
        StripError: the solved or the stripped source is not Python, or there are more or fewer
            stubs than answers.
    """
    _check_python(source, place, "the solved cell", "correct it")
    regions = find_regions(source, place)
    lines = source.split("\n")
    if not regions and whole:
        regions = (Region(0, len(lines), "", 1),)
    python = plain_python(source)
    fills = _emptied_blocks(python, regions)
    given = _given_stubs(stubs, regions, place)
    for region, own in reversed(list(zip(regions, given, strict=True))):
        lines[region.cut] = _replacement(region, own, python, regions, lines, fills)
    stripped = "\n".join(lines)
    _check_python(stripped, place, "the stripped cell", "give the cell a stub that fits there")
    return StrippedCell(stripped, _answers(source, regions, place))


def _strip_markdown(
    source: str, place: Place, stubs: str | Sequence[str] | None, *, whole: bool
) -> StrippedCell:
    regions = find_markdown_regions(source, place)
    lines = source.split("\n")
    if not regions and whole:
        regions = (Region(0, len(lines), "", 1),)
    given = _given_stubs(stubs, regions, place)
    for region, own in reversed(list(zip(regions, given, strict=True))):
        gone = region.fate in (Fate.GONE, Fate.STAFF)
        lines[region.cut] = [] if gone else (own or MARKDOWN_STUB).split("\n")
    answers = _answers(source, regions, place)
    return StrippedCell("\n".join(lines), tuple(_as_markdown(answer) for answer in answers))


def _as_markdown(answer: Answer) -> Answer:
    return replace(answer, kind="markdown") if answer.kind == "code" else answer


def _given_stubs(
    stubs: str | Sequence[str] | None, regions: Sequence[Region], place: Place
) -> Sequence[str | None]:
    """The manifest's stub for each region, None where it has none."""
    if stubs is None or isinstance(stubs, str):
        return [stubs] * len(regions)
    if len(stubs) != len(regions):
        raise StripError(
            f"{place.file}, cell {place.cell}: found {len(stubs)} stubs for {len(regions)} "
            "answers; give one for each, or a single text for all."
        )
    return stubs


def _replacement(
    region: Region,
    given: str | None,
    python: str | None,
    regions: Sequence[Region],
    lines: Sequence[str],
    fills: frozenset[int],
) -> list[str]:
    """The lines that students get in place of a region's."""
    if region.fate is Fate.PROMPT:
        return list(lines[region.start : region.end])
    if region.fate is not Fate.STUB:
        covered = range(*region.cut.indices(len(lines)))
        return [f"{region.indent}...{YOUR_CODE}"] if fills & set(covered) else []
    if given is None and region.stub is not None:
        return region.stub.split("\n")
    stub = given.rstrip("\n") if given is not None else default_stub(python, region, regions)
    if given is None and "None" not in stub and REPLACE_PASS.match(lines[region.start - 1]):
        stub = "pass"
    return [region.indent + line if line.strip() else "" for line in stub.split("\n")]


def _emptied_blocks(python: str | None, regions: Sequence[Region]) -> frozenset[int]:
    """The first line (from 0) of each block that would lose all of its statements."""
    gone: set[int] = set()
    for region in regions:
        if region.fate in (Fate.GONE, Fate.STAFF):
            gone |= set(range(region.start, region.end))
    if python is None or not gone:
        return frozenset()
    emptied = set()
    for node in ast.walk(ast.parse(python)):
        if isinstance(node, ast.Module) or getattr(node, "lineno", 0) - 1 in gone:
            continue
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if isinstance(block, list) and block and all(s.lineno - 1 in gone for s in block):
                emptied.add(block[0].lineno - 1)
    return frozenset(emptied)


def _answers(source: str, regions: Sequence[Region], place: Place) -> tuple[Answer, ...]:
    lines = source.split("\n")
    return tuple(
        Answer(
            place.file,
            place.cell,
            region.start + 1,
            "\n".join(lines[region.start : region.end]),
            "staff" if region.fate is Fate.STAFF else "code",
        )
        for region in regions
        if region.fate is not Fate.PROMPT
    )


def _check_python(source: str, place: Place, what: str, remedy: str) -> None:
    if plain_python(source) is not None:
        return
    # Imported here, for the bodies of cell magics and for errors: few notebooks have either.
    from IPython.core.inputtransformer2 import TransformerManager

    try:
        ast.parse(TransformerManager().transform_cell(source))  # type: ignore[no-untyped-call]
    except (SyntaxError, ValueError) as error:
        blank = len(source) - len(source.lstrip())  # the transformer drops blank lines at the top
        line = (getattr(error, "lineno", None) or 1) + source[:blank].count("\n")
        finding = getattr(error, "msg", str(error))
        cell = f", cell {place.cell}" if place.cell else ""
        raise StripError(
            f"{place.file}{cell}, line {line}: found {what} not to be Python ({finding}); {remedy}."
        ) from error


def _replace_answers(work: _Work) -> None:
    """Drop the cells that are not for students, and put stubs for the answers in the others."""
    parts = parts_of(work.notebook, work.file)
    unused = set(work.stubs)
    kept: list[tuple[int, NotebookNode]] = []
    for (number, cell), part in zip(list(work.numbered()), parts, strict=True):
        place = Place(work.file, number)
        if part.role is Role.STAFF:
            if raw_text(cell) is None:
                work.answers.append(Answer(work.file, number, 1, cell.source, "staff"))
            continue
        given = _explicit_id(cell)
        stubs = work.stubs.get(given) if isinstance(given, str) else None
        stripped = _stripped(cell, place, stubs, whole=part.role is Role.ANSWER)
        if stubs is not None and stripped.answers:
            unused.discard(str(given))
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
    cell: NotebookNode, place: Place, stubs: str | Sequence[str] | None, *, whole: bool
) -> StrippedCell:
    if cell.cell_type == "code":
        return strip_code(cell.source, place, stubs, whole=whole)
    if cell.cell_type == "markdown":
        return _strip_markdown(cell.source, place, stubs, whole=whole)
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
        given = _explicit_id(cell)
        cell_id = _derived_id(*key, seen[key]) if given is None else given
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
