"""Staff files and solution notebooks come in; the keys by which copies of them are known go out."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from release.leaks.notebooks import joined, notebook_cells, source_of
from release.leaks.texts import decoded

#: Empty files, and those with a single word in them, are like each other anyway.
SMALLEST = 40


def copy_keys(data: bytes) -> Iterator[str]:
    """Keys of the bytes, of their text whatever its line ends, and of a notebook's cells."""
    yield _key("bytes", data)
    text = decoded(data)
    if text is None:
        return
    lines = [line.rstrip() for line in text.replace("\r", "\n").split("\n")]
    yield _key("text", "\n".join(line for line in lines if line).encode("utf-8", "replace"))
    cells = notebook_cells(data) if text.lstrip().startswith("{") else []
    if cells:
        sources = ["".join(source_of(cell).split()) for cell in cells]
        yield _key("cells", "\0".join(sources).encode("utf-8", "replace"))


def is_telling(data: bytes) -> bool:
    """Whether there is enough in a file for a copy of it to mean something."""
    return len(b"".join(data.split())) >= SMALLEST


def _key(kind: str, data: bytes) -> str:
    return f"{kind} {hashlib.sha256(data).hexdigest()}"


def outputs(solved: Mapping[str, bytes]) -> Iterator[tuple[str, str, str]]:
    """The place, MIME type and content of each output of the solution notebooks."""
    for name, data in solved.items():
        for number, cell in enumerate(notebook_cells(data), start=1):
            for output in cell.get("outputs") or ():
                location = f"the solved {name}, cell {number}, output"
                yield location, "text/plain", joined(output.get("text", ""))
                for kind, value in (output.get("data") or {}).items():
                    yield location, kind, joined(value)


def copies(
    staff: Path, solved: Mapping[str, bytes], templates: Mapping[str, bytes]
) -> dict[str, tuple[str, str]]:
    """By each key of a staff file, a solution notebook, output or attachment, what it is of."""
    found: dict[str, tuple[str, str]] = {}
    for path in sorted(staff.rglob("*")):
        made_by_runs = "__pycache__" in path.parts
        if path.is_file() and not made_by_runs and is_telling(data := path.read_bytes()):
            name = f"{staff.name}/{path.relative_to(staff).as_posix()}"
            for key in copy_keys(data):
                found.setdefault(key, ("a copy of a staff file", name))
    for name, data in solved.items():
        for key in copy_keys(data):
            found.setdefault(key, ("a solution notebook", f"the solved {name}"))
    for location, kind, value in outputs(solved):
        if kind.startswith("image/"):
            _add_picture(found, value, "an output of a solution notebook", location)
    for location, value in _attachments(solved):
        _add_picture(found, value, "an attachment of a solution notebook", location)
    legitimate = {key for data in templates.values() for key in copy_keys(data)}
    for _, value in _attachments(templates):
        legitimate |= set(copy_keys(_unpacked(value)))
    return {key: secret for key, secret in found.items() if key not in legitimate}


def _attachments(notebooks: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    for name, data in notebooks.items():
        for number, cell in enumerate(notebook_cells(data), start=1):
            for title, bundle in (cell.get("attachments") or {}).items():
                for value in bundle.values():
                    yield f"the solved {name}, cell {number}, attachment {title}", joined(value)


def _unpacked(value: str) -> bytes:
    try:
        return base64.b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError):
        return value.encode("utf-8")  # SVG is kept as text


def _add_picture(found: dict[str, tuple[str, str]], value: str, what: str, location: str) -> None:
    data = _unpacked(value)
    if is_telling(data):
        for key in copy_keys(data):
            found.setdefault(key, (what, location))
