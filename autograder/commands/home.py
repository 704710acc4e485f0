"""Commands of students at home: check, and make the zip to hand in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.commands.options import existing
from autograder.model.faults import print_faults
from autograder.model.report import Report
from autograder.pages.console import PlainConsole

commands = typer.Typer()

#: As pytest's: some check fails; the harness itself failed.
FAILED, INTERNAL_ERROR = 1, 3
UNPACKED = "the folder that student.zip was unpacked to"

Folder = Annotated[Path, typer.Option("--folder", "-f", help="Where student.zip was unpacked.")]


@commands.command()
def check(
    what: Annotated[
        list[str] | None,
        typer.Argument(help="Questions or notebooks, as H1 or edge_detection; default: all."),
    ] = None,
    folder: Folder = Path(),
    watch: Annotated[
        bool, typer.Option("--watch", help="Check again whenever an answer is saved.")
    ] = False,
) -> None:
    """Run the public checks on your own notebooks; exit code 1 if one does not pass."""
    from autograder.home import command

    console = PlainConsole()
    existing(folder, UNPACKED)
    report = command.check(what or (), folder, watch=watch, console=console)
    print_faults(console, report.all_faults, report.assignment)
    if code := _exit_code(report):
        raise typer.Exit(code)


def _exit_code(report: Report) -> int:
    if report.faulty:
        return INTERNAL_ERROR
    return FAILED if any(check.status != "passed" for check in report.checks) else 0


@commands.command(name="submit-zip")
def submit_zip(
    folder: Folder = Path(),
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Where to write; default: in that folder.")
    ] = None,
) -> None:
    """Make the zip to hand in, and say first what is missing."""
    from autograder.home import command

    command.submit_zip(existing(folder, UNPACKED), out, PlainConsole())
