"""The source of one cell comes in, its regions (where the answers stand) go out.

`markers` has the forms. A region is marked by a box, by a pair of comment lines, by the two
lines of a prompt, or by a comment at the end of a statement; in markdown by a pair of lines.
Whatever looks like a part of a marker and is not in a whole one is an error: a marker that went
unseen would ship an answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from release.markup.labels import label_regions
from release.markup.line_markers import line_regions
from release.markup.lint import Suspicion, check_markdown_rest, check_markdown_spelling
from release.markup.loose import loose_regions
from release.markup.markers import (
    BOX,
    COMMENT,
    KNOWN,
    PROMPT_CLOSING,
    PROMPT_OPENING,
    RULE,
    Fate,
    Markers,
    Pair,
)
from release.markup.matching import matched
from release.markup.model import Location, Marker, MarkerError, Region

__all__ = ["Location", "MarkerError", "Region", "find_markdown_regions", "find_regions"]

_MARKDOWN_SIGN = re.compile(r"^[ \t]*(?:#+|<!--)(?P<text>.*)$")
_CODE_SIGN = re.compile(r"^[ \t]*#(?P<text>.*)$")
_RULE_LINE = re.compile(rf"^(?P<indent>[ \t]*){RULE}")
_BETWEEN = re.compile(
    r"^[ \t]*#*[ \t]*(?P<sign>[#=*~+_-])(?P=sign){2,}.*\w.*(?P=sign){3,}[ \t#\r]*$"
)
_COMMENT_LINE = re.compile(rf"^[ \t]*{COMMENT}")
PROMPT = Pair("BEGIN PROMPT", "END PROMPT", fate=Fate.PROMPT, shown=False)
#: Closes whatever is folded in an editor, an answer or not.
_ANY_END = "ENDREGION"


def find_regions(source: str, location: Location, markers: Markers = KNOWN) -> tuple[Region, ...]:
    """Find the regions of a code cell, in order.

    Raises:
        MarkerError: a marker is incomplete, unmatched, nested, misspelt, unknown, unevenly indented
            or in a string.
    """
    lines = source.split("\n")
    found = _code_markers(source, lines, markers)
    suspicion = Suspicion(source, found, location, markers)
    if markers.strict:
        suspicion.check_markers()
    regions = list(matched(found, source, location, markers))
    if markers.open_ended:
        taken = suspicion.taken | _lines_of(regions)
        starts = {marker.start for marker in found} | {region.start for region in regions}
        regions += loose_regions(source, location, taken, starts)
    regions += line_regions(source, location, _lines_of(regions), markers)
    suspicion.check_rest(_lines_of(regions))
    return tuple(sorted(regions, key=lambda region: region.start))


def _lines_of(regions: Sequence[Region]) -> set[int]:
    """The lines (from 0) of answers and of what marks them."""
    return {line for region in regions for line in range(region.line - 1, region.end)}


def find_markdown_regions(
    source: str, location: Location, markers: Markers = KNOWN
) -> tuple[Region, ...]:
    """Find the regions of a markdown cell: between headings or HTML comments that are a pair's.

    Raises:
        MarkerError: a marker is unmatched, nested or misspelt, or a heading announces a solution.
    """
    lines = source.split("\n")
    found: list[Marker] = []
    for at in range(len(lines)):
        marker = _pair_marker(lines, at, _MARKDOWN_SIGN, markers)
        if marker and not _is_loose_end(marker, lines[at], found, markers):
            found.append(marker)
    if markers.strict:
        check_markdown_spelling(lines, found, location, markers)
    regions = list(matched(found, source, location, markers))
    taken = {line for marker in found for line in range(marker.start, marker.end)}
    if markers.boxes:
        regions += label_regions(lines, _lines_of(regions) | taken)
    check_markdown_rest(lines, _lines_of(regions) | taken, location, markers)
    return tuple(sorted(regions, key=lambda region: region.start))


def _code_markers(source: str, lines: Sequence[str], markers: Markers) -> list[Marker]:
    """Read the whole markers from top to bottom; no two of them share a line."""
    offsets = [0]
    for line in lines:
        offsets.append(offsets[-1] + len(line) + 1)
    found: list[Marker] = []
    at = 0
    while at < len(lines):
        marker = (
            (_box_marker(source, offsets[at], at) if markers.boxes else None)
            or _prompt_marker(lines, at, found)
            or _pair_marker(lines, at, _CODE_SIGN, markers)
            or _lone_rule(lines, at, found)
        )
        if marker and _is_loose_end(marker, lines[at], found, markers):
            marker = None
        if marker:
            found.append(marker)
        at = marker.end if marker else at + 1
    return found


def _box_marker(source: str, offset: int, line: int) -> Marker | None:
    for opens, pattern in ((True, BOX.opening), (False, BOX.closing)):
        if match := pattern.match(source, offset):
            return Marker(BOX, opens, line, line + match[0].count("\n") + 1, match["indent"])
    if match := BOX.half.match(source, offset):
        end = line + match["head"].count("\n")
        return Marker(BOX, True, line, end, match["indent"])
    return None


def _prompt_marker(lines: Sequence[str], at: int, above: Sequence[Marker]) -> Marker | None:
    if match := PROMPT_OPENING.match(lines[at]):
        return Marker(PROMPT, True, at, at + 1, match["indent"])
    opened = bool(above) and above[-1].form is PROMPT and above[-1].opens
    if opened and PROMPT_CLOSING.match(lines[at]):
        return Marker(PROMPT, False, at, at + 1, above[-1].indent)
    return None


def _pair_marker(
    lines: Sequence[str], at: int, sign: re.Pattern[str], markers: Markers
) -> Marker | None:
    match = sign.match(lines[at])
    if not match:
        return None
    indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
    text = match["text"].removesuffix("-->").rstrip()
    if markers.allows(text):
        return None
    for pair in markers.pairs:
        if pair.ruled:
            if pair.opening.match(text) and _ornament(lines[at]):
                return Marker(pair, True, at, at + 1, indent)
            continue
        for opens, pattern in ((True, pair.opening), (False, pair.closing)):
            if pattern.match(text):
                return Marker(pair, opens, at, at + 1, indent)
    return None


def _lone_rule(lines: Sequence[str], at: int, above: Sequence[Marker]) -> Marker | None:
    """A rule that belongs to no heading, where a box without an end box could end."""
    opened = above[-1] if above and (above[-1].opens or above[-1].is_rule) else None
    if opened is None:
        return None
    sign = "#" if opened.form is BOX else _ornament(lines[opened.start])
    if opened.is_rule:
        sign = lines[opened.start].strip()[-1]
    match = sign and _rule(sign).match(lines[at])
    if not match or match["indent"] != opened.indent:
        return None
    below, rule = at + 1, match.re
    while below < len(lines) and _COMMENT_LINE.match(lines[below]) and not rule.match(lines[below]):
        below += 1
    ends_heading = below < len(lines) and bool(rule.match(lines[below]))
    is_heading = below > at + 1 and ends_heading
    # Two rules are what is left of an end box that lost its words.
    is_double = below == at + 1 and ends_heading and not _opens_box(lines, below)
    is_double |= at > opened.end and bool(rule.match(lines[at - 1]))
    if is_heading or is_double:
        return None
    first = at
    while first > opened.end and _COMMENT_LINE.match(lines[first - 1]):
        first -= 1
    if first > opened.end and first < at and _RULE_LINE.match(lines[first - 1]):
        return None
    return Marker(opened.form, False, at, at + 1, match["indent"], is_rule=True)


def _opens_box(lines: Sequence[str], at: int) -> bool:
    return at + 1 < len(lines) and bool(BOX.opening_line.match(lines[at + 1]))


def _ornament(line: str) -> str:
    """The sign that stands before and after the words of a line, at least three times each."""
    match = _BETWEEN.match(line)
    return match["sign"] if match else ""


@cache
def _rule(sign: str) -> re.Pattern[str]:
    """Matches a comment that is nothing but that sign."""
    if sign == "#":
        return _RULE_LINE
    return re.compile(rf"^(?P<indent>[ \t]*)#+[ \t]*{re.escape(sign)}{{10,}}[ \t#\r]*$")


def _is_loose_end(marker: Marker, line: str, above: Sequence[Marker], markers: Markers) -> bool:
    """Whether it is the middle line of a broken box, or a fold's end, and not a pair's own end."""
    if marker.opens or marker.form is BOX or marker.is_rule:
        return False
    if marker.words not in (BOX.closing_words, _ANY_END):
        return False
    opened = above[-1] if above and above[-1].opens else None
    inside = opened is not None and any(
        pair.opening_words == opened.words and pair.closing_words == marker.words
        for pair in markers.pairs
    )
    return not inside and (marker.words == _ANY_END or not re.search(r"[*(]", line))
