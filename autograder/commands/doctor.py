"""The command that says what this machine has, in place of guessing."""

from __future__ import annotations

import typer
from rich.text import Text

from autograder.commands import GROUP
from autograder.model.plugins import added
from autograder.model.versions import own_version
from autograder.pages.console import PlainConsole

commands = typer.Typer()

LACKING = 1
MARKS = {"good": ("✓", "green"), "note": ("–", "yellow"), "bad": ("✗", "red")}


@commands.command()
def doctor() -> None:
    """Say what this machine has: Python, packages, kernel, isolation, Gradescope's image."""
    from autograder.doctor import Level, examine

    console = PlainConsole()
    console.print(Text(f"dl-autograder {own_version()}", "bold"))
    bad = 0
    for found in examine(at_home=not added(GROUP)):
        mark, style = MARKS[found.level]
        console.print(
            Text.assemble((f"{mark} ", style), (found.what, "bold"), f": {found.found}"),
            soft_wrap=True,
        )
        if found.remedy:
            console.print(Text(f"    {found.remedy}", style), soft_wrap=True)
        bad += found.level is Level.bad
    if bad:
        raise typer.Exit(LACKING)
