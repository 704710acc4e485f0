"""A text comes in; its lines, code, notebooks, JSON, layers of markup and payloads go out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from release.leaks.archives import is_archive
from release.leaks.extract.mail import is_mail, mail_parts
from release.leaks.extract.reader import format_of
from release.leaks.extract.spelling import unescaped
from release.leaks.extract.views import View, views
from release.leaks.images import is_image
from release.leaks.lines import labelled, page
from release.leaks.notebooks import cells_of, notebook_parts, strings
from release.leaks.parts import DEEPEST, Budget, Code, Part
from release.leaks.texts import (
    code_in_markdown,
    code_in_python,
    code_in_string,
    decoded,
    may_hold_payloads,
    payloads,
)

#: Text of these kinds is no Python as a whole.
_NO_PYTHON = {".md", ".markdown", ".html", ".htm", ".csv", ".tsv", ".toml", ".json", ".xml", ".svg"}
_PYTHON_BYTES = 400_000
_LATIN = frozenset(map(chr, (*range(9, 14), 27, *range(32, 127))))
_MOSTLY = 0.8
#: A shorter text holds no other one.
_HOLDS_OTHERS = 40


@dataclass(frozen=True)
class Written:
    """Bytes that a text has in letters, as base64; ``kind`` is how they are counted."""

    kind: str
    where: str
    data: bytes


def text_parts(
    where: str, name: PurePosixPath, text: str, budget: Budget, *, whole: bool = True
) -> Iterator[Part | Written]:
    """The parts of a text.

    Args:
        where: its place in words.
        name: its file's name; nothing for a text that is no file.
        text: the text.
        budget: how deep texts in texts are looked at.
        whole: whether it is a file, the lines of which nobody has searched yet.
    """
    text = text.replace("\r\n", "\n")
    tree = _json(name.suffix.lower(), text)
    if isinstance(tree, dict) and cells_of(tree) is not None:
        yield from notebook_parts(where, tree)
        yield from _of_strings(where, tree, budget)
        return
    if tree is not None:
        found = list(strings(tree, where))
        yield labelled("JSON strings", found)
    if whole:
        yield page("text lines", where, text)
    if tree is not None:
        for location, value in found:
            yield from code_in_string(location, value)
        yield from _of_strings(where, tree, budget)
        return
    if is_mail(text):  # the way it is written, it breaks tags and payloads anywhere
        for number, data in mail_parts(text):
            yield Written("parts of a mail", f"{where}, part {number}", data)
    else:
        yield from _payloads(where, text)
        for view in views(text):
            yield from _view(where, view, budget, numbered=whole)
    if not whole:
        return
    if name.suffix.lower() not in _NO_PYTHON and len(text) <= _PYTHON_BYTES:
        yield Code(where, text)
        yield from code_in_python(where, text)
    if name.suffix.lower() not in (".py", ".csv", ".tsv"):
        yield from code_in_markdown(where, text)


def _json(suffix: str, text: str) -> object | None:
    if suffix not in (".ipynb", ".json") and text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        tree: object = json.loads(text)
    except (ValueError, RecursionError):  # it is searched as text then
        return None
    return tree if isinstance(tree, dict | list) else None


def _of_strings(where: str, tree: object, budget: Budget) -> Iterator[Part | Written]:
    """What is in the strings of a JSON file or notebook, beside the lines that they are."""
    for location, value in strings(tree, where):
        if len(value) >= _HOLDS_OTHERS:
            shorter = location.replace(f"{where}, cells ", f"{where}, cell ", 1)
            yield from _nested(shorter, value, budget)


def _nested(location: str, text: str, budget: Budget) -> Iterator[Part | Written]:
    if budget.depth >= DEEPEST:
        return
    budget.depth += 1
    yield from text_parts(location, PurePosixPath(), text, budget, whole=False)
    budget.depth -= 1


def _view(where: str, view: View, budget: Budget, *, numbered: bool) -> Iterator[Part | Written]:
    def location(line: int) -> str:
        return f"{where}, line {line}" if numbered else where

    yield labelled(view.kind, [(location(line), text) for line, text in view.lines])
    if len(view.text) <= _PYTHON_BYTES:
        yield from code_in_string(where, view.text)
    yield from _payloads(where, view.text)
    for line, text in view.blocks:
        yield from code_in_string(where, text, line - 1)
    kind = "attributes, comments and scripts"
    yield labelled(kind, [(location(line), text) for line, text in view.hidden])
    for line, text in view.hidden:
        if len(text) >= _HOLDS_OTHERS:
            yield from code_in_string(where, text, line - 1)
            yield from _nested(location(line), text, budget)


def _payloads(where: str, text: str) -> Iterator[Written]:
    if not may_hold_payloads(text):
        return
    # Escapes may stand before and in the letters of one.
    seen: set[bytes] = set()
    for each in dict.fromkeys((text, unescaped(text))):
        for line, kind, candidates in payloads(each):
            payload = next(filter(_is_readable, candidates), None)
            if payload and payload not in seen:
                seen.add(payload)
                yield Written(f"{kind} payloads", f"{where}, {kind} in line {line}", payload)


def _is_readable(data: bytes) -> bool:
    return is_image(data) or is_archive("", data) or format_of(data) is not None or _is_text(data)


def _is_text(data: bytes) -> bool:
    """Letters that are no base64 decode to anything; text is mostly of Latin letters."""
    text = decoded(data)
    latin = sum(sign in _LATIN for sign in text or "")
    return text is not None and latin > _MOSTLY * len(text)
