"""The bytes of a notebook or of a Python module come in, its cells go out.

Read leniently, without nbformat: a notebook whose outputs or metadata break the format's rules
still holds a student's answer. Any format from 3 to 4.5 is taken. A plain Python module counts as a
notebook of one cell.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from autograder.model.errors import UserError
from autograder.slicing.edits import Source
from autograder.slicing.magics import python_source

#: The id of the one cell that a plain Python module is read as.
MODULE_CELL = "module"
#: How a trait ends that is a name and not a line: see `Cell.traits`.
BINDS = " =…"
MAX_CELLS = 5_000
MAX_CELL_CHARACTERS = 1_000_000
#: A cell is recognised by its first lines; no template has longer ones.
MAX_TRAIT_LINES = 2_000


class NotebookError(UserError):
    """A file that is no notebook; the text says what was found and how to submit a good one."""


class NotebookTooLarge(NotebookError):
    """There is not enough memory to read it."""


@dataclass(frozen=True)
class Cell:
    """One cell: its number as the student counts (from 1), its id if it has one, kind and text."""

    number: int
    id: str | None
    kind: str
    source: str

    @cached_property
    def python(self) -> str:
        """The cell as plain Python with the same line numbers; magics and shell lines do nothing.

        Raises:
            SyntaxError: the cell is no Python even so.
        """
        return python_source(self.source) if self.kind == "code" else ""

    @cached_property
    def code(self) -> Source:
        """The same, to cut statements out of. Raises as ``python`` does."""
        return Source(self.python)

    @cached_property
    def traits(self) -> frozenset[str]:
        """What the cell can be recognised by: its lines with words, and the names that it binds.

        Comments and text count without ornaments and letter case. A name counts besides its line,
        because an answer replaces the value in ``num_epochs = None`` and keeps the name.
        """
        return frozenset(_traits(self.source, is_code=self.kind == "code"))

    @cached_property
    def lines(self) -> frozenset[str]:
        """The cell's lines without white space at both ends, empty ones left out."""
        return frozenset(line.strip() for line in self.source.splitlines() if line.strip())


@dataclass(frozen=True)
class Notebook:
    """A notebook's name and cells."""

    name: str
    cells: tuple[Cell, ...]


def parse(data: bytes, name: str, *, is_module: bool | None = None) -> Notebook:
    """Read a notebook of format 3 or 4, or a Python module, told by its name if not by the caller.

    Raises:
        NotebookError: it is not JSON, or JSON without cells; or a module that is not UTF-8.
    """
    if name.lower().endswith(".py") if is_module is None else is_module:
        return _parse_module(data, name)
    return Notebook(name, tuple(_cells(raw_cells(data, name))))


def raw_cells(data: bytes, name: str) -> list[Any]:
    """The cells of a notebook as its JSON has them; cell N of `parse` is the one at N - 1.

    Raises:
        NotebookError: it is not JSON, or JSON without cells.
    """
    if not data.strip():
        raise NotebookError(f"{name}: this file is empty; save the notebook again and submit that.")
    try:
        # Whole numbers as floats: no cell needs one, and Python refuses those of 4,300 digits.
        tree = json.loads(data.decode("utf-8-sig"), parse_int=float)
    except json.JSONDecodeError as error:
        raise NotebookError(
            f"{name}: this is not a notebook, its text breaks at line {error.lineno}, column "
            f"{error.colno}; download the notebook again as .ipynb and submit that."
        ) from None
    except MemoryError:
        raise NotebookTooLarge(
            f"{name}: this notebook is too large to be read; clear its outputs and submit that."
        ) from None
    except (UnicodeDecodeError, ValueError, RecursionError):
        raise NotebookError(
            f"{name}: this is not a notebook, it cannot be read as JSON text; download the "
            "notebook again as .ipynb and submit that."
        ) from None
    cells = _cells_of(tree)
    if cells is None:
        raise NotebookError(
            f"{name}: this file holds no notebook cells; download the notebook again as .ipynb "
            "and submit that."
        )
    return cells


def _parse_module(data: bytes, name: str) -> Notebook:
    try:
        source = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotebookError(
            f"{name}: this file is not text in UTF-8, its byte {error.start} is none; save it as "
            "UTF-8 and submit it again."
        ) from None
    source = source[:MAX_CELL_CHARACTERS].replace("\r\n", "\n").replace("\r", "\n")
    return Notebook(name, (Cell(1, MODULE_CELL, "code", source),))


def _cells_of(tree: Any) -> list[Any] | None:
    if not isinstance(tree, dict):
        return None
    cells = tree.get("cells")
    if cells is None and isinstance(tree.get("worksheets"), list):  # format 3
        sheets = [sheet for sheet in tree["worksheets"] if isinstance(sheet, dict)]
        lists = [sheet["cells"] for sheet in sheets if isinstance(sheet.get("cells"), list)]
        cells = [cell for cells in lists for cell in cells]
    return cells if isinstance(cells, list) else None


def _cells(raw: list[Any]) -> Iterator[Cell]:
    for number, cell in enumerate(raw[:MAX_CELLS], start=1):
        if not isinstance(cell, dict):
            continue
        source = cell.get("source", cell.get("input", ""))
        if isinstance(source, list):
            source = "".join(line for line in source if isinstance(line, str))
        if not isinstance(source, str):
            source = ""
        source = _encodable(source[:MAX_CELL_CHARACTERS])
        metadata = cell.get("metadata")
        # Colab drops the format's own id but keeps its own in the metadata, so that one counts.
        colab = metadata.get("id") if isinstance(metadata, dict) else None
        identifier = colab if isinstance(colab, str) else cell.get("id")
        kind = cell.get("cell_type")
        yield Cell(
            number,
            _encodable(identifier) if isinstance(identifier, str) and identifier else None,
            kind if isinstance(kind, str) else "",
            source.replace("\r\n", "\n").replace("\r", "\n"),
        )


def _encodable(text: str) -> str:
    """Text without lone surrogates, which JSON may hold but nothing further on can encode."""
    return text.encode("utf-8", "replace").decode("utf-8")


_BOUND = re.compile(r"(?:async\s+)?(?:def|class)\s+\w+|(?:\w+\s*,\s*)*\w+(?=\s*(?::[^=]+)?=(?!=))")


def _traits(source: str, *, is_code: bool) -> Iterator[str]:
    for line in source.split("\n", MAX_TRAIT_LINES)[:MAX_TRAIT_LINES]:
        text = line.strip()
        if is_code and not text.startswith("#"):
            if re.search(r"\w", text):
                yield text
            if bound := _BOUND.match(line if line[:1].strip() else text):
                yield from (" ".join(name.split()) + BINDS for name in bound[0].split(","))
        elif len(words := re.findall(r"\w+", text.lower())) > 1:
            yield "# " + " ".join(words)
