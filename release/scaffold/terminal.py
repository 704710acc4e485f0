"""A new assignment comes in; its files and the next steps go out to the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from release.scaffold import New


def print_new(console: Console, made: New) -> None:
    """Print what was made and what to do with it."""
    for path in made.files:
        console.print(Text(str(path)))
    console.print(Text(f"It releases and grades as it is: autograder release {made.staff}"))
