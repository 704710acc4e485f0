"""What is run of a student's notebook for one question, statement by statement, and why.

Plain values only, so that it crosses the wire; terminal and page are made of it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

KEPT, OPTIONAL, LEFT_OUT, STOPPED, FAILED, UNREAD, NOTHING = (
    *("kept", "optional", "left-out", "stopped", "failed", "unread"),
    "",
)
#: By mark, the word that is shown and what it means.
WORDS = {
    KEPT: ("kept", "what is asked for depends on it"),
    OPTIONAL: ("may matter", "run too, within a budget of time"),
    LEFT_OUT: ("left out", "not run: nothing that is asked for depends on it"),
    STOPPED: ("stopped", "it may matter, but there was no time left for it"),
    FAILED: ("failed", "it raised an error, or needs what did"),
    UNREAD: ("not Python", "not run: the cell cannot be read"),
}


@dataclass(frozen=True)
class Piece:
    """Lines of a cell that share a mark, from number ``line`` on.

    Attributes:
        mark: a key of `WORDS`; empty for blank lines and comments between statements.
        reason: why; empty where the mark says it all.
        rest: they go on with a statement of which other lines are told above.
    """

    line: int
    text: str
    mark: str = NOTHING
    reason: str = ""
    rest: bool = False


@dataclass(frozen=True)
class ExplainedCell:
    """A cell by its pieces; number 0 is the template.

    Attributes:
        below: it stands below the answer.
    """

    number: int
    pieces: tuple[Piece, ...]
    below: bool = False

    @property
    def title(self) -> str:
        """What to call it."""
        if self.number == 0:
            return "From the template"
        return f"Cell {self.number}{', below the answer' if self.below else ''}"


@dataclass(frozen=True)
class ExplainedName:
    """A name that is asked for: the type of what it ended up as, or in words why as nothing."""

    name: str
    kind: str = ""
    missing: str = ""


@dataclass(frozen=True)
class Explained:
    """All there is to say on one question of one submission.

    Attributes:
        file: what was taken for the notebook; empty if nothing was.
        notes: what is said of the submission, and of why that file was taken.
        whole: why the whole notebook is run; empty if only what the names depend on is.
        problem: why there is nothing to run, or why it did not end; empty if it did.
        seconds: spent on running it.
        budget: seconds for all statements together that only may matter.
        cut: so many cells are not shown, for the sake of size.
    """

    submission: str
    assignment: str
    question: str
    title: str
    notebook: str
    file: str
    notes: tuple[str, ...]
    whole: str
    problem: str
    names: tuple[ExplainedName, ...]
    cells: tuple[ExplainedCell, ...]
    seconds: float
    budget: float
    cut: int = 0

    @property
    def counts(self) -> dict[str, int]:
        """How many statements have each mark, in the order of `WORDS`."""
        marks = [piece.mark for cell in self.cells for piece in cell.pieces if not piece.rest]
        return {mark: marks.count(mark) for mark in WORDS if mark in marks}

    @property
    def stopped(self) -> tuple[tuple[int, int], ...]:
        """Cell and line of what was stopped."""
        return tuple(
            (cell.number, piece.line)
            for cell in self.cells
            for piece in cell.pieces
            if piece.mark == STOPPED and not piece.rest
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values for the wire."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Explained:
        """The inverse of ``to_dict``."""
        cells = tuple(
            ExplainedCell(**{**cell, "pieces": tuple(Piece(**p) for p in cell["pieces"])})
            for cell in data["cells"]
        )
        names = tuple(ExplainedName(**name) for name in data["names"])
        return cls(**{**data, "notes": tuple(data["notes"]), "names": names, "cells": cells})
