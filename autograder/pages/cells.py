"""The student's notebooks come in, aligned; their cells as inert HTML go out, in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from autograder.model.findings import clean
from autograder.pages.images import FORMATS, ShownImage, image
from autograder.pages.markup import LEFT_OUT, TOO_MUCH, Budget, code, html, markdown, text
from autograder.slicing.alignment import Alignment
from autograder.slicing.notebook import Cell

MAX_OUTPUTS = 50
#: What a blank written answer holds, unless the manifest has other words for it.
BLANK = "Your answer here."


@dataclass(frozen=True)
class ShownCell:
    """One cell: ``kind`` is ``code``, ``markdown`` or ``raw``; outputs are HTML or pictures.

    Attributes:
        origin: the id of the template cell that it stands for, if that has one.
        boilerplate: it is text of the template, unchanged.
        heading: its first line, if it is a heading of the template's.
        blank: it holds nothing but the words that ask for an answer.
    """

    number: int
    kind: str
    body: Markup
    outputs: tuple[Markup | ShownImage, ...] = ()
    origin: str = ""
    boilerplate: bool = False
    heading: str = ""
    blank: bool = False


def shown_cells(alignment: Alignment, raw: list[Any], budget: Budget) -> Iterator[ShownCell]:
    """Every cell of a student's notebook.

    Args:
        raw: its cells as its JSON has them, for outputs and attachments; none for a module.
    """
    template = {index: alignment.template.cells[n] for n, index in alignment.pairs.items()}
    for index, cell in enumerate(alignment.student.cells):
        tree = raw[cell.number - 1] if cell.number <= len(raw) else {}
        tree = tree if isinstance(tree, dict) else {}
        try:
            shown = _shown(cell, tree, template.get(index), budget)
        except Exception as error:  # all other cells are shown
            why = f"Cell {cell.number} is left out here: showing it raised {type(error).__name__}."
            shown = ShownCell(cell.number, "raw", LEFT_OUT.format(why))
        if shown is not None:
            yield shown


def kept_cells(cells: Iterable[Mapping[str, Any]], budget: Budget) -> Iterator[ShownCell]:
    """The cells of one answer, as they were kept: plain values, and nothing more is known of them.

    A cell without a text of its own shows its outputs alone.
    """
    for number, tree in enumerate(cells, start=1):
        source = _joined(tree.get("source"))
        if tree.get("cell_type") == "markdown":
            yield ShownCell(number, "markdown", markdown(source, budget, _attachments(tree)))
        elif tree.get("cell_type") == "code":
            body = code(source, budget) if source.strip() else Markup("")
            outputs = tuple(_outputs(tree, number, budget))
            yield ShownCell(number, "code", body, outputs)
        else:
            yield ShownCell(number, "raw", text(source, budget))
        if isinstance(why := tree.get("left_out"), str):
            yield ShownCell(number, "raw", LEFT_OUT.format(why))


def _shown(
    cell: Cell, tree: Mapping[str, Any], original: Cell | None, budget: Budget
) -> ShownCell | None:
    """One cell, and the template's that it stands for; None for one that holds nothing."""
    if cell.kind == "markdown":
        boilerplate = original is not None and original.source.strip() == cell.source.strip()
        return ShownCell(
            cell.number,
            "markdown",
            markdown(cell.source, budget, _attachments(tree)),
            origin=(original.id or "") if original else "",
            boilerplate=boilerplate,
            heading=_heading(cell) if boilerplate else "",
            blank=_is_blank(cell.source),
        )
    if cell.kind == "code":
        outputs = tuple(_outputs(tree, cell.number, budget))
        return ShownCell(cell.number, "code", code(cell.source, budget), outputs)
    if cell.source.strip():
        return ShownCell(cell.number, "raw", text(cell.source, budget))
    return None


def _is_blank(source: str) -> bool:
    return source.strip().strip("*_ ") in {"", BLANK}


def _heading(cell: Cell) -> str:
    first = cell.source.strip().partition("\n")[0]
    return clean(first.lstrip("#").strip(), 120) if first.startswith("#") else ""


def _attachments(tree: Mapping[str, Any]) -> dict[str, str]:
    found = tree.get("attachments")
    if not isinstance(found, dict):
        return {}
    bundles = {name: data for name, data in found.items() if isinstance(data, dict)}
    return {
        name: f"data:{mime};base64,{data[mime]}"
        for name, data in bundles.items()
        for mime in FORMATS
        if isinstance(data.get(mime), str)
    }


def _outputs(tree: Mapping[str, Any], number: int, budget: Budget) -> Iterator[Markup | ShownImage]:
    outputs = tree.get("outputs")
    outputs = [o for o in outputs if isinstance(o, dict)] if isinstance(outputs, list) else []
    for output in outputs[:MAX_OUTPUTS]:
        try:
            shown = _output(output, number, budget)
        except Exception as error:  # all others are shown
            shown = LEFT_OUT.format(
                f"An output is left out here: showing it raised {type(error).__name__}."
            )
        if shown is not None:
            yield shown
    if (more := len(outputs) - MAX_OUTPUTS) > 0:
        yield LEFT_OUT.format(f"{more} more outputs are left out here.")


def _output(output: Mapping[str, Any], number: int, budget: Budget) -> Markup | ShownImage | None:
    if output.get("output_type") in ("error", "pyerr"):  # it may be of any type
        trace = output.get("traceback")
        lines = [line for line in trace if isinstance(line, str)] if isinstance(trace, list) else []
        return text("\n".join(lines), budget)
    data = output.get("data")
    if not isinstance(data, dict):  # a stream, or format 3
        printed = _joined(output.get("text"))
        return text(printed, budget) if printed.strip() else None
    for mime in FORMATS:
        if mime in data:
            found = image(_joined(data[mime]), f"Output of cell {number}", mime=mime)
            if found is None:
                return LEFT_OUT.format("A picture is left out here: it is damaged or too large.")
            return found if budget.take("bytes", len(found.uri)) else TOO_MUCH
    if "text/html" in data:
        return html(_joined(data["text/html"]), budget)
    if "text/markdown" in data:
        return markdown(_joined(data["text/markdown"]), budget, {})
    if "text/plain" in data:
        return text(_joined(data["text/plain"]), budget)
    kinds = ", ".join(clean(str(name), 60) for name in list(data)[:3]) or "no data"
    return LEFT_OUT.format(f"An output is left out here that a page cannot show ({kinds}).")


def _joined(value: object) -> str:
    if isinstance(value, list):
        value = "".join(line for line in value if isinstance(line, str))
    value = value if isinstance(value, str) else ""
    return value.encode("utf-8", "replace").decode("utf-8")
