"""The source of one cell comes in, its regions (where the answers stand) go out.

`release.markers` has the forms. A region is marked by a box, by a pair of comment lines, by the two
lines of a prompt, or by a comment at the end of a statement; in markdown by a pair of lines.
Whatever looks like a part of a marker and is not in a whole one is an error: a marker that went
unseen would ship an answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from release.linemarks import line_regions
from release.markers import (
    BOX,
    COMMENT,
    PAIRS,
    PROMPT_CLOSING,
    PROMPT_OPENING,
    REPLACE_PASS,
    RULE,
    TODO_BELOW_OPENING,
    Box,
    Fate,
    Pair,
)
from release.places import Marker, MarkerError, Place, Region
from release.suspicion import Suspicion, check_markdown_rest, check_markdown_spelling

__all__ = ["MarkerError", "Place", "Region", "find_markdown_regions", "find_regions"]

_MARKDOWN_SIGN = re.compile(r"^[ \t]*(?:#+|<!--)(?P<text>.*)$")
_CODE_SIGN = re.compile(r"^[ \t]*#(?P<text>.*)$")
_NOTE_LINE = re.compile(rf"^[ \t]*(?:{RULE}|{COMMENT}.*$|$)")
_PROMPT = Pair("BEGIN PROMPT", "END PROMPT", Fate.PROMPT, shown=False)


def find_regions(source: str, place: Place) -> tuple[Region, ...]:
    """Find the regions of a code cell, in order.

    Raises:
        MarkerError: a marker is incomplete, unmatched, nested, misspelt, unevenly indented or in a
            string.
    """
    lines = source.split("\n")
    markers = _code_markers(source, lines)
    suspicion = Suspicion(source, markers, place)
    suspicion.check_markers()
    regions = [*_pair(markers, lines, place)]
    answers = {line for region in regions for line in range(region.line - 1, region.end)}
    regions += line_regions(source, place, answers)
    suspicion.check_rest(answers)
    return tuple(sorted(regions, key=lambda region: region.start))


def find_markdown_regions(source: str, place: Place) -> tuple[Region, ...]:
    """Find the regions of a markdown cell: between headings or HTML comments that are a pair's.

    Raises:
        MarkerError: a marker is unmatched, nested or misspelt, or a heading announces a solution.
    """
    lines = source.split("\n")
    markers: list[Marker] = []
    for at, line in enumerate(lines):
        marker = _pair_marker(lines, at, _MARKDOWN_SIGN)
        if marker and not _is_loose_box_end(marker, line, markers):
            markers.append(marker)
    check_markdown_spelling(lines, markers, place)
    regions = tuple(_pair(markers, lines, place))
    answers = {line for region in regions for line in range(region.start, region.end)}
    check_markdown_rest(lines, answers, place)
    return regions


def _code_markers(source: str, lines: Sequence[str]) -> list[Marker]:
    """Read the whole markers from top to bottom; no two of them share a line."""
    offsets = [0]
    for line in lines:
        offsets.append(offsets[-1] + len(line) + 1)
    markers: list[Marker] = []
    at = 0
    while at < len(lines):
        marker = (
            _box_marker(source, offsets[at], at)
            or _prompt_marker(lines, at, markers)
            or _pair_marker(lines, at, _CODE_SIGN)
        )
        if marker and _is_loose_box_end(marker, lines[at], markers):
            marker = None
        if marker:
            markers.append(marker)
        at = marker.end if marker else at + 1
    return markers


def _box_marker(source: str, offset: int, line: int) -> Marker | None:
    for opens, pattern in ((True, BOX.opening), (False, BOX.closing)):
        if match := pattern.match(source, offset):
            return Marker(BOX, opens, line, line + match[0].count("\n") + 1, match["indent"])
    return None


def _prompt_marker(lines: Sequence[str], at: int, above: Sequence[Marker]) -> Marker | None:
    if match := PROMPT_OPENING.match(lines[at]):
        return Marker(_PROMPT, True, at, at + 1, match["indent"])
    opened = bool(above) and above[-1].form is _PROMPT and above[-1].opens
    if opened and PROMPT_CLOSING.match(lines[at]):
        return Marker(_PROMPT, False, at, at + 1, above[-1].indent)
    return None


def _pair_marker(lines: Sequence[str], at: int, sign: re.Pattern[str]) -> Marker | None:
    match = sign.match(lines[at])
    if not match:
        return None
    indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
    text = match["text"].removesuffix("-->").rstrip()
    for pair in PAIRS:
        for opens, pattern in ((True, pair.opening), (False, pair.closing)):
            if pattern.match(text):
                return Marker(pair, opens, at, at + 1, indent)
    return None


def _is_loose_box_end(marker: Marker, line: str, above: Sequence[Marker]) -> bool:
    """Whether it is the middle line of a broken box rather than the end of an inner pair."""
    if marker.opens or marker.form is BOX or marker.words != BOX.closing_words:
        return False
    inside = bool(above) and above[-1].opens and above[-1].form == marker.form
    return not inside and not re.search(r"[*(]", line)


def _pair(markers: Sequence[Marker], lines: Sequence[str], place: Place) -> Iterator[Region]:
    """Match openings with closings. One pair may stand inside a box, around all of its answer."""
    opened: list[Marker] = []
    done: Region | None = None  # that of a pair inside the box that is still open
    for marker in markers:
        if marker.opens:
            _check_opening(marker, opened, done, lines, place)
            opened.append(marker)
            continue
        _check_closing(marker, opened, place)
        opening = opened.pop()
        if done is None:
            region = _region(opening, marker, lines)
        else:
            _check_empty(done.end + 1, marker.start, lines, place)
            region, done = done, None
        if opened:
            done = region
        else:
            yield region
    if opened:
        name = _named(opened[-1])
        remedy = f'put "{opened[-1].form.closing_words}" below the answer'
        if opened[-1].form is BOX:
            remedy = f'put an "{BOX.closing_words}" box below the answer'
        raise place.error(opened[-1].start, f"{name} without an end", remedy)


def _named(marker: Marker) -> str:
    if marker.form is BOX:
        return "a TODO box" if marker.opens else f'an "{marker.words}" box'
    return f'"{marker.words}"'


def _check_opening(
    marker: Marker,
    opened: Sequence[Marker],
    done: Region | None,
    lines: Sequence[str],
    place: Place,
) -> None:
    if not opened:
        return
    outer = opened[-1]
    inner = isinstance(marker.form, Pair) and marker.form.inner
    if inner and outer.form is BOX and done is None:
        _check_empty(outer.end, marker.start, lines, place)
        return
    what = "a second TODO box" if marker.form is BOX and outer.form is BOX else _named(marker)
    found = (
        f"{what} before the {_named(outer).removeprefix('a ')} of line {outer.start + 1} has ended"
    )
    raise place.error(marker.start, found, f'end that one first, with "{outer.form.closing_words}"')


def _check_closing(marker: Marker, opened: Sequence[Marker], place: Place) -> None:
    if not opened:
        found = f"{_named(marker)} without a beginning"
        words = dict.fromkeys(
            f'"{form.opening_words}"'
            for form in (BOX, *PAIRS, _PROMPT)
            if form.closing_words == marker.words and (form is BOX) == (marker.form is BOX)
        )
        start = "a TODO box" if marker.form is BOX else " or ".join(words)
        raise place.error(marker.start, found, f"put {start} above the answer")
    opening = opened[-1]
    box_or_pair = (opening.form is BOX) == (marker.form is BOX)
    if opening.form.closing_words != marker.words or not box_or_pair:
        found = f"{_named(marker)} where {_named(opening)} of line {opening.start + 1} is open"
        end = f'"{opening.form.closing_words}"' + (" box" if opening.form is BOX else "")
        raise place.error(marker.start, found, f"end that one first, with {end}")
    if marker.form is BOX and marker.indent != opening.indent:
        found = "an end box whose indentation differs from its TODO box's"
        raise place.error(marker.start, found, f"indent it as on line {opening.start + 1}")


def _check_empty(start: int, end: int, lines: Sequence[str], place: Place) -> None:
    """What stands between a box and the pair inside it stays, so that it must be no answer."""
    for at in range(start, end):
        if not _NOTE_LINE.match(lines[at]):
            found = "code between a box and the START OF YOUR CODE pair inside it"
            raise place.error(at, found, "move it between the two lines of that pair")


def _region(opening: Marker, closing: Marker, lines: Sequence[str]) -> Region:
    start, end = opening.end, closing.start
    form = opening.form
    if isinstance(form, Box):
        while start < end and REPLACE_PASS.match(lines[start]):
            start += 1
        return Region(start, end, opening.indent, opening.start + 1)
    if form.shown:
        start += _todo_lines(lines[start:end])
    indent = _indent_of(lines[start:end], opening.indent)
    return Region(start, end, indent, opening.start + 1, form.fate, form.shown)


def _todo_lines(answer: Sequence[str]) -> int:
    """How many lines at the top of an answer are what the student is told."""
    match = TODO_BELOW_OPENING.match(answer[0]) if answer else None
    if not match:
        return 0
    told = re.compile(rf"^[ \t]*{match['signs']}(?!#)")
    return next((at for at, line in enumerate(answer) if not told.match(line)), len(answer))


def _indent_of(answer: Sequence[str], otherwise: str) -> str:
    """A pair may be indented otherwise than its answer, whose place the stub takes."""
    for line in answer:
        if line.strip() and not line.lstrip().startswith(("#", "%", "!")):
            return line[: len(line) - len(line.lstrip())]
    return otherwise
