"""An explanation comes in; a listing for the terminal goes out, readable without colours too."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.rule import Rule
from rich.text import Text

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
    Piece,
)
from autograder.model.findings import clean

STYLES = {
    KEPT: "green",
    OPTIONAL: "yellow",
    LEFT_OUT: "dim",
    STOPPED: "magenta",
    FAILED: "red",
    UNREAD: "red",
    NOTHING: "dim",
}
#: Columns of the marks and of the numbers of lines.
MARKS, NUMBERS = 11, 5


def print_explained(console: Console, found: Explained) -> None:
    """Print what is run of a notebook: facts, the listing, and what the marks mean."""
    for line in _facts(found):
        console.print(line)
    for cell in found.cells:
        console.print()
        console.print(Rule(Text(cell.title, "bold"), align="left", style="dim"))
        for piece in cell.pieces:
            _print_piece(console, piece)
    console.print()
    for mark, count in found.counts.items():
        word, meaning = WORDS[mark]
        console.print(Text.assemble((word.ljust(MARKS), STYLES[mark]), f"{count}: {meaning}"))


def _facts(found: Explained) -> Iterator[Text]:
    head = f"{found.submission} · {found.question} · {found.title}"
    yield Text(clean(head, 400), "bold")
    if found.notebook:
        taken = found.file or "none was found"
        yield Text(clean(f"File taken for {found.notebook}: {taken}", 400))
    for note in found.notes:
        yield Text(clean(f"Note: {note}", 2000))
    if not found.notebook:
        yield Text("This question is about no notebook, so nothing is run for it.")
    for name in found.names:
        ended = f"{name.name}: {name.kind}" if name.kind else f"{name.name}: {name.missing}"
        ended = ended if name.kind or name.missing else f"{name.name}: not known"
        yield Text(clean(ended, 2000), "green" if name.kind else "red")
    if found.problem:
        yield Text(clean(found.problem, 2000), "bold red")
    if found.notebook:
        yield Text(_how(found))
    for location in _locations(found):
        yield Text(location, "magenta")
    if found.cut:
        yield Text(f"The first {found.cut} cells are not shown: there is too much in them.")


def _how(found: Explained) -> str:
    whole = f"The whole notebook down to the answer is run: {found.whole}."
    part = f"What {'the names depend' if found.names else 'its cell depends'} on is run."
    spent = f"It took {found.seconds:.2f} s; what may matter has {found.budget:g} s in all."
    return clean(f"{whole if found.whole else part} {spent}", 1000)


def _locations(found: Explained) -> Iterator[str]:
    if stopped := found.stopped:
        locations = "; ".join(f"cell {cell}, line {line}" for cell, line in stopped[:20])
        more = f" and {len(stopped) - 20} more" if len(stopped) > 20 else ""
        yield f"Stopped: {locations}{more}."


def _print_piece(console: Console, piece: Piece) -> None:
    """One line of output for each line of source at least; the reason where there is room."""
    word = WORDS[piece.mark][0] if piece.mark else ""
    style = STYLES[piece.mark]
    reason = " ".join(clean(piece.reason, 2000).split())
    lines = [clean(line, 2000) for line in piece.text.expandtabs(4).split("\n")]
    for offset, line in enumerate(lines):
        before = f"{word:<{MARKS}}{piece.line + offset:>{NUMBERS}}  "
        if not line.strip():
            before = " " * MARKS + before[MARKS:].rstrip()
        shown = Text.assemble((before[:MARKS], style), (before[MARKS:], "dim"))
        shown.append(line, "dim" if piece.mark in (LEFT_OUT, NOTHING) else "")
        room = console.width - shown.cell_len - 4
        if offset == 0 and reason and len(reason) <= room:
            shown.append(f"  ← {reason}", _reason_style(piece))
        console.print(shown, soft_wrap=True)
        if offset == 0 and reason and len(reason) > room:
            indent = MARKS + NUMBERS + 4
            parts = Text(reason).wrap(console, max(console.width - indent, 20))
            for number, part in enumerate(parts):
                shown = Text(" " * (indent - 2) + ("  " if number else "↑ "), "dim")
                shown.append(part.plain, _reason_style(piece))
                console.print(shown, soft_wrap=True)


def _reason_style(piece: Piece) -> str:
    return STYLES[piece.mark] if piece.mark in (FAILED, STOPPED, UNREAD) else "dim italic"
