"""An explanation comes in; one page for staff goes out: what is run of a notebook, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from autograder import __version__
from autograder.model.explained import (
    FAILED,
    KEPT,
    LEFT_OUT,
    NOTHING,
    OPTIONAL,
    STOPPED,
    UNREAD,
    WORDS,
    Explained,
    ExplainedCell,
)
from autograder.model.findings import clean
from autograder.model.text import bounded
from autograder.pages.markup import Budget, code
from autograder.pages.page import render, require_pages, write_page

#: By mark, the look of its word: that of a check's outcome.
LOOKS = {
    KEPT: "passed",
    OPTIONAL: "partial",
    LEFT_OUT: "skipped",
    STOPPED: "fault",
    FAILED: "failed",
    UNREAD: "failed",
    NOTHING: "",
}
#: So many pieces are highlighted: each costs a millisecond.
MAX_HIGHLIGHTED = 3000


@dataclass(frozen=True)
class Row:
    """Lines with the same mark."""

    lines: str
    word: str
    look: str
    body: Markup
    reason: str


@dataclass(frozen=True)
class ShownCell:
    """A cell, by its rows."""

    title: str
    rows: tuple[Row, ...]


def write_explained(found: Explained, out: Path) -> None:
    """Write the page.

    Raises:
        PagesError: the libraries for pages are not installed, or the file cannot be written.
    """
    require_pages()
    write_page(out, explained_page(found))


def explained_page(found: Explained) -> str:
    """The page's HTML."""
    budget = Budget(pieces=MAX_HIGHLIGHTED)
    return render(
        "explain.html.j2",
        found=found,
        submission=bounded(found.submission, 200),
        file=bounded(found.file, 300),
        whole=bounded(found.whole, 300),
        problem=bounded(found.problem, 2000),
        notes=[bounded(note, 2000) for note in found.notes],
        names=[(n.name, bounded(n.kind, 200), bounded(n.missing, 2000)) for n in found.names],
        legend=[(*WORDS[mark], LOOKS[mark], count) for mark, count in found.counts.items()],
        cells=[ShownCell(cell.title, tuple(_rows(cell, budget))) for cell in found.cells],
        version=__version__,
    )


def _rows(cell: ExplainedCell, budget: Budget) -> Iterator[Row]:
    for piece in cell.pieces:
        if not piece.text.strip():
            continue
        last = piece.line + piece.text.rstrip().count("\n")
        yield Row(
            f"{piece.line}–{last}" if last > piece.line else str(piece.line),
            WORDS[piece.mark][0] if piece.mark else "",
            LOOKS[piece.mark],
            _body(piece.text, budget, faded=piece.mark in (LEFT_OUT, NOTHING)),
            bounded(piece.reason, 2000),
        )


def _body(text: str, budget: Budget, *, faded: bool) -> Markup:
    if not faded and budget.take("pieces", 1):
        return code(text, budget)
    kind = "faded" if faded else "plain"
    shown = clean(text.expandtabs(4), 50_000)
    return Markup('<pre class="{}">{}</pre>').format(kind, shown)
