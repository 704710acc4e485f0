"""The source of one cell comes in, its TODO regions (where the answers stand) go out.

The CS182 box, all at the indentation of the code around it:

    ########################################    a rule of at least 20 `#`
    # TODO: what to do                     #    TODO on the first line; the right border is optional
    # hints                                #
    ########################################
    the answer
    ########################################
    #           END OF YOUR CODE           #
    ########################################

Whatever looks like a part of a box and is not in a whole one is an error: a marker that went
unseen would ship an answer.
"""

import difflib
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass

from autograder.errors import UserError
from release.source import plain_python

_RULE = r"#{20,}[ \t\r]*$"
_COMMENT = rf"(?!{_RULE})#"
_TODO = rf"{_COMMENT}(?:[^\w\n]*TO[ \t]*DO\b|.*\bTODO[ \t]*:).*$"
_END = rf"{_COMMENT}+[ \t]*END[ \t]+OF[ \t]+YOUR[ \t]+CODE[ \t]*#*[ \t\r]*$"
_FLAGS = re.MULTILINE | re.IGNORECASE


@dataclass(frozen=True)
class _Style:
    """One way to mark a region; the patterns are matched at the start of a line.

    `opening` and `closing` match the whole marker, and have a group `indent`. `opening_line` and
    `closing_line` match the line that gives away a broken marker; `opening_word` and
    `closing_words` are their right spelling.
    """

    opening: re.Pattern[str]
    closing: re.Pattern[str]
    opening_line: re.Pattern[str]
    closing_line: re.Pattern[str]
    opening_word: str
    closing_words: str


_STYLES = (
    _Style(
        opening=re.compile(
            rf"^(?P<indent>[ \t]*){_RULE}\n(?P=indent){_TODO}\n"
            rf"(?:(?P=indent){_COMMENT}.*\n)*(?P=indent){_RULE}",
            _FLAGS,
        ),
        closing=re.compile(
            rf"^(?P<indent>[ \t]*){_RULE}\n(?P=indent){_END}\n(?P=indent){_RULE}", _FLAGS
        ),
        opening_line=re.compile(rf"^[ \t]*{_TODO}", _FLAGS),
        closing_line=re.compile(rf"^[ \t]*{_END}", _FLAGS),
        opening_word="TODO",
        closing_words="END OF YOUR CODE",
    ),
)
_RULE_LINE = re.compile(rf"^[ \t]*{_RULE}")
_COMMENT_LINE = re.compile(rf"^[ \t]*{_COMMENT}")


class MarkerError(UserError):
    """A marker that is no part of a whole box; names the file, cell and line, and the remedy."""


@dataclass(frozen=True)
class Place:
    """A cell: the file it is in, and its number there from 1."""

    file: str
    cell: int


@dataclass(frozen=True)
class Region:
    """The answer, `source.split("\\n")[start:end]`, and the line (from 1) that opens its box."""

    start: int
    end: int
    indent: str
    line: int


@dataclass(frozen=True)
class _Marker:
    """A whole opening or closing marker on the lines `start` to `end` (from 0, end excluded)."""

    style: _Style
    opens: bool
    start: int
    end: int
    indent: str


def find_regions(source: str, place: Place) -> tuple[Region, ...]:
    """Find the regions of a cell, in order.

    Raises:
        MarkerError: a box is incomplete, nested, misspelt, unevenly indented or in a string.
    """
    markers = _find_markers(source)
    _Suspicion(source, markers, place).check()
    return tuple(_pair(markers, place))


def _find_markers(source: str) -> list[_Marker]:
    """Read the whole markers from top to bottom; no two of them share a line."""
    lines = source.split("\n")
    offsets = [0]
    for line in lines:
        offsets.append(offsets[-1] + len(line) + 1)
    markers: list[_Marker] = []
    at = 0
    while at < len(lines):
        marker = _marker_at(source, offsets[at], at)
        if marker:
            markers.append(marker)
        at = marker.end if marker else at + 1
    return markers


def _marker_at(source: str, offset: int, line: int) -> _Marker | None:
    for style in _STYLES:
        for opens, pattern in ((True, style.opening), (False, style.closing)):
            if match := pattern.match(source, offset):
                end = line + match[0].count("\n") + 1
                return _Marker(style, opens, line, end, match["indent"])
    return None


def _pair(markers: list[_Marker], place: Place) -> Iterator[Region]:
    opened: _Marker | None = None
    for marker in markers:
        word, words = marker.style.opening_word, marker.style.closing_words
        if marker.opens and opened:
            found = f"a second {word} box before the one of line {opened.start + 1} has ended"
            raise _error(place, marker.start, found, f'end that one first, with an "{words}" box')
        if marker.opens:
            opened = marker
            continue
        if not opened:
            found = f'an "{words}" box without a {word} box'
            raise _error(place, marker.start, found, f"put a {word} box above the answer")
        if marker.indent != opened.indent:
            found = f"an end box whose indentation differs from its {word} box's"
            raise _error(place, marker.start, found, f"indent it as on line {opened.start + 1}")
        yield Region(opened.end, marker.start, opened.indent, opened.start + 1)
        opened = None
    if opened:
        found = f"a {opened.style.opening_word} box without an end box"
        remedy = f'put an "{opened.style.closing_words}" box below the answer'
        raise _error(place, opened.start, found, remedy)


