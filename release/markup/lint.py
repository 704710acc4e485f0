"""A cell and its markers come in; the first line that looks like a broken one is an error.

Nothing may pass in silence: what staff meant as a marker and the grammar did not take for one would
ship an answer.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from release.markup.blocks import depth
from release.markup.labels import is_label
from release.markup.markers import (
    BOX,
    COMMENT,
    LINE_MARKS,
    PROMPT_LINE,
    PROMPT_OPENING,
    RULE,
    SOLUTION_REMARK,
    STRING_MARK,
    Fate,
    LineMark,
    Markers,
    Pair,
    bare,
)
from release.markup.model import Location, Marker, MarkerError
from release.markup.source import plain_python
from release.markup.typos import is_near_closing, is_near_todo, near_line_mark, nearest
from release.markup.unknown import announces, speaks_loudly, speaks_of_place, unknown_markers

_RULE_LINE = re.compile(rf"^[ \t]*{RULE}")
_COMMENT_LINE = re.compile(rf"^[ \t]*{COMMENT}")
#: What a line of markdown begins with that may be a marker or announce an answer.
_SIGNS = ("#", "<!--", "**")
#: A statement that students have to fill in.
_STUB = re.compile(
    r"(?:^|[\s=,(\[])(?:\.\.\.|None|pass|\(\)|raise NotImplemented.*|"
    r"NotImplemented(?:Error\(.*\))?|_{2,}|\"\"|'')[\s:,)\]]*(?:#.*)?$"
)
#: How the remedies go on, wherever a text may be what it seems or not.
ALLOW = "if it tells students something, allow it by an entry [[allow]] in the manifest"
_END_OF_TODO = (
    f'if an answer stands below, put an "{BOX.closing_words}" box under it, or say ends = "cell" '
    f"under [markers] in the manifest; {ALLOW}"
)
_UNKNOWN = (
    'if it marks an answer, put "BEGIN SOLUTION" and "END SOLUTION" around that, or name its words '
    f"under [markers] in the manifest; {ALLOW}"
)


@dataclass(frozen=True)
class Comment:
    """A comment: its line from 0, its text without the first sign, whether it has a line alone."""

    line: int
    text: str
    alone: bool


def comments_of(source: str) -> tuple[Comment, ...] | None:
    """The comments of a cell, or None where it is no Python (the body of a cell magic, say)."""
    python = plain_python(source)
    if python is None:
        return None
    tokens = tokenize.generate_tokens(io.StringIO(python).readline)
    return tuple(
        Comment(
            token.start[0] - 1, token.string[1:].rstrip(), not token.line[: token.start[1]].strip()
        )
        for token in tokens
        if token.type == tokenize.COMMENT
    )


def line_mark(text: str) -> LineMark | None:
    """The mark that a comment at the end of a statement is."""
    found = next((mark for mark in LINE_MARKS if mark.pattern.match(text)), None)
    return found if found and (not found.exact or found.words in text) else None


class Suspicion:
    """Checks that no line outside the whole markers, and no line in a string, is a marker's."""

    def __init__(
        self, source: str, found: Sequence[Marker], location: Location, markers: Markers
    ) -> None:
        self.location = location
        self.markers = markers
        self.lines = source.split("\n")
        self.taken = {line for marker in found for line in range(marker.start, marker.end)}
        self.prompts = _prompt_lines(found)
        self.comments = comments_of(source)
        self.strings = self._marks_in_strings()

    def check_markers(self) -> None:
        """Raise MarkerError at the first line that looks like a part of a marker and is not."""
        for at, line in enumerate(self.lines):
            if at in self.prompts:
                continue
            if at in self.taken and at in self.strings and not PROMPT_OPENING.match(line):
                raise self._in_string(at)
            if self.markers.boxes and at not in self.taken and _COMMENT_LINE.match(line):
                self._check_box_line(at)
        for comment in self._comments():
            self._check_comment(comment)
        if self.comments is None:
            self._check_line_marks()
        for at in sorted(self.strings - self.taken):
            if self._speaks_as_marker(self.lines[at]) or PROMPT_LINE.search(self.lines[at]):
                raise self._in_string(at)

    def check_rest(self, answers: Collection[int]) -> None:
        """Raise MarkerError at a remark outside all answers that promises or is one."""
        if not self.markers.strict:
            return
        outside = [
            comment
            for comment in self._comments()
            if comment.line not in answers and not self._asks_for_more(comment, answers)
        ]
        for comment in outside if self.markers.boxes else ():
            if comment.alone and BOX.opening_line.match(f"#{comment.text}"):
                found = f'"{_shown(comment.text)}", which no end follows'
                raise self.location.error(comment.line, found, _END_OF_TODO)
        for at, line in enumerate(self.lines if self.markers.boxes else ()):
            if STRING_MARK.match(line) and at not in answers and not self._is_stubbed(at, answers):
                raise self.location.error(
                    at, f"{line.strip()[:60]}, which no end follows", _END_OF_TODO
                )
        alone = [(comment.line, comment.text) for comment in outside if comment.alone]
        for unknown in unknown_markers(alone):
            found = f'"{_shown(unknown.text)}" outside an answer ({unknown.why})'
            raise self.location.error(unknown.line, found, _UNKNOWN)
        for comment in outside:
            if not comment.alone and (why := speaks_loudly(comment.text)):
                found = f'"{_shown(comment.text)}" outside an answer ({why})'
                raise self.location.error(comment.line, found, _UNKNOWN)

    def _asks_for_more(self, comment: Comment, answers: Collection[int]) -> bool:
        """Whether what it speaks of is not there: a stub, or nothing at all."""
        if not comment.alone:
            return bool(_STUB.search(self.lines[comment.line].rpartition("#")[0]))
        if not (BOX.opening_line.match(f"#{comment.text}") or speaks_of_place(comment.text)):
            return False
        return self._is_stubbed(comment.line, answers)

    def _is_stubbed(self, at: int, answers: Collection[int]) -> bool:
        """Whether what follows a line in its block is a whole marker, a stub, or nothing."""
        below = (
            line
            for line in range(at + 1, len(self.lines))
            if line in answers
            or (self.lines[line].strip() and not _COMMENT_LINE.match(self.lines[line]))
        )
        first = next(below, None)
        if first in answers:
            return True
        code = "" if first is None else self.lines[first]
        return depth(code) < depth(self.lines[at]) or not code or bool(_STUB.search(code))

    def _speaks_as_marker(self, line: str) -> bool:
        """Whether the end of a line reads as a marker does, in full."""
        text = line.strip()
        if not text.startswith("#"):
            text = text.rpartition("#")[2]
        text = text.lstrip("#")
        return self.markers.is_edge(text) or bool(self._line_mark(text))

    def _line_mark(self, text: str) -> LineMark | None:
        return line_mark(text) if self.markers.line_marks else None

    # --- comments ---

    def _comments(self) -> list[Comment]:
        """Those outside markers and prompts, in order."""
        found = self.comments
        if found is None:
            numbered = enumerate(self.lines)
            found = tuple(
                Comment(at, line.lstrip()[1:], alone=True)
                for at, line in numbered
                if line.lstrip().startswith("#")
            )
        skipped = self.taken | self.prompts
        return [
            comment
            for comment in found
            if comment.line not in skipped and not self.markers.allows(comment.text)
        ]

    def _check_comment(self, comment: Comment) -> None:
        at, shown = comment.line, _shown(comment.text)
        if PROMPT_LINE.search(f"#{comment.text}"):
            found = f'"{shown}" that is no whole prompt'
            raise self.location.error(
                at, found, 'write `""" # BEGIN PROMPT` and `""" # END PROMPT`'
            )
        right = nearest(comment.text, self.markers)
        if comment.alone:
            if self.markers.open_ended and SOLUTION_REMARK.match(comment.text):
                return
            if self._line_mark(comment.text):
                found = f'"{shown}" on a line without a statement'
                remedy = (
                    'put it behind the answer, or "BEGIN SOLUTION" and "END SOLUTION" around it'
                )
                raise self.location.error(at, found, remedy)
            if right and not self._is_box_heading(at):
                raise self.location.error(at, f'"{shown}"', _spelled(shown, right))
            return
        if self.markers.is_edge(comment.text):
            found = f'"{shown}" behind a statement'
            raise self.location.error(at, found, "give it a line of its own")
        if self._line_mark(comment.text) or not self.markers.line_marks:
            return
        wrong_case = next((m for m in LINE_MARKS if m.pattern.match(comment.text)), None)
        if wrong_case:
            found = f'"{shown}", which could be a marker'
            remedy = (
                f'write "{wrong_case.words}" if only staff should have the line, or other words'
            )
            raise self.location.error(at, found, remedy)
        if slip := near_line_mark(comment.text):
            remedy = f'write "{slip}" if that is what it means, or use other words'
            raise self.location.error(at, f'"{shown}"', remedy)

    def _check_line_marks(self) -> None:
        """Without Python there are no statements to end in a mark."""
        for at, line in enumerate(self.lines):
            text = line.rpartition("#")[2]
            if "#" in line.strip()[1:] and self._line_mark(text):
                found = f'"{_shown(text)}" in a cell that is not Python'
                raise self.location.error(
                    at, found, 'put "BEGIN SOLUTION" and "END SOLUTION" around it'
                )

    def _is_box_heading(self, at: int) -> bool:
        """Between two rules a heading is judged by the box's own words, in `_check_spelling`."""
        return self._is_free_rule(at - 1) and self._is_free_rule(at + 1)

    # --- boxes ---

    def _check_box_line(self, at: int) -> None:
        first, last = self._block(at)
        above, below = self._is_free_rule(first - 1), self._is_free_rule(last + 1)
        closes = BOX.closing_line.match(self.lines[at])
        opens = BOX.opening_line.match(self.lines[at]) and (above or below)
        if (closes or opens) and at in self.strings:
            raise self._in_string(at)
        if (closes or opens) and above and below:
            self._check_indents(first - 1, last + 1)
        if closes:
            raise self.location.error(
                at,
                f'"{BOX.closing_words}" that is not between two rules of its own',
                "put one rule of # above it and one below",
            )
        if opens:
            raise self.location.error(at, *_broken_opening(above, below))
        if above and below and at not in self.strings:
            self._check_spelling(at, first=at == first)

    def _check_indents(self, first: int, last: int) -> None:
        indents = [line[: line.index("#")] for line in self.lines[first : last + 1]]
        usual = max(indents, key=indents.count)
        for at, indent in enumerate(indents, start=first):
            if indent != usual:
                raise self.location.error(
                    at,
                    "a line whose indentation differs from the rest of its box",
                    "indent the rules and comments of a box alike",
                )

    def _check_spelling(self, at: int, *, first: bool) -> None:
        text = self.lines[at].strip("# \t\r")
        if is_near_closing(text.upper()):
            right = BOX.closing_words
        elif first and is_near_todo(text.upper()):
            right = BOX.opening_words
        else:
            return
        remedy = f'write "{right}" if that is what it means, or use another heading'
        raise self.location.error(at, f'"{text}" between two rules', remedy)

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

    # --- strings ---

    def _marks_in_strings(self) -> frozenset[int]:
        """Return the lines (from 0) that end in what looks like a comment and is a string's."""
        if self.comments is None:  # what looks like a comment is one
            return frozenset()
        real = {comment.line for comment in self.comments}
        return frozenset(
            at
            for at, line in enumerate(self.lines)
            if "#" in line and at not in real and at not in self.prompts
        )

    def _in_string(self, at: int) -> MarkerError:
        python = (plain_python("\n".join(self.lines)) or "").split("\n")
        if python[at:] and python[at] != self.lines[at]:
            remedy = 'put "BEGIN SOLUTION" and "END SOLUTION" around it'
            return self.location.error(at, "a marker on a shell or magic line", remedy)
        found = "a marker in a string literal"
        return self.location.error(at, found, "move it out of the string, and the box with it")


