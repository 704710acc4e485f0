"""What became of mutants comes in; tables, and diffs of those that survived, go out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import unified_diff

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from autograder.model.report import name_of
from release.mutants.command import Measured
from release.mutants.equivalents import Fairness
from release.mutants.running import MutantResult
from release.mutants.score import Score, kinds, scores, should_see, survivors

COLUMNS = ("killed", "timed out", "survived", "elsewhere", "fault", "equivalent", "accepted")
#: Survivors that the terminal shows; the page has them all.
MAX_SHOWN = 40
_STYLES = {"+": "green", "-": "red"}


def print_measured(console: Console, found: Measured, *, most: int = MAX_SHOWN) -> None:
    """Print scores by question and by kind, and the survivors as diffs."""
    questions = [question.id for question in found.assignment.questions]
    title = f"{found.assignment.title}: {len(found.results)} mutants"
    print_scores(console, title, "Question", scores(found.results, questions))
    print_scores(console, "By kind of change", "Kind", kinds(found.results))
    left = survivors(found.results)
    for each in left[:most]:
        _print_survivor(console, each, found.results)
    if len(left) > most:
        console.print(Text(f"{len(left) - most} more survivors are on the page (--html)."))
    for line in remarks(found):
        console.print(Text(line))


def print_scores(console: Console, title: str, heading: str, rows: Sequence[Score]) -> None:
    """Print a table of scores."""
    table = Table(box=box.SIMPLE_HEAVY, title=title)
    table.add_column(heading)
    used = [name for name in COLUMNS if any(row.counts[name] for row in rows)]
    for name in ("Mutants", *(name.capitalize() for name in used), "Score"):
        table.add_column(name, justify="right")
    for row in rows:
        counts = [f"{row.counts[name] or ''}" for name in used]
        style = "green" if row.value >= 0.95 else "yellow" if row.value >= 0.8 else "red"
        share = Text(f"{row.value:.0%}" if row.wrong else "", style)
        table.add_row(Text(row.name), f"{row.total}", *counts, share)
    console.print(table)


def _print_survivor(console: Console, each: MutantResult, results: Sequence[MutantResult]) -> None:
    mutant = each.mutant
    questions = ", ".join(mutant.questions)
    head = f"{questions}  {mutant.location}, line {mutant.line}: {mutant.operator}  [{mutant.id}]"
    console.print(Text(head, "bold"))
    for line in diff(each):
        console.print(Text(f"  {line}", _STYLES.get(line[:1], "")))
    console.print(Text(f"  {should_see(each, results)}", "dim"))


def diff(each: MutantResult) -> Iterator[str]:
    """The lines that differ, with one line around them."""
    before, after = (text.split("\n") for text in (each.mutant.before, each.mutant.after))
    for line in list(unified_diff(before, after, n=1, lineterm=""))[2:]:
        if not line.startswith("@@"):
            yield line


def print_fairness(console: Console, found: Fairness) -> None:
    """Print how many rewrites each question was tried with, and what right answers lost."""
    table = Table(box=box.SIMPLE_HEAVY, title="Right answers spelled differently")
    table.add_column("Question")
    table.add_column("Tried", justify="right")
    table.add_column("Lost", justify="right")
    for question in found.assignment.questions:
        if question.id in found.tried:
            lost = found.lost_by(question.id)
            tried = len(found.tried[question.id])
            style = "red" if lost else "green"
            table.add_row(question.id, f"{tried}", Text(f"{len(lost)}", style))
    console.print(table)
    for each in found.lost:
        console.print(Text(f"{name_of(each.check)}, {each.name}: {each.told}", "red"))
    for fault in found.faults:
        console.print(Text(fault, "red"))


def remarks(found: Measured) -> Iterator[str]:
    """What else is to be said, a line each."""
    if found.unjudged:
        names = [part.name for part in found.unjudged]
        more = f" and {len(names) - 6} more" if len(names) > 6 else ""
        yield f"No question judges {', '.join(names[:6])}{more}; of these no mutants are made."
    for identifier in found.unused:
        yield f"mutants.toml accepts {identifier}, but no such mutant survives; take it out."
