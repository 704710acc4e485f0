"""The source of one solved cell comes in, the source with stubs for its answers goes out."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, replace

from autograder.model.errors import UserError
from release.markup.labels import MARKDOWN_STUB
from release.markup.line_markers import YOUR_CODE
from release.markup.markers import KNOWN, REPLACE_PASS, Fate, Markers
from release.markup.model import Answer, Location, Region
from release.markup.regions import find_markdown_regions, find_regions
from release.markup.source import plain_python
from release.markup.stubs import default_stub


class StripError(UserError):
    """A notebook that has no template; names the file, the cell, the finding and the remedy."""


@dataclass(frozen=True)
class StrippedCell:
    """A cell's source as students get it, and what was taken out."""

    source: str
    answers: tuple[Answer, ...]


def strip_code(
    source: str,
    location: Location,
    stubs: str | Sequence[str] | None = None,
    *,
    whole: bool = False,
    markers: Markers = KNOWN,
) -> StrippedCell:
    """Replace each answer of a code cell, or of a module, by a stub.

    Args:
        stubs: one for all answers, or one for each; None for what the code below needs.
        whole: without any marker, the whole cell is the answer.
        markers: what marks answers in this assignment.

    Raises:
        MarkerError: a marker is broken.
        StripError: the solved or the stripped source is not Python, or there are more or fewer
            stubs than answers.
    """
    regions = code_regions(source, location, markers, whole=whole)
    stripped = _without(source, location, stubs, regions, regions, markers)
    return StrippedCell(stripped, _answers(source, regions, location))


def blank_each(
    source: str,
    location: Location,
    stubs: str | Sequence[str] | None = None,
    *,
    whole: bool = False,
    markers: Markers = KNOWN,
) -> tuple[tuple[Answer, str], ...]:
    """Each answer of a code cell, with the source in which it alone is replaced by its stub.

    Raises:
        MarkerError, StripError: as `strip_code` does.
    """
    regions = code_regions(source, location, markers, whole=whole)
    prompts = [region for region in regions if region.fate is Fate.PROMPT]
    blanked = []
    for region in regions:
        if region.fate not in (Fate.STUB, Fate.GONE):
            continue
        # Where an answer leaves nothing behind, students find a prompt in its place.
        chosen = [region, *prompts] if region.fate is Fate.GONE else [region]
        (answer,) = _answers(source, [region], location)
        blanked.append((answer, _without(source, location, stubs, regions, chosen, markers)))
    return tuple(blanked)


def code_regions(
    source: str, location: Location, markers: Markers, *, whole: bool
) -> tuple[Region, ...]:
    """Where the answers of a code cell stand. Raises as `strip_code` does."""
    regions = find_regions(source, location, markers)
    if not regions and whole:
        regions = (Region(0, source.count("\n") + 1, "", 1),)
    if regions and not markers.tool:  # what is given may be anything, also no Python
        _check_python(source, location, "the solved cell", "correct it")
    return regions


def _without(
    source: str,
    location: Location,
    stubs: str | Sequence[str] | None,
    regions: Sequence[Region],
    chosen: Sequence[Region],
    markers: Markers,
) -> str:
    """The source with the chosen ones of its regions replaced."""
    lines = source.split("\n")
    python = plain_python(source)
    fills = _emptied_blocks(python, chosen)
    supplied = _supplied_stubs(stubs, regions, location)
    for region, own in reversed(list(zip(regions, supplied, strict=True))):
        if region in chosen:
            lines[region.cut] = _replacement(region, own, python, regions, lines, fills)
    stripped = "\n".join(lines)
    if not regions:
        return source
    if markers.tool:  # which ships whatever it makes
        return stripped
    _check_python(stripped, location, "the stripped cell", "give the cell a stub that fits there")
    return stripped


def strip_markdown(
    source: str,
    location: Location,
    stubs: str | Sequence[str] | None = None,
    *,
    whole: bool = False,
    markers: Markers = KNOWN,
) -> StrippedCell:
    """As `strip_code`, for a cell of text."""
    regions = find_markdown_regions(source, location, markers)
    lines = source.split("\n")
    if not regions and whole:
        regions = (Region(0, len(lines), "", 1),)
    supplied = _supplied_stubs(stubs, regions, location)
    for region, own in reversed(list(zip(regions, supplied, strict=True))):
        gone = region.fate in (Fate.GONE, Fate.STAFF)
        stub = f"{region.label} {own}" if region.label and own else own or region.stub
        lines[region.cut] = [] if gone else (stub or MARKDOWN_STUB).split("\n")
    answers = _answers(source, regions, location)
    return StrippedCell("\n".join(lines), tuple(_as_markdown(answer) for answer in answers))


def _as_markdown(answer: Answer) -> Answer:
    return replace(answer, kind="markdown") if answer.kind == "code" else answer


def _supplied_stubs(
    stubs: str | Sequence[str] | None, regions: Sequence[Region], location: Location
) -> Sequence[str | None]:
    """The manifest's stub for each region, None where it has none."""
    if stubs is None or isinstance(stubs, str):
        return [stubs] * len(regions)
    if len(stubs) != len(regions):
        raise StripError(
            f"{location.file}, cell {location.cell}: found {len(stubs)} stubs for {len(regions)} "
            "answers; give one for each, or a single text for all."
        )
    return stubs


def _replacement(
    region: Region,
    supplied: str | None,
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
    if supplied is None and region.stub is not None:
        return region.stub.split("\n")
    stub = supplied.rstrip("\n") if supplied is not None else default_stub(python, region, regions)
    if supplied is None and "None" not in stub and REPLACE_PASS.match(lines[region.start - 1]):
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


def _answers(source: str, regions: Sequence[Region], location: Location) -> tuple[Answer, ...]:
    lines = source.split("\n")
    return tuple(
        Answer(
            location.file,
            location.cell,
            region.start + 1,
            "\n".join(lines[region.start : region.end]).removeprefix(region.label),
            "staff" if region.fate is Fate.STAFF else "code",
        )
        for region in regions
        if region.fate is not Fate.PROMPT
    )


def _check_python(source: str, location: Location, what: str, remedy: str) -> None:
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
        cell = f", cell {location.cell}" if location.cell else ""
        raise StripError(
            f"{location.file}{cell}, line {line}: found {what} not to be Python ({finding}); "
            f"{remedy}."
        ) from error
