"""Numbers of a batch come in; a bar while it runs and a summary at its end go out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import Protocol

from rich import box
from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from autograder.batch.attendance import Notice
from autograder.batch.entries import Ignored
from autograder.batch.outcome import Batch
from autograder.batch.sources import Source
from autograder.batch.store import REPORT
from autograder.model.findings import shown
from autograder.model.report import UNREADABLE
from autograder.pages.stages import Lines, Parts, lines

MAX_LISTED = 10


class _Rate(ProgressColumn):
    """Submissions per second."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:.1f}/s" if task.speed else "", "cyan")


class _Failures(ProgressColumn):
    """How often the harness failed."""

    def render(self, task: Task) -> Text:
        count = task.fields.get("faults", 0)
        return Text(f"{count} internal error{'s' * (count != 1)}" if count else "", "magenta")


class Counting(Protocol):
    """Is told of each submission that has ended."""

    def begin(self, what: str, total: int) -> None:
        """Start to count something."""

    def ended(self, *, faulty: bool = False) -> None:
        """Count one."""


class _Logged:
    """For output that is no terminal."""

    def __init__(self, shown: Lines) -> None:
        self._lines = shown

    def begin(self, what: str, total: int) -> None:
        """A stage begins."""
        self._lines.start(what, total)

    def ended(self, *, faulty: bool = False) -> None:
        """A log needs no line for each; faults are listed at the end."""
        del faulty
        self._lines.advance()


class _Bar:
    """A bar to tell of each submission that has ended."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("Reading", total=None, faults=0)
        self._faults = 0

    def begin(self, what: str, total: int) -> None:
        """Start to count something."""
        self._progress.reset(self._task, description=what, total=total, faults=self._faults)

    def ended(self, *, faulty: bool = False) -> None:
        """Count one."""
        self._faults += faulty
        self._progress.update(self._task, advance=1, faults=self._faults)


@contextmanager
def counting(console: Console) -> Iterator[Counting]:
    """A bar with rate, remaining time and failures, gone again at the end; in a log, lines."""
    if not console.is_interactive:
        with lines(console) as logged:
            logged.start("Reading")
            yield _Logged(logged)
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        Parts(),
        _Rate(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        _Failures(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        yield _Bar(progress)


def print_batch(
    console: Console, batch: Batch, new: int, seconds: float, out: Path, report: str
) -> None:
    """Print how many were graded, what staff should look at, and where the files are."""
    table = Table(
        box=box.SIMPLE_HEAVY, title=Text(shown(batch.assignment.title)), show_header=False
    )
    rate = f", {new / seconds:.1f} a second" if new and seconds > 0 else ""
    table.add_row("Submissions", str(len(batch.graded)))
    table.add_row("Graded now", f"{new} in {seconds:.1f} s{rate}")
    table.add_row("As before", str(len(batch.graded) - new))
    median = batch.median_score
    middle = "none" if median is None else f"{median:g} of {batch.assignment.points:g}"
    table.add_row("Median", middle)
    if batch.assignment.manual_questions:
        table.add_row("Points out", f"of {len(batch.waiting)} submissions, to be graded by people")
    table.add_row("Similar", f"{len(batch.matches)} findings, in similar.json")
    if missing := batch.missing:
        table.add_row(UNREADABLE, Text(shown(_listed([notice.ids[0] for notice in missing]))))
    table.add_row("Internal errors", str(len(batch.faulty)))
    console.print(table)
    for item in batch.faulty[:MAX_LISTED]:
        fault = item.faults[0].strip().splitlines()[-1:]
        stands = " (the older result stands)" if item.fault else ""
        console.print(Text(f"{item.entry.id}: {shown(' '.join(fault))}{stands}", "magenta"))
    if (more := len(batch.faulty) - MAX_LISTED) > 0:
        console.print(Text(f"and {more} more", "magenta"))
    if batch.waiting:
        words = (
            f"{len(batch.waiting)} submissions have no row in grades-PLATFORM.csv before people "
            f"have graded them: autograder review {out}"
        )
        console.print(Text(words, "yellow"))
    files = f"results/, grades.csv, grades-PLATFORM.csv, {report}"
    console.print(Text(f"{out}: {files}", "dim"))


def _listed(ids: Sequence[str]) -> str:
    more = ", ..." if len(ids) > MAX_LISTED else ""
    return f"{len(ids)}: {', '.join(ids[:MAX_LISTED])}{more}"


def print_source(console: Console, source: Source) -> None:
    """Print what was found where."""
    count = f"{len(source.entries)} submission{'s' * (len(source.entries) != 1)}"
    where = f"an export of {source.platform}" if source.platform else "a plain folder or archive"
    console.print(Text(f"{count} in {where}"))


def print_notices(
    console: Console, notices: Sequence[Notice], ignored: Sequence[Ignored] = ()
) -> None:
    """Print a table of what was not graded, and of what else staff should know of.

    Args:
        ignored: what is part of no submission; of it, what nobody misses is counted.
    """
    expected = [item.name for item in ignored if item.expected]
    if not (notices or expected):
        return
    table = Table(box=box.SIMPLE_HEAVY, title="Not graded, or to look at", title_justify="left")
    for head in ("Kind", "Who or what", "Why"):
        table.add_column(head, overflow="fold")
    for kind, group in groupby(sorted(notices, key=_kind), key=_kind):
        found = list(group)
        for notice in found[:MAX_LISTED]:
            table.add_row(kind, Text(shown(notice.who)), Text(shown(notice.text)), style="yellow")
        if (more := len(found) - MAX_LISTED) > 0:
            table.add_row(kind, f"and {more} more", f"in {REPORT} and grades.csv")
    if expected:
        named = ", ".join([*map(shown, expected[:3]), *(["..."] if len(expected) > 3 else [])])
        words = f"{len(expected)} in all, of platforms and systems"
        table.add_row("Left out", Text(named), words)
    console.print(table)


def _kind(notice: Notice) -> str:
    return notice.kind


def print_problems(console: Console, problems: Iterable[str]) -> None:
    """Print what could not be taken of what people decided."""
    for problem in problems:
        console.print(Text(shown(problem), "yellow"))


def print_reasons(console: Console, identifier: str, reasons: list[str]) -> None:
    """Print why a submission would be graded, or that it need not be."""
    head = "would be graded" if reasons else "need not be graded: its result is kept, for"
    console.print(Text(f"{identifier} {head}"))
    for reason in reasons or ["files, checks, manifest, harness, libraries and seed are the same"]:
        console.print(Text(f"  {reason}"))
