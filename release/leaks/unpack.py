"""A file's name and bytes come in; all its parts, down through archives and payloads, go out."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from release.leaks.archives import contents, is_archive
from release.leaks.images import image_texts, is_image
from release.leaks.lines import labelled, page
from release.leaks.notebooks import cells_of, notebook_parts, strings
from release.leaks.parts import BINARY, Blob, Budget, Code, Oddity, Part, Seen
from release.leaks.texts import (
    base64_payloads,
    code_in_markdown,
    code_in_python,
    code_in_string,
    decoded,
    printable,
    streams,
)

#: Text of these kinds is no Python as a whole.
_NO_PYTHON = {".md", ".markdown", ".html", ".htm", ".csv", ".tsv", ".toml", ".json", ".xml", ".svg"}
_PYTHON_BYTES = 400_000


def parts(where: str, name: str, data: bytes, budget: Budget) -> Iterator[Part]:
    """The parts of a file, also of the files in it."""
    yield Blob(where, data)
    if is_archive(name, data):
        yield from _members(where, name, data, budget)
        if data.startswith((b"PK", b"\x1f\x8b", b"BZh", b"\xfd7zXZ")):
            return
    if is_image(data):
        yield Seen("images")
        texts = [(f"{where}, text chunk {key}", text) for key, text in image_texts(data)]
        yield labelled("text chunks", texts)
        for place, chunk in texts:
            yield from code_in_string(place, chunk)
            yield from _payloads(place, chunk, budget)
        yield page(BINARY, where, printable(data))
        return
    text = decoded(data)
    if text is not None:
        yield from _text(where, PurePosixPath(name), text, budget)
        return
    yield page(BINARY, where, printable(data))
    for offset, inside in streams(data):
        if budget.take(len(inside)):
            place = f"{where}, compressed at byte {offset}"
            # A git object starts with its kind and size.
            content = re.sub(rb"\A(?:blob|commit|tag) \d+\0", b"", inside)
            yield Seen("compressed streams")
            yield from _below(place, "", content, budget)


def _members(where: str, name: str, data: bytes, budget: Budget) -> Iterator[Part]:
    for content in contents(where, name, data, budget):
        if isinstance(content, Oddity):
            yield content
        else:
            place, inside = content
            yield Seen("archive members")
            if hashlib.sha256(inside).hexdigest() in budget.known:
                yield Seen("files of the harness")
                continue
            yield labelled("file names", [(place, place.removeprefix(where))])
            yield from _below(place, place, inside, budget)


def _below(where: str, name: str, data: bytes, budget: Budget) -> Iterator[Part]:
    budget.depth += 1
    yield from parts(where, name, data, budget)
    budget.depth -= 1


def _text(where: str, name: PurePosixPath, text: str, budget: Budget) -> Iterator[Part]:
    tree = _json(name.suffix.lower(), text)
    if isinstance(tree, dict) and cells_of(tree) is not None:
        yield from notebook_parts(where, tree)
        yield from _payloads_of_strings(where, tree, budget)
        return
    if tree is not None:
        found = list(strings(tree, where))
        yield labelled("JSON strings", found)
    yield page("text lines", where, text)
    if tree is not None:
        for place, value in found:
            yield from code_in_string(place, value)
        yield from _payloads_of_strings(where, tree, budget)
        return
    yield from _payloads(where, text, budget)
    text = text.replace("\r\n", "\n")
    if name.suffix.lower() not in _NO_PYTHON and len(text) <= _PYTHON_BYTES:
        yield Code(where, text)
        yield from code_in_python(where, text)
    if name.suffix.lower() not in (".py", ".csv", ".tsv"):
        yield from code_in_markdown(where, text)


def _json(suffix: str, text: str) -> object | None:
    if suffix not in (".ipynb", ".json") and not text.lstrip().startswith(("{", "[")):
        return None
    try:
        tree: object = json.loads(text)
    except (ValueError, RecursionError):  # it is searched as text then
        return None
    return tree


def _payloads_of_strings(where: str, tree: object, budget: Budget) -> Iterator[Part]:
    for place, value in strings(tree, where):
        if len(value) >= 40:
            shorter = place.replace(f"{where}, cells ", f"{where}, cell ", 1)
            yield from _payloads(shorter, value, budget)


def _payloads(where: str, text: str, budget: Budget) -> Iterator[Part]:
    for line, payload in base64_payloads(text):
        readable = is_image(payload) or is_archive("", payload) or decoded(payload) is not None
        if readable and budget.take(len(payload)):
            yield Seen("base64 payloads")
            yield from _below(f"{where}, base64 in line {line}", "", payload, budget)
