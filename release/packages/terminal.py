"""What a set-up did comes in; a few lines go out to the terminal."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.text import Text

from release.packages.locks import Locked
from release.packages.setup import SetUp


def print_set_up(console: Console, done: SetUp) -> None:
    """Print what was locked and what was installed; or that all was in order."""
    if done.locked and done.packages:
        console.print(Text(f"{done.lock}: locked {_listed(done.packages)}"))
    elif done.locked:
        console.print(Text(f"{done.lock}: taken away, the harness's own lock holds all."))
    if done.installed:
        console.print(Text(f"installed {_listed(done.installed)}"))
    if not (done.locked or done.installed):
        console.print(Text("The assignment's packages are locked and installed."))


def _listed(entries: Iterable[Locked]) -> str:
    return ", ".join(f"{entry.name} {entry.version}" for entry in entries)
