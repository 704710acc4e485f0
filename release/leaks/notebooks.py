"""A notebook's tree comes in; its cells, outputs, metadata and attachments go out as parts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from release.leaks.lines import labelled
from release.leaks.parts import Code, Oddity, Part, PartKind
from release.leaks.texts import code_in_markdown, code_in_python, code_in_string

_OWN_KEYS = ("source", "input", "outputs", "attachments", "cell_type")


def cells_of(tree: Any) -> list[dict[str, Any]] | None:
    """The cells of a notebook of version 3 or 4; None if this is no notebook."""
    if not isinstance(tree, dict):
        return None
    cells = tree.get("cells")
    if cells is None and isinstance(tree.get("worksheets"), list):
        sheets = [sheet for sheet in tree["worksheets"] if isinstance(sheet, dict)]
        cells = [cell for sheet in sheets for cell in sheet.get("cells", [])]
    if not isinstance(cells, list):
        return None
    return [cell for cell in cells if isinstance(cell, dict)]


def notebook_cells(data: bytes) -> list[dict[str, Any]]:
    """The cells of a notebook's bytes; none if it is no notebook."""
    try:
        return cells_of(json.loads(data)) or []
    except (ValueError, RecursionError):
        return []


def source_of(cell: dict[str, Any]) -> str:
    """The text of a cell."""
    return joined(cell.get("source", cell.get("input", "")))


def joined(value: Any) -> str:
    """A text that may be kept as a list of lines."""
    if isinstance(value, list):
        return "".join(part for part in value if isinstance(part, str))
    return value if isinstance(value, str) else ""


def notebook_parts(where: str, tree: dict[str, Any]) -> Iterator[Part]:
    """The parts of a notebook, but for what is written in base64 in its strings."""
    cells = cells_of(tree) or []
    pages: dict[str, list[tuple[str, str]]] = {"metadata strings": []}
    for number, cell in enumerate(cells, start=1):
        location, source = f"{where}, cell {number}", source_of(cell)
        is_code = cell.get("cell_type") == "code"
        kind = "code cells" if is_code else "text cells"
        numbered = enumerate(source.split("\n"), start=1)
        pages.setdefault(kind.replace("cells", "lines"), []).extend(
            (f"{location}, line {n}", line) for n, line in numbered
        )
        yield PartKind(kind)
        yield from _code(location, source, is_code=is_code)
        for key in ("outputs", "attachments"):
            for path, text in strings(cell.get(key), f"{location}, {key}"):
                pages.setdefault(f"lines of {key}", []).append((path, text))
                yield from code_in_string(path, text)
            inside = cell.get(key)
            yield from [PartKind(key)] * (len(inside) if isinstance(inside, list | dict) else 0)
        rest = {key: value for key, value in cell.items() if key not in _OWN_KEYS}
        pages["metadata strings"].extend(strings(rest, location))
        yield from _unused_attachments(location, cell, source)
    rest = {key: value for key, value in tree.items() if key not in ("cells", "worksheets")}
    pages["metadata strings"].extend(strings(rest, where))
    for path, text in pages["metadata strings"]:
        yield from code_in_string(path, text)
    for kind, pairs in pages.items():
        if pairs:
            yield labelled(kind, pairs)


def _code(location: str, source: str, *, is_code: bool) -> Iterator[Part]:
    if is_code:
        yield Code(location, source)
        yield from code_in_python(location, source)
    else:
        yield from code_in_markdown(location, source)


def _unused_attachments(location: str, cell: dict[str, Any], source: str) -> Iterator[Part]:
    """Attachments that the text does not show: what is left of an answer that was taken out."""
    attachments = cell.get("attachments")
    for name in attachments if isinstance(attachments, dict) else ():
        if f"attachment:{name}" not in unquote(source):
            yield Oddity(
                f"{location}, attachment {name}",
                "an attachment that the cell's text does not show",
                "take it out of the solution notebook's cell",
            )


def strings(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Every text in a JSON value, keys included, with its path; lists of lines are joined."""
    waiting = [(value, path, 0)]
    while waiting:
        value, path, depth = waiting.pop()
        if isinstance(value, str):
            yield path, value
        elif isinstance(value, dict):
            yield path, "\n".join(map(str, value))
            for key, inner in reversed(value.items()):
                step = key if re.fullmatch(r"[\w/.+ -]{1,40}", key) else f"{key[:20]!r}..."
                waiting.append((inner, f"{path}, {step}" if depth == 0 else f"{path}.{step}", 1))
        elif isinstance(value, list):
            if value and all(isinstance(part, str) for part in value):
                # One text, or several: joined both ways, so that no line is cut or lost.
                yield path, "".join(value)
                if not all(part.endswith("\n") for part in value[:-1]):
                    yield path, "\n".join(value)
            elif value and all(not isinstance(part, list | dict) for part in value):
                yield path, ", ".join(map(str, value))
            else:
                items = [(part, f"{path} {n}", depth) for n, part in enumerate(value, start=1)]
                waiting.extend(reversed(items))
        elif value is not None:
            yield path, str(value)
