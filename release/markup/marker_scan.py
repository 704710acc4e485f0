"""The lines of a text come in; the marker words in it that no student may see go out.

The words are those of `markers`, by which answers are taken out: what students keep must
come in whole pairs, and what they don't keep must not be there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from release.markup.markers import BOX, KNOWN, Markers
from release.markup.typos import nearest
from release.markup.unknown import unknown_markers

#: What a line that is nothing but a marker begins with, in whatever language it is written.
_ALONE = re.compile(r"^\s*(?:\#+|//+|/\*|--|;+|<!--|\*\*|[\"']{3}|%+)(?P<text>.*)$")
_CLOSERS = re.compile(r"\s*(?:-->|\*/|\*\*)\s*$")
_BEHIND = re.compile(r"(?:#|//)(?P<text>[^#]*)$")
_TODO = re.compile(r"^\s*#.*\bTO[ \t]?DO\b", re.IGNORECASE)
_NOT_TAKEN_OUT = "a marker of an answer that was not taken out"
_NO_BEGINNING = "the end of an answer's box without its beginning"


def marks(
    lines: Sequence[str], *, is_code: bool, markers: Markers = KNOWN
) -> Iterator[tuple[int, str]]:
    """The number (from 0) of each line with a marker that should have been taken out, and why."""
    opened = 0
    for number, line in enumerate(lines):
        text = _text(line)
        if (text is not None and _is_hidden(text, markers)) or (
            is_code and _is_behind(line, markers)
        ):
            yield number, _NOT_TAKEN_OUT
        elif is_code and text is not None and _is_edge(text, markers, opens=False):
            if opened == 0:
                yield number, _NO_BEGINNING
            opened = max(0, opened - 1)
        elif is_code and text is not None and (_opens(line, text, markers)):
            opened += 1


def remarks(lines: Sequence[str], markers: Markers = KNOWN) -> Iterator[tuple[int, str]]:
    """The same of each line of code that may be a marker which no table knows."""
    alone = [
        (number, text)
        for number, line in enumerate(lines)
        if line.lstrip().startswith("#")
        and (text := _text(line)) is not None
        and not markers.is_edge(text)
    ]
    for unknown in unknown_markers(alone):
        yield unknown.line, f"what may be a marker of an answer ({unknown.why})"


def _text(line: str) -> str | None:
    """The text of a line that is a remark by itself."""
    match = _ALONE.match(line)
    return _CLOSERS.sub("", match["text"]) if match else None


def _is_hidden(text: str, markers: Markers) -> bool:
    """Whether it is, or is a slip of, a line that no student should see."""
    if markers.is_edge(text):
        hidden = (pair for pair in markers.pairs if not pair.shown)
        return any(p.match(text) for pair in hidden for p in (pair.opening, pair.closing))
    shown = {w for p in markers.pairs if p.shown for w in (p.opening_words, p.closing_words)}
    slip = nearest(text, markers)
    return bool(_CAPITALS.match(text)) or (slip is not None and slip not in shown)


#: With something behind it, only in capitals: "begin solution of ..." may be a sentence.
_CAPITALS = re.compile(r"^[\s#]*(?:BEGIN|END)\s+(?:SOLUTIONS?|HIDDEN\s+TESTS?|MARK\s+SCHEME)\b")


def _is_behind(line: str, markers: Markers) -> bool:
    """Otter's form at the end of a line of code. A heading in a text may be called Solution."""
    match = _BEHIND.search(line)
    if match is None or not line[: match.start()].strip(" \t#"):
        return False
    return any(
        mark.pattern.match(match["text"]) and (not mark.exact or mark.words in match["text"])
        for mark in markers.line_marks
    )


def _is_edge(text: str, markers: Markers, *, opens: bool) -> bool:
    pairs = (pair for pair in markers.pairs if pair.shown and not pair.ruled)
    return any((pair.opening if opens else pair.closing).match(text) for pair in pairs)


def _opens(line: str, text: str, markers: Markers) -> bool:
    return (
        bool(_TODO.match(line) or BOX.opening_line.match(line))
        or _is_edge(text, markers, opens=True)
        or any(pair.opening.match(text) for pair in markers.pairs if pair.ruled)
    )
