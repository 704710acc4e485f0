"""A text comes in; the texts that a reader would see in its place go out, one below the other.

HTML may show escaped HTML, JSON may hold HTML that holds JSON, an address may hold all of them:
each step takes one layer off, and each layer is searched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from release.leaks.extract.markup import Line, has_tags, markup
from release.leaks.extract.spelling import STEPS
from release.leaks.extract.typeset import is_rtf, is_tex, rtf_text, tex_text

#: So many layers are taken off.
_LAYERS = 6
#: A longer text is data; taking its tags off would take minutes.
_LONGEST = 30_000_000
_ESCAPE = re.compile(r"%[0-9a-fA-F]{2}|&#?\w+;|\\[ux]")


@dataclass(frozen=True)
class View:
    """One layer of a text.

    Attributes:
        kind: how the table of what was looked at calls its lines.
        lines: what it says, each line with the line of the text (from 1) where it starts.
        blocks: preformatted blocks in it.
        hidden: attributes, comments and scripts: texts of their own.
    """

    kind: str
    lines: tuple[Line, ...]
    blocks: tuple[Line, ...] = ()
    hidden: tuple[Line, ...] = ()

    @property
    def text(self) -> str:
        """All lines as one text."""
        return "\n".join(text for _, text in self.lines)


def views(text: str) -> Iterator[View]:
    """The layers of a text below itself; none of a text that is what it says."""
    if len(text) > _LONGEST:
        return
    lines: list[Line] = list(enumerate(text.split("\n"), start=1))
    for _ in range(_LAYERS):
        view = _below(lines, text) or _below_escapes(lines, text)
        if view is None or view.text == text:
            return
        yield view
        lines, text = list(view.lines), view.text


def _below(lines: list[Line], text: str) -> View | None:
    numbers = [number for number, _ in lines]

    def placed(found: list[Line]) -> tuple[Line, ...]:
        return tuple((numbers[min(at, len(numbers)) - 1], inside) for at, inside in found)

    if is_rtf(text):
        return View("lines of RTF", tuple((1, line) for line in rtf_text(text).split("\n")))
    if is_tex(text):
        return View("lines of TeX", tuple((number, tex_text(line)) for number, line in lines))
    if has_tags(text):
        found = markup(text)
        return View(
            "lines of markup", placed(found.lines), placed(found.blocks), placed(found.others)
        )
    return None


def _below_escapes(lines: list[Line], text: str) -> View | None:
    """What is below escapes: one kind after the other, for the text in a tag may have its own."""
    for _ in range(_LAYERS):
        if not _ESCAPE.search(text):
            return None
        before = text
        for step in STEPS:
            lines = [(number, part) for number, line in lines for part in step(line).split("\n")]
            text = "\n".join(line for _, line in lines)
            if view := _below(lines, text):
                return view
        if text == before:
            return None
    return None
