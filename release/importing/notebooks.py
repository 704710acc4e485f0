"""A sheet comes in; a solution notebook, as a percent script where that loses nothing, goes out."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Collection
from dataclasses import dataclass

import jupytext
import nbformat
from nbformat import NotebookNode

from release.importing.identifiers import CELL, key, unique
from release.importing.model import Sheet

_KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
_VERSION = re.compile(r"^# +jupytext_version:.*\n", re.MULTILINE)
_KEPT = ("id", "tags", "editable", "deletable")


@dataclass(frozen=True)
class Written:
    """A solution notebook.

    Attributes:
        ids: the cells' ids, by their number in the original.
        why_json: why it is no percent script; empty if it is one.
    """

    name: str
    text: str
    notebook: NotebookNode
    ids: dict[int, str]
    why_json: str = ""


def write(sheet: Sheet, anchors: Collection[int]) -> Written:
    """Write the solution notebook, with an id for each answer and each anchor.

    Args:
        anchors: numbers of cells, in the original, that questions name.
    """
    taken = {key(_given(s.cell)) for s in sheet.cells if s.cell is not None}
    ids: dict[int, str] = {}
    cells: list[NotebookNode] = []
    for each in sheet.cells:
        if each.cell is None:
            continue
        cell = copy.deepcopy(each.cell)
        named = each.words and sheet.text_stub  # for what stands there in place of words
        if each.answer or each.number in anchors or named:
            # An author's own id stays; students' copies may know the cell by it.
            found = _given(cell) or unique(each.answer or f"cell-{each.number}", taken, CELL)
            cell.metadata["id"] = ids[each.number] = found
        cells.append(cell)
    for number, cell in enumerate(cells, start=1):
        cell["id"] = cell.metadata.get("id", f"cell-{number}")
    notebook = nbformat.v4.new_notebook(cells=cells)  # type: ignore[no-untyped-call]
    notebook.metadata["kernelspec"] = _KERNEL
    stem = sheet.file.removesuffix(".ipynb")
    text = str(jupytext.writes(notebook, fmt="py:percent"))
    text = _VERSION.sub("", text, count=1)  # a newer jupytext is no change of the assignment
    if not (why := _lost(notebook, text)):
        return Written(f"{stem}.py", text, notebook, ids)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return Written(
        f"{stem}.ipynb",
        json.dumps(notebook, indent=1, ensure_ascii=False) + "\n",
        notebook,
        ids,
        why,
    )


def _given(cell: NotebookNode) -> str:
    found = cell.metadata.get("id", "")
    return found if isinstance(found, str) else ""


def _lost(notebook: NotebookNode, text: str) -> str:
    """What a percent script would lose of a notebook, in words; empty if nothing."""
    if any(cell.get("attachments") for cell in notebook.cells):
        return "it holds attachments, which a percent script cannot hold"
    again = jupytext.reads(text, fmt="py:percent")
    if len(again.cells) != len(notebook.cells):
        return "a percent script would split its cells otherwise"
    for before, after in zip(notebook.cells, again.cells, strict=True):
        same = before.cell_type == after.cell_type and before.source == after.source
        if not same or any(before.metadata.get(k) != after.metadata.get(k) for k in _KEPT):
            return "a percent script would change a cell"
    return ""
