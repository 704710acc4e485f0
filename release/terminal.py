"""A release and its steps come in; progress, and a table of the proof, go out to the terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich import box
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from release.build import Release


@contextmanager
def steps_shown(console: Console) -> Iterator[Callable[[str], None]]:
    """Show each announced step with its running time until the next one."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        current: list[int] = []

        def announce(step: str) -> None:
            for task in current:
                progress.update(progress.task_ids[task], total=1, completed=1)
            current[:] = [len(progress.task_ids)]
            progress.add_task(step, total=None)

        yield announce
        for task in current:
            progress.update(progress.task_ids[task], total=1, completed=1)


def print_release(console: Console, release: Release) -> None:
    """Print what each check gave for the solution and for the blank template, and the files."""
    table = Table(box=box.SIMPLE_HEAVY, title=f"{release.assignment.title}")
    for heading in ("No.", "Check", "Seen by"):
        table.add_column(heading)
    for heading in ("Points", "Solution", "Blank"):
        table.add_column(heading, justify="right")
    blank = {check.id: check for check in release.proof.blank.checks}
    for check in release.proof.solution.checks:
        table.add_row(
            check.number,
            Text(check.title),
            "staff" if check.hidden else "students too",
            f"{check.max_score:g}",
            Text(f"{check.score:g}", "green"),
            Text(f"{blank[check.id].score:g}", "green"),
        )
    table.add_section()
    solution, template = release.proof.solution, release.proof.blank
    table.add_row(
        "", "Total", "", f"{solution.max_score:g}", f"{solution.score:g}", f"{template.score:g}"
    )
    console.print(table)
    for path in (release.student_zip, release.gradescope_zip):
        console.print(Text(f"{path}  ({path.stat().st_size / 1000:.0f} kB)"))
