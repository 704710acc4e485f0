"""Two releases of an assignment come in, what changed for students between them goes out.

A release is its folder, its ``student/`` folder or its ``student.zip``. Notebooks are compared cell
by cell, paired by id; other texts line by line.
"""

from __future__ import annotations

import difflib
import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from autograder.model.errors import UserError
from autograder.slicing.notebook import Cell, Notebook, NotebookError, parse
from release.bundles.bundle import files_of

Kind = Literal["added", "removed", "changed", "moved"]


class DiffError(UserError):
    """What should be compared is no release; names it and what to give."""


@dataclass(frozen=True)
class Change:
    """One file or cell that students get otherwise than before.

    Attributes:
        file: its path in the student bundle.
        cell: what is known of the cell, as ``cell 3 (averaging)``; empty for a file as a whole.
        lines: a unified diff without its head; empty where there is no text to compare.
    """

    kind: Kind
    file: str
    cell: str = ""
    lines: tuple[str, ...] = ()


def compare(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> tuple[Change, ...]:
    """What changed from one student bundle to the next, in the order of the files."""
    return tuple(
        change
        for name in sorted(before.keys() | after.keys())
        for change in _file_changes(name, before.get(name), after.get(name))
    )


def student_files(release: Path) -> Mapping[str, bytes]:
    """What students got, by path.

    Raises:
        DiffError: it is no release.
    """
    for path in (release / "student.zip", release):
        if path.is_file() and zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                names = [item.filename for item in archive.infolist() if not item.is_dir()]
                return {_below_top(name): archive.read(name) for name in names}
    for folder in (release / "student", release):
        if folder.is_dir():
            return {str(name): path.read_bytes() for name, path in files_of(folder)}
    raise DiffError(
        f"{release}: found no release there; give the folder of one, its student folder or its "
        "student.zip."
    )


def _below_top(name: str) -> str:
    """The name inside the one folder that student.zip unzips into."""
    return name.partition("/")[2] or name


def _file_changes(name: str, before: bytes | None, after: bytes | None) -> Iterator[Change]:
    if before == after:
        return
    if before is None or after is None:
        yield Change("added" if before is None else "removed", name)
        return
    if name.endswith(".ipynb"):
        try:
            yield from _notebook_changes(name, parse(before, name), parse(after, name))
        except NotebookError:
            yield Change("changed", name)
        else:
            if _rest(before) != _rest(after):
                yield Change("changed", name, "the notebook's metadata")
        return
    yield Change("changed", name, "", _text_diff(before, after))


def _notebook_changes(name: str, before: Notebook, after: Notebook) -> Iterator[Change]:
    old = {_key(cell): cell for cell in before.cells}
    new = {_key(cell): cell for cell in after.cells}
    for key, cell in old.items():
        if key not in new:
            yield Change("removed", name, _named(cell), _lines(cell.source, ""))
    kept = [key for key in old if key in new]
    order = [key for key in new if key in old]
    moved = _moved(kept, order)
    for key, cell in new.items():
        if key not in old:
            yield Change("added", name, _named(cell), _lines("", cell.source))
            continue
        if key in moved:
            yield Change("moved", name, _named(cell))
        was = old[key]
        if (was.kind, was.source) != (cell.kind, cell.source):
            yield Change("changed", name, _named(cell), _lines(was.source, cell.source))


def _moved(before: list[object], after: list[object]) -> set[object]:
    """The fewest cells that stand in another order to the rest."""
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    stayed = {
        before[block.a + at] for block in matcher.get_matching_blocks() for at in range(block.size)
    }
    return set(after) - stayed


def _key(cell: Cell) -> object:
    return cell.id if cell.id is not None else cell.number


def _named(cell: Cell) -> str:
    return f"cell {cell.number}" + (f" ({cell.id})" if cell.id else "")


def _rest(data: bytes) -> Any:
    tree = json.loads(data)
    return {key: value for key, value in tree.items() if key != "cells"}


def _text_diff(before: bytes, after: bytes) -> tuple[str, ...]:
    try:
        return _lines(before.decode("utf-8"), after.decode("utf-8"))
    except UnicodeDecodeError:
        return ()


def _lines(before: str, after: str) -> tuple[str, ...]:
    made = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=1)
    return tuple(line for line in made if not line.startswith(("---", "+++")))
