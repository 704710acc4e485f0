"""HTML, SVG or the XML of an office file comes in; its text without the tags goes out.

nbconvert and word processors put tags around each word, so that no line of the file holds a line of
the answer. What a browser shows is one text; attributes, comments and scripts are others.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

#: A line of text and the line of the file (from 1) where it starts.
Line = tuple[int, str]

_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<!--|-->")
_CLOSED = re.compile(r"</[A-Za-z][^<>]{0,200}>|<[A-Za-z][^<>]{0,2000}/>|<[bwh]b?r\b|<!--")
#: Elements behind which a line ends, by their names without a prefix (`w:p`, `text:p`).
_LINE = frozenset(
    "address article aside blockquote body br dd div dl dt footer form h h1 h2 h3 h4 h5 h6 head "
    "header hr li line-break main nav ol option p pre row section si table tbody td text th title "
    "tr ul".split()
)  # fmt: skip
_SPACE = frozenset(("s", "tab"))
_OWN_TEXT = frozenset(("script", "style", "template", "textarea", "noscript", "iframe"))
#: html.parser reads what is not closed again and again. It gets pieces, and so much of such a rest.
_PIECE = 16_384
_LONGEST_REST = 200_000
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
    reader = _Reader()
    try:
        for at in range(0, len(text), _PIECE):
            reader.feed(text[at : at + _PIECE])
            if len(reader.rawdata) > _LONGEST_REST:
                reader.give_up(text[at + _PIECE :])
                return reader.found
        reader.close()
    except (AssertionError, ValueError):  # it raises for some broken declarations
        reader.give_up("")
    reader.end_line()
    return reader.found


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found = Markup()
        self._line: list[str] = []
        self._start = 1
        self._own: str | None = None
        self._block: list[str] = []
        self._block_start = 1
        self._depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        name = tag.rpartition(":")[2]
        at = self.getpos()[0]
        self.found.others.extend((at, value) for _, value in attrs if value and len(value) > 9)
        if tag in _OWN_TEXT:
            self._own = tag
        elif name in _LINE:
            self._break()
        elif name in _SPACE and ":" in tag:
            self._add(" ")
        if tag in _PREFORMATTED:
            if self._depth == 0:
                self._block, self._block_start = [], at
            self._depth += 1

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag == self._own:
            self._own = None
        elif tag.rpartition(":")[2] in _LINE:
            self._break()
        if tag in _PREFORMATTED and self._depth:
            self._depth -= 1
            if self._depth == 0:
                self.found.blocks.append((self._block_start, "".join(self._block)))

    def handle_data(self, data: str) -> None:
        if self._own and self._own != "textarea":
            self.found.others.append((self.getpos()[0], data))
            return
        first, *rest = data.split("\n")
        self._add(first)
        for number, line in enumerate(rest, start=1):
            self.end_line()
            self._start = self.getpos()[0] + number
            self._add(line)
        if self._depth:
            self._block.append(data)

    def handle_comment(self, data: str) -> None:
        self.found.others.append((self.getpos()[0], data))

    def handle_pi(self, data: str) -> None:
        self.found.others.append((self.getpos()[0], data))

    def unknown_decl(self, data: str) -> None:
        # XML's way of writing text as it is.
        self.handle_data(data.removeprefix("CDATA["))

    def _add(self, text: str) -> None:
        if not self._line:
            self._start = max(self._start, self.getpos()[0])
        self._line.append(text)

    def end_line(self) -> None:
        """Put aside what was collected of a line."""
        text = "".join(self._line)
        if text.strip():
            self.found.lines.append((self._start, text))
        self._line = []

    def give_up(self, rest: str) -> None:
        """Take the tags out of what is not read yet, and no more."""
        self.end_line()
        first = self.getpos()[0]
        lines = _TAG.sub("", self.rawdata + rest).split("\n")
        self.found.lines.extend(enumerate(lines, start=first))

    def _break(self) -> None:
        self.end_line()
        if self._depth and self._block and not self._block[-1].endswith("\n"):
            self._block.append("\n")
