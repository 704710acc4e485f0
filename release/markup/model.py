"""What the parser of markers speaks of: cells, markers, regions, and the error that names them."""

from __future__ import annotations

from dataclasses import dataclass

from autograder.model.errors import UserError
from release.markup.markers import Box, Fate, Pair


class MarkerError(UserError):
    """A marker that is no part of a whole one; names the file, cell and line, and the remedy.

    Attributes:
        line: in the cell, from 0.
    """

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True)
class Location:
    """A cell: the file it is in, and its number there from 1; 0 for a file without cells."""

    file: str
    cell: int

    def error(self, line: int, found: str, remedy: str) -> MarkerError:
        """An error about a line, counted from 0."""
        cell = f", cell {self.cell}" if self.cell else ""
        text = f"{self.file}{cell}, line {line + 1}: found {found}; {remedy}."
        return MarkerError(text, line)


@dataclass(frozen=True)
class Region:
    """The answer, `source.split("\\n")[start:end]`, and the line (from 1) where its marker is.

    Attributes:
        indent: what a stub's lines are indented by.
        shown: whether the lines of the marker stay; else the one above goes too.
        label: what on its first line is no part of the answer.
        closed: whether a line below it ends it, which then goes with the one above.
        stub: the whole lines in place of the answer, where the marker itself says what they are.
    """

    start: int
    end: int
    indent: str
    line: int
    fate: Fate = Fate.STUB
    shown: bool = True
    stub: str | None = None
    closed: bool = True
    label: str = ""

    @property
    def cut(self) -> slice:
        """The lines that are replaced."""
        if self.shown:
            return slice(self.start, self.end)
        return slice(self.start - 1, self.end + self.closed)


@dataclass(frozen=True)
class Marker:
    """A whole opening or closing marker on the lines `start` to `end` (from 0, end excluded).

    Attributes:
        is_rule: it is a bare rule, which ends a box that has no end box.
    """

    form: Box | Pair
    opens: bool
    start: int
    end: int
    indent: str
    is_rule: bool = False

    @property
    def words(self) -> str:
        """Its right spelling."""
        if self.is_rule:
            return "a rule of #"
        return self.form.opening_words if self.opens else self.form.closing_words


@dataclass(frozen=True)
class Answer:
    """What the stripper took out of a source.

    Attributes:
        cell: from 1; 0 in a file without cells.
        line: in the cell, from 1, where the text starts.
        kind: ``code``, ``markdown``, or ``staff`` for hidden tests and the like.
    """

    file: str
    cell: int
    line: int
    text: str
    kind: str

    def location(self, folder: str, line: int = 0) -> str:
        """Where its text starts, or ``line`` lines below."""
        cell = f", cell {self.cell}" if self.cell else ""
        return f"{folder}/{self.file}{cell}, line {self.line + line}"