class _Suspicion:
    """Checks that no line outside the whole markers, and no line in a string, is a marker's."""

    def __init__(self, source: str, markers: list[_Marker], place: Place) -> None:
        self.place = place
        self.lines = source.split("\n")
        self.taken = {line for marker in markers for line in range(marker.start, marker.end)}
        self.strings = _comments_in_strings(source)

    def check(self) -> None:
        """Raise MarkerError at the first suspicious line."""
        for at, line in enumerate(self.lines):
            if at in self.taken and at in self.strings:
                raise self._in_string(at)
            if at not in self.taken and _COMMENT_LINE.match(line):
                for style in _STYLES:
                    self._check_line(at, style)

    def _check_line(self, at: int, style: _Style) -> None:
        first, last = self._block(at)
        above, below = self._is_free_rule(first - 1), self._is_free_rule(last + 1)
        closes = style.closing_line.match(self.lines[at])
        opens = style.opening_line.match(self.lines[at]) and (above or below)
        if (closes or opens) and at in self.strings:
            raise self._in_string(at)
        if (closes or opens) and above and below:
            self._check_indents(first - 1, last + 1)
        if closes:
            raise _error(
                self.place,
                at,
                f'"{style.closing_words}" that is not between two rules of its own',
                "put one rule of # above it and one below",
            )
        if opens:
            raise _error(self.place, at, *self._broken_opening(style, above, below))
        if above and below and at not in self.strings:
            self._check_spelling(at, style, first=at == first)

    def _broken_opening(self, style: _Style, above: bool, below: bool) -> tuple[str, str]:
        if not above:
            return (
                f"a {style.opening_word} comment block without a rule of its own above",
                "put a rule of # above it",
            )
        if not below:
            return (
                f"a {style.opening_word} comment block that is not closed by a rule",
                "put a rule of # between the comments and the answer",
            )
        return (
            f"{style.opening_word} below the first line of its box",
            "move it to the first line after the rule",
        )

    def _check_indents(self, first: int, last: int) -> None:
        indents = [line[: line.index("#")] for line in self.lines[first : last + 1]]
        usual = max(indents, key=indents.count)
        for at, indent in enumerate(indents, start=first):
            if indent != usual:
                raise _error(
                    self.place,
                    at,
                    "a line whose indentation differs from the rest of its box",
                    "indent the rules and comments of a box alike",
                )

    def _check_spelling(self, at: int, style: _Style, *, first: bool) -> None:
        text = self.lines[at].strip("# \t\r")
        if _is_near_closing(text.upper(), style.closing_words):
            right = style.closing_words
        elif first and _is_near_opening(text.upper(), style.opening_word):
            right = style.opening_word
        else:
            return
        remedy = f'write "{right}" if that is what it means, or use another heading'
        raise _error(self.place, at, f'"{text}" between two rules', remedy)

    def _in_string(self, at: int) -> MarkerError:
        return _error(
            self.place, at, "a marker in a string literal", "move the box out of the string"
        )

    def _is_free_rule(self, at: int) -> bool:
        inside = 0 <= at < len(self.lines) and at not in self.taken
        return inside and bool(_RULE_LINE.match(self.lines[at]))

    def _block(self, at: int) -> tuple[int, int]:
        """Return the first and the last line of the run of comments around a line."""
        first = last = at
        while first > 0 and self._is_free_comment(first - 1):
            first -= 1
        while last + 1 < len(self.lines) and self._is_free_comment(last + 1):
            last += 1
        return first, last

    def _is_free_comment(self, at: int) -> bool:
        return at not in self.taken and bool(_COMMENT_LINE.match(self.lines[at]))


def _is_near_closing(text: str, right: str) -> bool:
    # After the right first word, fewer of the others are needed to tell a slip from a heading.
    cutoff = 0.6 if text.split()[:1] == right.split()[:1] else 0.8
    return bool(difflib.get_close_matches(" ".join(text.split()), [right], cutoff=cutoff))


def _is_near_opening(text: str, right: str) -> bool:
    word = re.split(r"[\s:]", text, maxsplit=1)[0]
    # TOO and TOOL are as near to TODO as TOOD is: the D or a colon tells a slip from a heading.
    may_be_slip = "D" in word or text.startswith(f"{word}:")
    return may_be_slip and bool(difflib.get_close_matches(word, [right], cutoff=0.75))


def _comments_in_strings(source: str) -> frozenset[int]:
    """Return the lines (from 0) that look like comments and stand in a string literal."""
    python = plain_python(source)
    if python is None:  # the body of a cell magic, say: what looks like a comment is one
        return frozenset()
    tokens = tokenize.generate_tokens(io.StringIO(python).readline)
    comments = {token.start[0] - 1 for token in tokens if token.type == tokenize.COMMENT}
    lines = enumerate(source.split("\n"))
    return frozenset(
        at for at, line in lines if line.lstrip().startswith("#") and at not in comments
    )


def _error(place: Place, line: int, found: str, remedy: str) -> MarkerError:
    return MarkerError(
        f"{place.file}, cell {place.cell}, line {line + 1}: found {found}; {remedy}."
    )