def check_markdown_spelling(
    lines: Sequence[str], found: Sequence[Marker], location: Location, markers: Markers
) -> None:
    """Raise MarkerError at a heading or comment of markdown that is nearly a marker."""
    taken = {line for marker in found for line in range(marker.start, marker.end)}
    for at, line in enumerate(lines):
        text = line.strip()
        # A box's words may tell students of boxes, which mark only code.
        if at in taken or not text.startswith(_SIGNS) or BOX.closing_line.match(line):
            continue
        if is_label(line):
            continue
        if markers.allows(text):
            continue
        if right := nearest(text, markers):
            shown = _shown(text)
            raise location.error(at, f'"{shown}"', _spelled(shown, right))


def check_markdown_rest(
    lines: Sequence[str], answers: Collection[int], location: Location, markers: Markers
) -> None:
    """Raise MarkerError at a heading of markdown that announces an answer outside all answers."""
    if not markers.strict:
        return
    for at, line in enumerate(lines):
        text = line.strip()
        if at in answers or not text.startswith(_SIGNS) or markers.allows(text) or is_label(line):
            continue
        if SOLUTION_REMARK.match(text) or announces(text):
            remedy = 'put the answer between "### BEGIN SOLUTION" and "### END SOLUTION"'
            raise location.error(at, f'"{_shown(text)}" outside an answer', f"{remedy}; {ALLOW}")


def _spelled(shown: str, right: str) -> str:
    """What to do about words that are nearly a marker's, or its very words in another form."""
    if bare(shown) == bare(right):
        return f'the words are a marker\'s; let the line be "# {right}" and nothing else'
    return f'write "{right}" if that is what it means, or use other words'


def _prompt_lines(markers: Sequence[Marker]) -> frozenset[int]:
    opened: Marker | None = None
    found: set[int] = set()
    for marker in markers:
        if isinstance(marker.form, Pair) and marker.form.fate is Fate.PROMPT:
            if marker.opens:
                opened = marker
            elif opened:
                found |= set(range(opened.start, marker.end))
    return frozenset(found)


def _broken_opening(above: bool, below: bool) -> tuple[str, str]:
    if not above:
        return "a TODO comment block without a rule of its own above", "put a rule of # above it"
    if not below:
        return (
            "a TODO comment block that is not closed by a rule",
            "put a rule of # between the comments and the answer",
        )
    return "TODO below the first line of its box", "move it to the first line after the rule"


def _shown(text: str) -> str:
    return " ".join(text.strip("#*<>-= \t\r").split())[:60]
