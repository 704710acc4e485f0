"""An import comes in; a table of what it made, and one of what it left, go out to the terminal."""

from __future__ import annotations

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from release.importing.model import Imported
from release.importing.report import about_missing


def print_import(console: Console, imported: Imported) -> None:
    """Print what is missing, the questions, what a person has to look at, and the folders."""
    if imported.missing:
        console.print(Text(about_missing(imported.missing), "yellow"))
    table = Table(box=box.SIMPLE_HEAVY, title=f"{imported.name}, imported from {imported.kind}")
    for heading in ("Question", "Title", "Names", "Anchor in"):
        table.add_column(heading)
    for heading in ("Hidden", "Public", "Points"):
        table.add_column(heading, justify="right")
    for question in imported.questions:
        hidden = sum(check.planned.hidden for check in question.checks)
        table.add_row(
            Text(question.id),
            Text(question.title),
            Text(", ".join(question.names)),
            Text(question.notebook),
            str(hidden),
            str(len(question.checks) - hidden),
            f"{question.points:g}",
        )
    table.add_section()
    table.add_row(
        "", "Total", "", "", "", "", f"{imported.points:g} of {imported.original_points:g}"
    )
    console.print(table)
    if imported.shared_points:
        told = f"{imported.shared_points:g} of these points are as strong as the original: the "
        console.print(Text(f"{told}student's process judges itself there (trust = shared)."))
    if imported.left:
        console.print(_left(imported))
    for folder in (imported.public, imported.staff):
        console.print(Text(str(folder)))
    commands = ["release"] if imported.is_set_up else ["setup", "release"]
    again = " && ".join(f"autograder {command} {imported.staff}" for command in commands)
    console.print(Text(f"Look at {imported.staff / 'IMPORT.md'}, then: {again}"))


def _left(imported: Imported) -> Table:
    table = Table(box=box.SIMPLE_HEAVY, title="Not taken over as it was")
    for heading in ("Where", "What", "Why", "What to do"):
        table.add_column(heading, overflow="fold")
    for each in imported.left:
        table.add_row(*(Text(text) for text in (each.location, each.what, each.why, each.remedy)))
    return table
