"""HTML, SVG or the XML of an office file comes in; its text without the tags goes out.

nbconvert and word processors put tags around each word, so that no line of the file holds a line of
the answer. What a browser shows is one text; attributes, comments and scripts are others.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field

#: A line of text and the line of the file (from 1) where it starts.
Line = tuple[int, str]

_CLOSED = re.compile(r"</[A-Za-z][^<>]{0,200}>|<[A-Za-z][^<>]{0,2000}/>|<[bwh]b?r\b|<!--")
# Possessive, so that a tag that is never closed is read once.
_TAG = re.compile(r"""<(/?)([A-Za-z][\w:.-]*+)((?:[^<>"']|"[^"]*"|'[^']*')*+)>""")
_ATTRIBUTE = re.compile(r"""=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]++))""")
#: What is no tag, and how it ends.
_DECLARATIONS = (("<!--", "-->"), ("<![CDATA[", "]]>"), ("<!", ">"), ("<?", ">"))
_SHORTEST_ATTRIBUTE = 10
#: Elements behind which a line ends, by their names without a prefix (`w:p`, `text:p`).
_LINE = frozenset(
    "address article aside blockquote body br dd div dl dt footer form h h1 h2 h3 h4 h5 h6 head "
    "header hr li line-break main nav ol option p pre row section si table tbody td text th title "
    "tr ul".split()
)  # fmt: skip
_SPACE = frozenset(("s", "tab"))
_OWN_TEXT = frozenset(("script", "style", "template", "textarea", "noscript", "iframe"))
_PREFORMATTED = frozenset(("pre", "code", "textarea", "listing", "xmp"))


@dataclass
class Markup:
    """What a text with tags says.

    Attributes:
        lines: what a reader sees, line by line.
        blocks: each preformatted block, with the line of the file where it starts.
        others: attributes, comments and scripts, each with its line.
    """

    lines: list[Line] = field(default_factory=list)
    blocks: list[Line] = field(default_factory=list)
    others: list[Line] = field(default_factory=list)


def has_tags(text: str) -> bool:
    """Whether a text may have tags in it: one that is closed."""
    return "<" in text and _CLOSED.search(text) is not None


def markup(text: str) -> Markup:
    """Take a text with tags apart; what is no tag is text, as in a browser."""
    reader = _Reader(text)
    reader.read()
    return reader.found


class _Reader:
    """Goes through a text once: what is not closed is looked for once, and is text from then on."""

    def __init__(self, text: str) -> None:
        self.found = Markup()
        self._text = text
        self._at = 0
        self._number = 1
        self._counted = 0
        self._never_closed: set[str] = set()
        self._line: list[str] = []
        self._start = 1
        self._block: list[str] = []
        self._block_start = 1
        self._depth = 0

    def read(self) -> None:
        """Fill in what was found."""
        text = self._text
        data = 0
        while (at := text.find("<", self._at)) >= 0:
            self._at = at + 1
            tag = _TAG.match(text, at)
            end = tag.end() if tag else self._declaration_end(at)
            if end is None:
                continue
            self._data(data, at)
            if tag:
                self._tag(tag)
                end = self._own_text(tag) if not tag[1] else end
            else:
                self._declaration(at, end)
            data = self._at = end
        self._data(data, len(text))
        self._end_line()

    def _declaration_end(self, at: int) -> int | None:
        for start, close in _DECLARATIONS:
            if self._text.startswith(start, at):
                end = self._find(close, at + len(start), start)
                return None if end is None else end + len(close)
        return None

    def _declaration(self, at: int, end: int) -> None:
        start, close = next(pair for pair in _DECLARATIONS if self._text.startswith(pair[0], at))
        text = self._text[at + len(start) : end - len(close)]
        number = self._number_at(at)
        if start == "<![CDATA[":  # XML's way of writing text as it is
            self._add(text)
        else:
            self.found.others.append((number, text))

    def _find(self, close: str, start: int, kind: str) -> int | None:
        """Where the end of something is; what has none is not looked for again."""
        if kind in self._never_closed:
            return None
        at = self._text.find(close, start)
        if at < 0:
            self._never_closed.add(kind)
        return at if at >= 0 else None

    def _own_text(self, tag: re.Match[str]) -> int:
        """Behind an element's own text, such as a script; else behind its tag."""
        name = tag[2].lower()
        if name not in _OWN_TEXT or tag[3].endswith("/"):
            return tag.end()
        end = self._find(f"</{tag[2]}", tag.end(), f"</{tag[2]}")
        if end is None:
            return tag.end()
        self.found.others.append((self._number_at(tag.end()), self._text[tag.end() : end]))
        return end

    def _tag(self, tag: re.Match[str]) -> None:
        name, at = tag[2].lower(), self._number_at(tag.start())
        local = name.rpartition(":")[2]
        for values in _ATTRIBUTE.findall(tag[3]):
            value = html.unescape("".join(values))
            if len(value) >= _SHORTEST_ATTRIBUTE:
                self.found.others.append((at, value))
        if local in _LINE:
            self._end_line()
            if self._depth and self._block and not self._block[-1].endswith("\n"):
                self._block.append("\n")
        elif local in _SPACE and ":" in name:
            self._add(" ")
        if name in _PREFORMATTED:
            self._preformatted(at, closes=bool(tag[1]))

    def _preformatted(self, at: int, *, closes: bool) -> None:
        if closes and self._depth:
            self._depth -= 1
            if self._depth == 0:
                self.found.blocks.append((self._block_start, "".join(self._block)))
        elif not closes:
            if self._depth == 0:
                self._block, self._block_start = [], at
            self._depth += 1

    def _data(self, start: int, end: int) -> None:
        if start < end:
            self._number_at(start)
            self._add(html.unescape(self._text[start:end]))

    def _add(self, text: str) -> None:
        for number, line in enumerate(text.split("\n"), start=self._number):
            if number > self._number:
                self._end_line()
            if not self._line:
                self._start = number
            self._line.append(line)
        if self._depth:
            self._block.append(text)

    def _end_line(self) -> None:
        text = "".join(self._line)
        if text.strip():
            self.found.lines.append((self._start, text))
        self._line = []

    def _number_at(self, at: int) -> int:
        """The number of the line at a place; places come in order."""
        self._number += self._text.count("\n", self._counted, at)
        self._counted = max(self._counted, at)
        return self._number
