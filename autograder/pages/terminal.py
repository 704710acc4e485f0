"""A report comes in; a table for the terminal goes out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich import box
from rich.console import Console, Group, RenderableType
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table
from rich.text import Text

from autograder.model.findings import clean, shown
from autograder.model.missing_files import BELOW_A_TABLE, said_once
from autograder.model.report import CheckResult, Report, staff_words
from autograder.model.statuses import STATUSES
from autograder.pages.stages import Parts

#: Of what staff read beside a message; pages show all of it.
MAX_STAFF = 1000
STYLES = {
    "passed": "green",
    "partial": "yellow",
    "failed": "red",
    "skipped": "dim",
    "fault": "bold magenta",
}


@contextmanager
def checks_counted(
    console: Console, before: str = "Starting the sandbox"
) -> Iterator[Callable[[int, int], None]]:
    """A bar of the checks that have ended, gone again at the end; ``before`` the first has."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        Parts(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(before, total=None)

        def announce(ended: int, checks: int) -> None:
            progress.update(task, description="Checking", completed=ended, total=checks)

        yield announce


def print_report(console: Console, report: Report) -> None:
    """Print checks, points and messages with what staff read, and what holds for the whole."""
    report = said_once(report, BELOW_A_TABLE)
    console.print(_table(report, f"{report.submission} · {report.assignment}", staff=True))
    console.print(_footer(report))


def print_public(console: Console, report: Report, points: float) -> None:
    """Print the public checks at home; ``points`` are those of the assignment."""
    report = said_once(report, BELOW_A_TABLE)
    if report.checks:
        console.print(_table(report, f"Public checks · {report.assignment}"))
    lines = [Text(note) for note in report.notes]
    lines += [Text(f"Internal error: {fault}", "magenta") for fault in report.all_faults]
    lines.append(Text(public_words(report, points), "dim"))
    console.print(Group(*lines))


def public_words(report: Report, points: float) -> str:
    """What the points of the public checks mean, for a student."""
    if not report.max_score and report.manual:
        return "People read your answer after you have submitted, and hidden checks may judge it."
    if not report.max_score:
        return "These public checks give no points; hidden checks do, after you have submitted."
    by_people = sum(part.max_score for part in report.manual)
    rest = points - report.max_score - by_people
    if rest <= 0 and not by_people:
        return f"These are all {points:g} points."
    whose = "Hidden checks judge" if rest > 0 else "People give"
    if rest > 0 and by_people:
        whose = f"People give {by_people:g}, and hidden checks judge"
    return (
        f"These public checks are worth {report.max_score:g} of {points:g} points. "
        f"{whose} the rest after you have submitted."
    )


def _table(report: Report, title: str, *, staff: bool = False) -> Table:
    table = Table(box=box.SIMPLE_HEAVY, title=Text(shown(title)))
    table.add_column("")
    table.add_column("No.")
    table.add_column("Check", ratio=3, overflow="fold")
    table.add_column("Points", justify="right", no_wrap=True)
    table.add_column("Message", ratio=4, overflow="fold")
    for check in report.checks:
        points = f"{check.score:g} / {check.max_score:g}"
        # Text, not markup: a message may hold brackets.
        table.add_row(
            Text(STATUSES[check.status][1], STYLES[check.status]),
            Text(shown(check.number)),
            Text(check.title),
            points,
            _words(check, staff=staff),
        )
    table.add_section()
    for part in report.manual:
        given = "out" if part.score is None else f"{part.score:g}"
        words = part.comment or ("graded by people" if part.score is None else "")
        table.add_row(
            "",
            Text(part.question),
            Text(shown(part.title)),
            f"{given} / {part.max_score:g}",
            Text(shown(words)),
        )
    table.add_section()
    total = f"{report.score:g} / {report.max_score:g}"
    table.add_row("", "", Text("Total", "bold"), Text(total, "bold"), "")
    return table


def _words(check: CheckResult, *, staff: bool) -> Text:
    """What a student reads of a check; and what staff read beside it, if that says more."""
    text = Text(check.message)
    # The traceback of one that broke stands below the table.
    if staff and (told := staff_words(check)):
        text.append(f"\nFor staff: {clean(told, MAX_STAFF)}", "dim")
    return text


def _footer(report: Report) -> RenderableType:
    lines = [Text(note) for note in report.notes]
    lines += [
        Text(f"{shown(name)} was left out: {reason}.", "dim") for name, reason in report.skipped
    ]
    if report.unsafe:
        lines.append(Text("Graded WITHOUT the full sandbox (--allow-unsafe).", "bold red"))
    lines += [Text(f"For staff to look at: {flag}", "yellow") for flag in report.flags]
    lines += [Text(f"Internal error: {fault}", "magenta") for fault in report.all_faults]
    sandbox = ", ".join(report.layers) or "not needed"
    lines.append(Text(f"{report.seconds:.2f} s · seed {report.seed} · sandbox: {sandbox}", "dim"))
    return Group(*lines)
