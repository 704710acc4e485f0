"""The markers of a cell come in, in order; the regions between openings and closings go out.

A box ends with its end box, with a bare rule, with the next box of the same block, or with the pair
that stands inside it (cs231n's `START OF YOUR CODE`), around its answer: what is given between the
box and that pair stays. Where the assignment says so, what has no end ends with its block.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from release.markup.blocks import depth, end_of_block
from release.markup.markers import (
    BOX,
    COMMENT,
    REPLACE_PASS,
    RULE,
    TODO_BELOW_OPENING,
    Box,
    Markers,
    Pair,
)
from release.markup.model import Location, Marker, MarkerError, Region

_RULE_LINE = re.compile(rf"^[ \t]*{RULE}")
_NOTE_LINE = re.compile(rf"^[ \t]*(?:{RULE}|{COMMENT}.*$|$)")


def matched(
    found: Sequence[Marker], source: str, location: Location, markers: Markers
) -> Iterator[Region]:
    """The regions between the markers of one cell.

    Raises:
        MarkerError: a marker is unmatched, or nested where it may not be.
    """
    matcher = _Matcher(source, location, markers)
    for marker in found:
        if marker.is_rule:
            yield from matcher.rule(marker)
        elif marker.opens:
            yield from matcher.open(marker)
        else:
            yield from matcher.close(marker)
    yield from matcher.finish()


class _Matcher:
    """What is open: a marker, perhaps a pair inside it, and the pairs inside it that are done."""

    def __init__(self, source: str, location: Location, markers: Markers) -> None:
        self.source = source
        self.lines = source.split("\n")
        self.location = location
        self.markers = markers
        self.outer: Marker | None = None
        self.inner: Marker | None = None
        self.done: list[Region] = []
        self.ended_by_rule: int | None = None

    def open(self, marker: Marker) -> Iterator[Region]:
        outer = self.outer
        if outer is None:
            self.outer = marker
            return
        if outer.form is BOX and self.inner is None and _may_be_inner(marker):
            self.inner = marker
            return
        if self.inner is None and self.done:  # a box whose inner pair was all of it
            yield from self._emit()
        elif self.inner is None and self._continues(outer, marker):
            yield self._region(outer, marker.start)
        elif self.inner is None and self.markers.open_ended:
            yield self._open_ended(outer, marker.start)
        else:
            raise self._not_ended(marker, self.inner or outer)
        self.outer = marker

    def close(self, marker: Marker) -> Iterator[Region]:
        opened = self.inner or self.outer
        if opened is None:
            raise self._without_beginning(marker)
        if self.inner and self._belongs(self.inner, marker):
            self.done.append(self._region(self.inner, marker.start))
            self.inner = None
        elif self.inner is None and self.done and marker.form is BOX:
            self._check_empty(self.done[-1].end + 1, marker.start)
            yield from self._emit()
        elif not self.done and self._belongs(opened, marker):
            if marker.form is BOX and marker.indent != opened.indent:
                found = "an end box whose indentation differs from its TODO box's"
                remedy = f"indent it as on line {opened.start + 1}"
                raise self.location.error(marker.start, found, remedy)
            yield self._region(opened, marker.start)
            self.outer = None
        else:
            raise self._other_is_open(marker, opened)

    def rule(self, marker: Marker) -> Iterator[Region]:
        """A bare rule ends a box, unless an end of its own follows."""
        if self.outer and not self.inner and not self.done:
            yield self._region(self.outer, marker.start)
            self.outer = None
            self.ended_by_rule = marker.start
        elif self.ended_by_rule is not None:
            found = f"a rule of # that ends nothing, as that of line {self.ended_by_rule + 1} does"
            remedy = "take it away, or end the answer above with an END OF YOUR CODE box"
            raise self.location.error(marker.start, found, remedy)

    def finish(self) -> Iterator[Region]:
        if self.inner is None and self.done:
            yield from self._emit()
            return
        opened = self.inner or self.outer
        if opened is None:
            return
        if self.markers.open_ended and self.inner is None:
            yield self._open_ended(opened, len(self.lines))
            return
        remedy = f'put "{opened.form.closing_words}" below the answer'
        if opened.form is BOX:
            remedy = f'put an "{BOX.closing_words}" box below the answer'
        remedy += ', or say ends = "cell" under [markers] in the manifest'
        raise self.location.error(opened.start, f"{_named(opened)} without an end", remedy)

    def _emit(self) -> Iterator[Region]:
        yield from self.done
        self.done, self.outer = [], None

    def _belongs(self, opening: Marker, closing: Marker) -> bool:
        if (opening.form is BOX) or (closing.form is BOX):
            return opening.form is closing.form
        if opening.form.closing_words == closing.words:
            return True
        return any(
            (pair.opening_words, pair.closing_words) == (opening.words, closing.words)
            for pair in self.markers.pairs
        )

    def _continues(self, outer: Marker, marker: Marker) -> bool:
        """Whether the next box of the same block begins where this one's answer ends."""
        if outer.form is not BOX or marker.form is not BOX or outer.indent != marker.indent:
            return False
        between = self.lines[outer.end : marker.start]
        return all(
            depth(line) >= len(outer.indent) and not _RULE_LINE.match(line)
            for line in between
            if line.strip()
        )

    def _open_ended(self, opening: Marker, next_marker: int) -> Region:
        end = min(self._end_of_block(opening), next_marker)
        return replace(self._region(opening, end), closed=False)

    def _end_of_block(self, opening: Marker) -> int:
        """The line after the last one of the block that the marker stands in."""
        if self.location.cell == 0 and not opening.indent:
            remedy = f'put "{opening.form.closing_words}" below the answer'
            raise self.location.error(
                opening.start, f"{_named(opening)} without an end, outside any function", remedy
            )
        return end_of_block(self.source, opening.end, len(opening.indent))

    def _region(self, opening: Marker, stop: int) -> Region:
        start, end = opening.end, stop
        form = opening.form
        if isinstance(form, Box):
            while start < end and REPLACE_PASS.match(self.lines[start]):
                start += 1
            return Region(start, end, opening.indent, opening.start + 1)
        if form.shown:
            start += _todo_lines(self.lines[start:end])
        indent = _indent_of(self.lines[start:end], opening.indent)
        return Region(start, end, indent, opening.start + 1, form.fate, form.shown)

    def _check_empty(self, start: int, end: int) -> None:
        """What stands between a box's inner pair and its end stays, so it must be no answer."""
        for at in range(start, end):
            if not _NOTE_LINE.match(self.lines[at]):
                found = "code between the END OF YOUR CODE line and the end of its box"
                raise self.location.error(at, found, "move it above that line, or below the box")

    def _not_ended(self, marker: Marker, outer: Marker) -> MarkerError:
        what = "a second TODO box" if marker.form is BOX and outer.form is BOX else _named(marker)
        name = _named(outer).removeprefix("a ")
        found = f"{what} before the {name} of line {outer.start + 1} has ended"
        return self.location.error(
            marker.start, found, f'end that one first, with "{outer.form.closing_words}"'
        )

    def _without_beginning(self, marker: Marker) -> MarkerError:
        words = dict.fromkeys(
            f'"{pair.opening_words}"'
            for pair in self.markers.pairs
            if pair.closing_words == marker.words
        )
        start = "a TODO box" if marker.form is BOX else " or ".join(words)
        found = f"{_named(marker)} without a beginning"
        return self.location.error(marker.start, found, f"put {start or 'one'} above the answer")

    def _other_is_open(self, marker: Marker, opening: Marker) -> MarkerError:
        found = f"{_named(marker)} where {_named(opening)} of line {opening.start + 1} is open"
        end = f'"{opening.form.closing_words}"' + (" box" if opening.form is BOX else "")
        return self.location.error(marker.start, found, f"end that one first, with {end}")


def _named(marker: Marker) -> str:
    if marker.form is BOX:
        return "a TODO box" if marker.opens else f'an "{marker.words}" box'
    return f'"{marker.words}"'


def _may_be_inner(marker: Marker) -> bool:
    return isinstance(marker.form, Pair) and marker.form.inner


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())


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
